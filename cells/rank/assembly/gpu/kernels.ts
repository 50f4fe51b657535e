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

import { PASSES } from "./kernels_nodes";

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

export const WGSL: string = ARITHMETIC + WALKS + PASSES;
