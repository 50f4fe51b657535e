/**
 * The WGSL of the passes over nodes, and of what one group makes of the groups' sums.
 *
 * It goes on where kernels.ts ends, and uses its arithmetic.
 */


export const PASSES: string = `
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
