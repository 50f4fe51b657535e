/**
 * The WGSL of a round: what a walk over rows and a pass over nodes compute.
 *
 * A value is two f32, high and low: some 48 bits. Sums are compensated (Knuth), products
 * are split (Dekker). Compilers may simplify `(a + b) - a` to `b`, which would undo a
 * compensation, and some do: `keep` hides a value from them behind an exclusive or with a zero that
 * only the device learns. Nothing here needs a fused multiplication, or suffers from one.
 *
 * What is where in `params`, `vecs` and `scal` is in layout.ts.
 */

/** Bindings and arithmetic. The first four are all that passes over nodes use. */
const ARITHMETIC: string = `
@group(0) @binding(0) var<storage, read> params: array<u32>;
@group(0) @binding(1) var<storage, read> consts: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> vecs: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> scal: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> starts: array<u32>;
@group(0) @binding(5) var<storage, read> columns: array<u32>;
@group(0) @binding(6) var<storage, read> weights: array<f32>;
@group(0) @binding(7) var<storage, read> jobs: array<u32>;

var<workgroup> parts: array<vec4<f32>, 64>;

fn keep(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ params[0]); }

fn sum_of(a: f32, b: f32) -> vec2<f32> {
  let s = keep(a + b);
  let v = keep(s - a);
  return vec2<f32>(s, (a - keep(s - v)) + (b - v));
}

fn tidied(a: f32, b: f32) -> vec2<f32> {
  let s = keep(a + b);
  return vec2<f32>(s, b - keep(s - a));
}

fn add(x: vec2<f32>, y: vec2<f32>) -> vec2<f32> {
  let s = sum_of(x.x, y.x);
  return tidied(s.x, s.y + (x.y + y.y));
}

fn high(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }

fn product_of(a: f32, b: f32) -> vec2<f32> {
  let p = keep(a * b);
  let ah = high(a);
  let al = a - ah;
  let bh = high(b);
  let bl = b - bh;
  return vec2<f32>(p, (((ah * bh - p) + ah * bl) + al * bh) + al * bl);
}

fn mul(x: vec2<f32>, y: vec2<f32>) -> vec2<f32> {
  let p = product_of(x.x, y.x);
  return tidied(p.x, p.y + (x.x * y.y + x.y * y.x));
}

fn scaled(x: vec2<f32>, w: f32) -> vec2<f32> {
  let p = product_of(x.x, w);
  return tidied(p.x, p.y + x.y * w);
}

/* Into a sum whose second half is carried along and tidied at its end. */
fn gather(acc: vec2<f32>, x: vec2<f32>, w: f32, is_unit: bool) -> vec2<f32> {
  var p = x;
  if (!is_unit) {
    p = product_of(x.x, w);
    p.y = p.y + x.y * w;
  }
  let s = sum_of(acc.x, p.x);
  return vec2<f32>(s.x, acc.y + (s.y + p.y));
}

fn pair(at: u32) -> vec2<f32> {
  return vec2<f32>(bitcast<f32>(params[at]), bitcast<f32>(params[at + 1u]));
}

fn both_added(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(add(x.xy, y.xy), add(x.zw, y.zw));
}

/* The group's sum of two pairs. */
fn folded(t: u32, value: vec4<f32>) -> vec4<f32> {
  parts[t] = value;
  workgroupBarrier();
  for (var s = 32u; s > 0u; s = s / 2u) {
    if (t < s) { parts[t] = both_added(parts[t], parts[t + s]); }
    workgroupBarrier();
  }
  let whole = parts[0];
  workgroupBarrier();
  return whole;
}

/* The group's sum of four plain numbers. */
fn totalled(t: u32, value: vec4<f32>) -> vec4<f32> {
  parts[t] = value;
  workgroupBarrier();
  for (var s = 32u; s > 0u; s = s / 2u) {
    if (t < s) { parts[t] = parts[t] + parts[t + s]; }
    workgroupBarrier();
  }
  let whole = parts[0];
  workgroupBarrier();
  return whole;
}
`;

/**
 * Walks. A group takes 64 rows in a row, each invocation one of up to 32 entries; or, as a
 * job, one longer row or 4096 entries of one, each invocation every 64th entry. `join` adds up
 * the pieces of a row.
 */
