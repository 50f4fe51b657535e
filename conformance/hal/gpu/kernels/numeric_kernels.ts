/** Programs of linear algebra in f32, with memory that a group shares. */
import { type Kernel, type View, viewOf } from "./kernel.ts";

const { fround } = Math;
/** Invocations of a group. */
export const GROUP = 256;
export const TILE = 8;

/** y = a x + y; `a` is the first word. */
export const SAXPY: Kernel = {
  name: "saxpy",
  wgsl: `@group(0) @binding(0) var<storage, read> factor: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&y)) {
    y[id.x] = factor[0] * x[id.x] + y[id.x];
  }
}
`,
  entry: "main",
  bindings: ["read", "read", "read-write"],
  plain(views, [groups]) {
    const [factor, x, y] = [0, 1, 2].map((at) => viewOf(views, at));
    if (factor === undefined || x === undefined || y === undefined) return;
    const count = Math.min(groups * GROUP, y.length);
    for (let i = 0; i < count; i++) {
      y.setF32(i, fround(factor.f32(0) * x.f32(i)) + y.f32(i));
    }
  },
};

/** The sum of each group's elements, as a tree in shared memory. */
export const REDUCE: Kernel = {
  name: "reduce",
  wgsl: `@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
var<workgroup> part: array<f32, ${GROUP}>;
@compute @workgroup_size(${GROUP})
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
) {
  var value = 0.0;
  if (id.x < arrayLength(&values)) {
    value = values[id.x];
  }
  part[local.x] = value;
  workgroupBarrier();
  for (var step = ${GROUP / 2}u; step > 0u; step = step / 2u) {
    if (local.x < step) {
      part[local.x] = part[local.x] + part[local.x + step];
    }
    workgroupBarrier();
  }
  if (local.x == 0u) {
    sums[group.x] = part[0];
  }
}
`,
  entry: "main",
  bindings: ["read", "read-write"],
  plain(views, [groups]) {
    const values = viewOf(views, 0);
    const sums = viewOf(views, 1);
    for (let group = 0; group < groups; group++) {
      const part = taken(values, group);
      for (let step = GROUP / 2; step > 0; step /= 2) {
        for (let i = 0; i < step; i++) {
          part[i] = (part[i] ?? 0) + (part[i + step] ?? 0);
        }
      }
      sums.setF32(group, part[0] ?? 0);
    }
  },
};

/** Running sums inside each group, and each group's whole sum. */
export const SCAN: Kernel = {
  name: "scan",
  wgsl: `@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> running: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
var<workgroup> part: array<f32, ${GROUP}>;
@compute @workgroup_size(${GROUP})
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
) {
  var value = 0.0;
  if (id.x < arrayLength(&values)) {
    value = values[id.x];
  }
  part[local.x] = value;
  workgroupBarrier();
  for (var step = 1u; step < ${GROUP}u; step = step * 2u) {
    var before = 0.0;
    if (local.x >= step) {
      before = part[local.x - step];
    }
    workgroupBarrier();
    part[local.x] = part[local.x] + before;
    workgroupBarrier();
  }
  if (id.x < arrayLength(&running)) {
    running[id.x] = part[local.x];
  }
  if (local.x == ${GROUP - 1}u) {
    sums[group.x] = part[local.x];
  }
}
`,
  entry: "main",
  bindings: ["read", "read-write", "read-write"],
  plain(views, [groups]) {
    const values = viewOf(views, 0);
    const running = viewOf(views, 1);
    const sums = viewOf(views, 2);
    for (let group = 0; group < groups; group++) {
      let part = taken(values, group);
      for (let step = 1; step < GROUP; step *= 2) {
        const before = part;
        part = before.map((value, i) => value + (before[i - step] ?? 0));
      }
      part.forEach((value, i) => running.setF32(group * GROUP + i, value));
      sums.setF32(group, part[GROUP - 1] ?? 0);
    }
  },
};

