/** Programs that show what a device does with indices, orders and whole numbers. */
import { type Kernel, viewOf } from "./kernel.ts";

const GROUP = 64;

/** Adds one to every word. */
export const INCREMENT: Kernel = {
  name: "increment",
  wgsl: `@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&data)) {
    data[id.x] = data[id.x] + 1u;
  }
}
`,
  entry: "main",
  bindings: ["read-write"],
  plain(views, [x]) {
    const data = viewOf(views, 0);
    const count = Math.min(x * GROUP, data.length);
    for (let i = 0; i < count; i++) data.setU32(i, data.u32(i) + 1);
  },
};

/** to[i] = first[i] * 3 + second[i]; the third binding is not used. */
export const COMBINE: Kernel = {
  name: "combine",
  wgsl: `@group(0) @binding(0) var<storage, read> first: array<u32>;
@group(0) @binding(1) var<storage, read> second: array<u32>;
@group(0) @binding(3) var<storage, read_write> to: array<u32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&to)) {
    to[id.x] = first[id.x] * 3u + second[id.x];
  }
}
`,
  entry: "main",
  bindings: ["read", "read", "read", "read-write"],
  plain(views, [x]) {
    const [first, second, to] = [0, 1, 3].map((at) => viewOf(views, at));
    if (first === undefined || second === undefined || to === undefined) return;
    const count = Math.min(x * GROUP, to.length);
    for (let i = 0; i < count; i++) {
      to.setU32(i, Math.imul(first.u32(i), 3) + second.u32(i));
    }
  },
};

/** Marks the place of every invocation of a grid in three dimensions. */
export const PLACES: Kernel = {
  name: "places",
  wgsl: `@group(0) @binding(0) var<storage, read_write> seen: array<u32>;
@compute @workgroup_size(4, 2, 2)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let width = groups.x * 4u;
  let height = groups.y * 2u;
  let place = (id.z * height + id.y) * width + id.x;
  let which = (group.z * groups.y + group.y) * groups.x + group.x;
  seen[place] = which * 16u + local + 1u;
}
`,
  entry: "main",
  bindings: ["read-write"],
  plain(views, [x, y, z]) {
    const seen = viewOf(views, 0);
    for (let gz = 0; gz < z * 2; gz++) {
      for (let gy = 0; gy < y * 2; gy++) {
        for (let gx = 0; gx < x * 4; gx++) {
          const which = ((gz >> 1) * y + (gy >> 1)) * x + (gx >> 2);
          const local = ((gz & 1) * 2 + (gy & 1)) * 4 + (gx & 3);
          const place = (gz * y * 2 + gy) * x * 4 + gx;
          seen.setU32(place, which * 16 + local + 1);
        }
      }
    }
  },
};

/** Reads and writes where it is told to, inside its ranges or not. */
export const WILD: Kernel = {
  name: "wild",
  wgsl: `@group(0) @binding(0) var<storage, read> places: array<u32>;
@group(0) @binding(1) var<storage, read_write> target_: array<u32>;
@group(0) @binding(2) var<storage, read_write> got: array<u32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&places)) {
    let place = places[id.x];
    got[id.x] = target_[place];
    target_[place] = 0xbadbadu;
  }
}
`,
  entry: "main",
  bindings: ["read", "read-write", "read-write"],
  plain(views, [x]) {
    const places = viewOf(views, 0);
    const target = viewOf(views, 1);
    const got = viewOf(views, 2);
    const count = Math.min(x * GROUP, places.length);
    for (let i = 0; i < count; i++) {
      got.setU32(i, target.u32(places.u32(i)));
      target.setU32(places.u32(i), 0xbadbad);
    }
  },
};

/** Whole numbers: wrapping, division by zero, shifts, comparison by sign. */
export const INTEGERS: Kernel = {
  name: "integers",
  wgsl: `@group(0) @binding(0) var<storage, read> pairs: array<u32>;
@group(0) @binding(1) var<storage, read_write> results: array<u32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x * 2u + 1u < arrayLength(&pairs)) {
    let a = pairs[id.x * 2u];
    let b = pairs[id.x * 2u + 1u];
    let at = id.x * 8u;
    results[at] = a + b;
    results[at + 1u] = a - b;
    results[at + 2u] = a * b;
    results[at + 3u] = a / b;
    results[at + 4u] = a % b;
    results[at + 5u] = a << (b & 31u);
    results[at + 6u] = bitcast<u32>(bitcast<i32>(a) >> (b & 31u));
    results[at + 7u] = select(0u, 1u, bitcast<i32>(a) < bitcast<i32>(b));
  }
}
`,
  entry: "main",
  bindings: ["read", "read-write"],
  plain(views, [x]) {
    const pairs = viewOf(views, 0);
    const results = viewOf(views, 1);
    const count = Math.min(x * GROUP, pairs.length >> 1);
    for (let i = 0; i < count; i++) {
      const a = pairs.u32(i * 2);
      const b = pairs.u32(i * 2 + 1);
      integers(a, b).forEach((value, at) => results.setU32(i * 8 + at, value));
    }
  },
};

/** What the language says of two whole numbers. */
export function integers(a: number, b: number): number[] {
  return [
    a + b,
    a - b,
    Math.imul(a, b),
    b === 0 ? a : Math.floor(a / b),
    b === 0 ? 0 : a % b,
    a << (b & 31),
    (a | 0) >> (b & 31),
    (a | 0) < (b | 0) ? 1 : 0,
  ].map((value) => value >>> 0);
}

/** Counts words by their lowest bits, all invocations at once. */
export const HISTOGRAM: Kernel = {
  name: "histogram",
  wgsl: `@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>, 16>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&data)) {
    atomicAdd(&counts[data[id.x] & 15u], 1u);
  }
}
`,
  entry: "main",
  bindings: ["read", "read-write"],
  least: [4, 64],
  plain(views, [x]) {
    const data = viewOf(views, 0);
    const counts = viewOf(views, 1);
    const count = Math.min(x * GROUP, data.length);
    for (let i = 0; i < count; i++) {
      const bin = data.u32(i) & 15;
      counts.setU32(bin, counts.u32(bin) + 1);
    }
  },
};