const WALKS: string = `
fn row_sum(first: u32, end: u32, step: u32, base: u32) -> vec2<f32> {
  let is_unit = params[16] != 0u;
  var acc = vec2<f32>(0.0, 0.0);
  for (var i = first; i < end; i = i + step) {
    var w = 1.0;
    if (!is_unit) { w = weights[i]; }
    acc = gather(acc, vecs[base + columns[i]], w, is_unit);
  }
  return tidied(acc.x, acc.y);
}

fn pair_sum(first: u32, end: u32, step: u32, base: u32) -> vec4<f32> {
  let is_unit = params[16] != 0u;
  var focus = vec2<f32>(0.0, 0.0);
  var heat = vec2<f32>(0.0, 0.0);
  for (var i = first; i < end; i = i + step) {
    var w = 1.0;
    if (!is_unit) { w = weights[i]; }
    let at = base + 2u * columns[i];
    focus = gather(focus, vecs[at], w, is_unit);
    heat = gather(heat, vecs[at + 1u], w, is_unit);
  }
  return vec4<f32>(tidied(focus.x, focus.y), tidied(heat.x, heat.y));
}

fn diffuse_row(r: u32, sum: vec4<f32>) {
  let n = params[1];
  vecs[params[3] + r] = add(mul(consts[n + r], scal[0]), sum.xy);
}

fn spring_row(r: u32, sum: vec4<f32>) {
  let n = params[1];
  let pulled = add(consts[2u * n + r], mul(sum.xy, consts[3u * n + r]));
  vecs[params[3] + r] = add(vecs[params[3] + r], pulled);
  let start = vecs[params[8] + 2u * r + 1u];
  let term = mul(consts[4u * n + r], sum.zw);
  vecs[params[7] + r] = start;
  vecs[params[6] + r] = term;
  vecs[params[9] + r] = add(mul(pair(18u), start), mul(pair(20u), term));
}

fn warm_row(r: u32, sum: vec4<f32>) {
  let n = params[1];
  let flow = scaled(mul(consts[4u * n + r], sum.xy), 2.0);
  let value = add(flow, -vecs[params[7] + r]);
  vecs[params[7] + r] = value;
  vecs[params[9] + r] = add(vecs[params[9] + r], mul(pair(18u), value));
}

fn sum_over(first: u32, end: u32, step: u32, walk: u32) -> vec4<f32> {
  if (walk == 1u) { return pair_sum(first, end, step, params[8]); }
  let base = select(params[6], params[5], walk == 0u);
  return vec4<f32>(row_sum(first, end, step, base), vec2<f32>(0.0, 0.0));
}

fn finish(r: u32, sum: vec4<f32>, walk: u32) {
  if (walk == 0u) { diffuse_row(r, sum); }
  else if (walk == 1u) { spring_row(r, sum); }
  else { warm_row(r, sum); }
}

@compute @workgroup_size(64)
fn walk(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let index = w.y * params[12] + w.x;
  let blocks = params[13];
  let kind = params[17];
  if (index < blocks) {
    let r = index * 64u + t;
    if (r < params[1]) {
      let first = starts[r];
      let end = starts[r + 1u];
      if (end - first <= 32u) { finish(r, sum_over(first, end, 1u, kind), kind); }
    }
    return;
  }
  if (index >= blocks + params[14]) { return; }
  let job = 4u * (index - blocks);
  let sum = folded(t, sum_over(jobs[job + 1u] + t, jobs[job + 2u], 64u, kind));
  if (t == 0u) {
    let slot = jobs[job + 3u];
    if (slot == 0xffffffffu) { finish(jobs[job], sum, kind); }
    else {
      scal[params[11] + 2u * slot] = sum.xy;
      scal[params[11] + 2u * slot + 1u] = sum.zw;
    }
  }
}

@compute @workgroup_size(64)
fn join(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let index = w.y * params[12] + w.x;
  if (index >= params[15]) { return; }
  let job = 4u * (params[14] + index);
  let end = jobs[job + 2u];
  var sum = vec4<f32>(0.0, 0.0, 0.0, 0.0);
  for (var i = jobs[job + 1u] + t; i < end; i = i + 64u) {
    let at = params[11] + 2u * i;
    sum = both_added(sum, vec4<f32>(scal[at], scal[at + 1u]));
  }
  sum = folded(t, sum);
  if (t == 0u) { finish(jobs[job], sum, params[17]); }
}
`;