/** Adds to each group's running sums what came before the group. */
export const OFFSETS: Kernel = {
  name: "offsets",
  wgsl: `@group(0) @binding(0) var<storage, read> before: array<f32>;
@group(0) @binding(1) var<storage, read_write> running: array<f32>;
@compute @workgroup_size(${GROUP})
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
) {
  if (group.x > 0u && id.x < arrayLength(&running)) {
    running[id.x] = running[id.x] + before[group.x - 1u];
  }
}
`,
  entry: "main",
  bindings: ["read", "read-write"],
  plain(views, [groups]) {
    const before = viewOf(views, 0);
    const running = viewOf(views, 1);
    const count = Math.min(groups * GROUP, running.length);
    for (let i = GROUP; i < count; i++) {
      const group = Math.floor(i / GROUP);
      running.setF32(i, running.f32(i) + before.f32(group - 1));
    }
  },
};

/** y = A x, A by rows: `starts` says where each row begins in the others. */
export const SPMV: Kernel = {
  name: "spmv",
  wgsl: `@group(0) @binding(0) var<storage, read> starts: array<u32>;
@group(0) @binding(1) var<storage, read> entries: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&y)) {
    var sum = 0.0;
    for (var at = starts[id.x]; at < starts[id.x + 1u]; at = at + 1u) {
      sum = sum + bitcast<f32>(entries[at].y) * x[entries[at].x];
    }
    y[id.x] = sum;
  }
}
`,
  entry: "main",
  bindings: ["read", "read", "read", "read-write"],
  plain(views, [groups]) {
    const starts = viewOf(views, 0);
    const entries = viewOf(views, 1);
    const x = viewOf(views, 2);
    const y = viewOf(views, 3);
    const count = Math.min(groups * 64, y.length);
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let at = starts.u32(row); at < starts.u32(row + 1); at++) {
        const product = entries.f32(at * 2 + 1) * x.f32(entries.u32(at * 2));
        sum = fround(sum + fround(product));
      }
      y.setF32(row, sum);
    }
  },
};

/** C = A B for squares of a whole number of tiles; `shape[0]` is their side. */
export const MATMUL: Kernel = {
  name: "matmul",
  wgsl: `@group(0) @binding(0) var<storage, read> shape: array<u32>;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
var<workgroup> left: array<f32, ${TILE * TILE}>;
var<workgroup> right: array<f32, ${TILE * TILE}>;
@compute @workgroup_size(${TILE}, ${TILE})
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let side = shape[0];
  let here = local.y * ${TILE}u + local.x;
  var sum = 0.0;
  for (var tile = 0u; tile < side / ${TILE}u; tile = tile + 1u) {
    left[here] = a[id.y * side + tile * ${TILE}u + local.x];
    right[here] = b[(tile * ${TILE}u + local.y) * side + id.x];
    workgroupBarrier();
    for (var k = 0u; k < ${TILE}u; k = k + 1u) {
      sum = sum + left[local.y * ${TILE}u + k] * right[k * ${TILE}u + local.x];
    }
    workgroupBarrier();
  }
  c[id.y * side + id.x] = sum;
}
`,
  entry: "main",
  bindings: ["read", "read", "read", "read-write"],
  plain(views, [columns, rows]) {
    const side = viewOf(views, 0).u32(0);
    const a = viewOf(views, 1);
    const b = viewOf(views, 2);
    const c = viewOf(views, 3);
    for (let row = 0; row < rows * TILE; row++) {
      for (let column = 0; column < columns * TILE; column++) {
        let sum = 0;
        for (let k = 0; k < side; k++) {
          const product = a.f32(row * side + k) * b.f32(k * side + column);
          sum = fround(sum + fround(product));
        }
        c.setF32(row * side + column, sum);
      }
    }
  },
};

function taken(values: View, group: number): Float32Array {
  return Float32Array.from(
    { length: GROUP },
    (_, i) => values.f32(group * GROUP + i),
  );
}