/** Passes over nodes, and what one group makes of the groups' sums. */
const PASSES: string = `
fn partial(which: u32, group: u32) -> u32 { return 64u + which * 256u + group; }

@compute @workgroup_size(64)
fn spread(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let n = params[1];
  let is_plain = params[22] != 0u;
  var stuck = vec2<f32>(0.0, 0.0);
  for (var i = w.x * 64u + t; i < n; i = i + 64u * params[10]) {
    let value = vecs[params[2] + i];
    let out = consts[i];
    vecs[params[5] + i] = mul(value, out);
    if (out.x == 0.0) { stuck = add(stuck, value); }
    if (!is_plain) {
      let away = add(value, -vecs[params[30] + i]);
      vecs[params[8] + 2u * i] = value;
      vecs[params[8] + 2u * i + 1u] = mul(away, consts[4u * n + i]);
    }
  }
  let sum = folded(t, vec4<f32>(stuck, 0.0, 0.0));
  if (t == 0u) { scal[partial(0u, w.x)] = sum.xy; }
}

fn whole(t: u32, which: u32) -> vec2<f32> {
  var sum = vec2<f32>(0.0, 0.0);
  for (var g = t; g < params[10]; g = g + 64u) { sum = add(sum, scal[partial(which, g)]); }
  return folded(t, vec4<f32>(sum, 0.0, 0.0)).xy;
}

/* What a unit of the prior brings: its own share, and the mass that has no way out. */
@compute @workgroup_size(64)
fn weigh_stuck(@builtin(local_invocation_index) t: u32) {
  let stuck = whole(t, 0u);
  if (t == 0u) { scal[0] = add(pair(18u), mul(pair(20u), stuck)); }
}

@compute @workgroup_size(64)
fn mix(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let n = params[1];
  let is_plain = params[22] != 0u;
  let is_thorough = params[23] != 0u;
  var mass = vec2<f32>(0.0, 0.0);
  for (var i = w.x * 64u + t; i < n; i = i + 64u * params[10]) {
    var then = vecs[params[3] + i];
    if (!is_plain) {
      let now = vecs[params[2] + i];
      let degree = consts[5u * n + i];
      var heat = now;
      if (degree.x > 0.0) { heat = add(mul(degree, vecs[params[9] + i]), vecs[params[31] + i]); }
      if (is_thorough) {
        vecs[params[30] + i] = now;
        vecs[params[31] + i] = heat;
      }
      if (heat.x > 0.0) { then = add(then, mul(pair(18u), heat)); }
      vecs[params[3] + i] = then;
    }
    mass = add(mass, then);
  }
  let sum = folded(t, vec4<f32>(mass, 0.0, 0.0));
  if (t == 0u) { scal[partial(0u, w.x)] = sum.xy; }
}

/* One divided by the mass, by two steps of Newton's. */
@compute @workgroup_size(64)
fn weigh_mass(@builtin(local_invocation_index) t: u32) {
  let mass = whole(t, 0u);
  if (t == 0u) {
    var inverse = vec2<f32>(1.0 / mass.x, 0.0);
    for (var i = 0u; i < 2u; i = i + 1u) {
      let left = add(vec2<f32>(1.0, 0.0), -mul(mass, inverse));
      inverse = add(inverse, mul(inverse, left));
    }
    scal[1] = inverse;
    scal[7] = mass;
  }
}

@compute @workgroup_size(64)
fn settle(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let n = params[1];
  let is_fresh = params[24] != 0u;
  let newest = params[25];
  let held = params[26];
  let scale = scal[5].x;
  var moved = vec4<f32>(0.0, 0.0, 0.0, 0.0);
  var square = vec4<f32>(0.0, 0.0, 0.0, 0.0);
  var rest_of = vec2<f32>(0.0, 0.0);
  for (var i = w.x * 64u + t; i < n; i = i + 64u * params[10]) {
    let then = mul(vecs[params[3] + i], scal[1]);
    vecs[params[3] + i] = then;
    let moving = add(then, -vecs[params[2] + i]);
    if (is_fresh) {
      let past = vecs[params[28] + i];
      let before = add(past, -vecs[params[27] + i]);
      let turn = add(moving, -before);
      let step = add(then, -past);
      vecs[params[29] + newest * n + i] = vec2<f32>(turn.x, step.x);
    }
    let rest = moving.x * scale;
    var turn = vec3<f32>(0.0, 0.0, 0.0);
    if (held > 0u) { turn.x = vecs[params[29] + i].x * scale; }
    if (held > 1u) { turn.y = vecs[params[29] + n + i].x * scale; }
    if (held > 2u) { turn.z = vecs[params[29] + 2u * n + i].x * scale; }
    moved = moved + vec4<f32>(abs(moving.x), turn * rest);
    square = square + vec4<f32>(turn.x * turn.x, turn.y * turn.x, turn.y * turn.y, turn.z * turn.x);
    rest_of = rest_of + vec2<f32>(turn.z * turn.y, turn.z * turn.z);
  }
  moved = totalled(t, moved);
  square = totalled(t, square);
  let last = totalled(t, vec4<f32>(rest_of, 0.0, 0.0));
  if (t == 0u) {
    scal[partial(0u, w.x)] = moved.xy;
    scal[partial(1u, w.x)] = moved.zw;
    scal[partial(2u, w.x)] = square.xy;
    scal[partial(3u, w.x)] = square.zw;
    scal[partial(4u, w.x)] = last.xy;
  }
}

fn plain_whole(t: u32, which: u32) -> vec2<f32> {
  var sum = vec2<f32>(0.0, 0.0);
  for (var g = t; g < params[10]; g = g + 64u) { sum = sum + scal[partial(which, g)]; }
  return totalled(t, vec4<f32>(sum, 0.0, 0.0)).xy;
}

/* The mixture of the last rounds that changes least, newest first; Cholesky. */
@compute @workgroup_size(64)
fn aim(@builtin(local_invocation_index) t: u32) {
  let a = plain_whole(t, 0u);
  let b = plain_whole(t, 1u);
  let c = plain_whole(t, 2u);
  let d = plain_whole(t, 3u);
  let e = plain_whole(t, 4u);
  if (t != 0u) { return; }
  var toward = array<f32, 3>(a.y, b.x, b.y);
  var products = array<f32, 9>(c.x, c.y, d.y, c.y, d.x, e.x, d.y, e.x, e.y);
  var triangle = array<f32, 9>();
  var shares = array<f32, 3>();
  var slots = array<u32, 3>();
  let change = a.x;
  let before = scal[6].x;
  var held = params[26];
  if (before > 0.0 && change > 10.0 * before) { held = 0u; }
  var used = 0u;
  var row = 0u;
  loop {
    if (row >= held) { break; }
    slots[row] = (params[25] + 3u - row) % 3u;
    var is_good = true;
    for (var column = 0u; column <= row; column = column + 1u) {
      let whole_product = products[slots[row] * 3u + slots[column]];
      var sum = whole_product;
      for (var k = 0u; k < column; k = k + 1u) {
        sum = sum - triangle[row * 3u + k] * triangle[column * 3u + k];
      }
      if (column < row) { triangle[row * 3u + column] = sum / triangle[column * 3u + column]; }
      else {
        is_good = sum > 0.000001 * whole_product;
        triangle[row * 3u + row] = sqrt(max(sum, 0.0));
      }
    }
    if (!is_good) { break; }
    used = used + 1u;
    row = row + 1u;
  }
  for (var i = 0u; i < used; i = i + 1u) {
    var sum = toward[slots[i]];
    for (var k = 0u; k < i; k = k + 1u) { sum = sum - triangle[i * 3u + k] * shares[k]; }
    shares[i] = sum / triangle[i * 3u + i];
  }
  for (var back = 0u; back < used; back = back + 1u) {
    let i = used - 1u - back;
    var sum = shares[i];
    for (var k = i + 1u; k < used; k = k + 1u) { sum = sum - triangle[k * 3u + i] * shares[k]; }
    shares[i] = sum / triangle[i * 3u + i];
  }
  scal[2] = vec2<f32>(0.0, 0.0);
  scal[3] = vec2<f32>(0.0, 0.0);
  scal[4] = vec2<f32>(0.0, 0.0);
  for (var i = 0u; i < used; i = i + 1u) { scal[2u + slots[i]] = vec2<f32>(shares[i], 0.0); }
  scal[5] = vec2<f32>(f32(params[1]) / max(change, 1e-25), 0.0);
  scal[6] = vec2<f32>(change, f32(used));
  scal[8u + params[32]] = vec2<f32>(change, f32(used));
}

/* Where the next round starts: in the place of what was before. */
@compute @workgroup_size(64)
fn blend(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let n = params[1];
  let held = params[26];
  for (var i = w.x * 64u + t; i < n; i = i + 64u * params[10]) {
    let then = vecs[params[3] + i];
    var value = then;
    for (var slot = 0u; slot < held; slot = slot + 1u) {
      let share = scal[2u + slot].x;
      if (share != 0.0) { value = add(value, scaled(vec2<f32>(vecs[params[29] + slot * n + i].y, 0.0), -share)); }
    }
    if (!(value.x > 0.0)) { value = then; }
    vecs[params[27] + i] = value;
  }
}
`;

export const WGSL: string = ARITHMETIC + WALKS + PASSES;
