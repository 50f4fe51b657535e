/**
 * WGSL on the reference, against what the language says.
 *
 * Plan: rounding, wrapping, division, shifts; constants; control flow; arrays,
 * structs, pointers; atomics; functions of numbers. Each has one right answer.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { body, floats, words, wrote } from "./testing/run_wgsl.ts";

const { fround } = Math;

Deno.test("wgsl: each operation of f32 is rounded", async () => {
  const given = [16777216, 0.1, 3, 1e30, -7.5];
  const text = `out[0] = (out[0] + 1.0) - 16777216.0;
    out[1] = out[1] * out[2] + out[1];
    out[3] = out[3] * out[3];
    out[4] = out[4] % out[2];`;
  const got = await floats({
    wgsl: body(text, "f32"),
    buffers: [Float32Array.from(given)],
  });
  const tenth = fround(0.1);
  const product = fround(fround(tenth * 3) + tenth);
  deepStrictEqual(got, [0, product, 3, Infinity, -1.5]);
});

Deno.test("wgsl: whole numbers wrap, divide by zero and overflow as stated", async () => {
  const got = await wrote(
    `let zero = out[0];
    out[0] = 4294967295u + (zero + 2u);
    out[1] = 7u / zero;
    out[2] = 7u % zero;
    let low = i32(zero) - 2147483647 - 1;
    out[3] = bitcast<u32>(low / (i32(zero) - 1));
    out[4] = bitcast<u32>(low % (i32(zero) - 1));
    out[5] = 1u << (zero + 33u);
    out[6] = bitcast<u32>(-8i >> (zero + 1u));
    out[7] = u32(i32(zero) - 1) >> 28u;`,
  );
  deepStrictEqual(got, [1, 7, 0, 0x80000000, 0, 2, 0xfffffffc, 15]);
});

Deno.test("wgsl: conversions of floats are cut and stay in range", async () => {
  const got = await words({
    wgsl: body(
      `let x = bitcast<f32>(out[0]);
    out[0] = u32(x * -2.0);
    out[1] = u32(x * 1e10);
    out[2] = bitcast<u32>(i32(x * -1e10));
    out[3] = bitcast<u32>(i32(x * -1.75));
    out[4] = u32(bool(x));
    out[5] = bitcast<u32>(f32(true));`,
    ),
    buffers: [Uint32Array.of(0x3f800000, 0, 0, 0, 0, 0)],
  });
  deepStrictEqual(got, [0, 0xffffffff, 0x80000000, 0xffffffff, 1, 0x3f800000]);
});

Deno.test("wgsl: constants without a suffix are exact until they are used", async () => {
  const got = await wrote(
    `out[0] = SUM; out[1] = table[2]; out[2] = u32(third * 3.0);
    out[3] = (1 << 40) >> 38; out[4] = array(5, 6, 7u)[out[0] - 9u];
    out[5] = max(3, 7) + u32(vec2(1, 2).y); out[6] = POWER;
    const_assert SUM == 10;`,
    7,
    `const SUM = 2 * (3 + 4) - 4;
    const table = array<u32, 3>(1, SUM, SUM * SUM);
    const third = 1.0 / 3.0;
    override POWER: u32 = 1 << 5;`,
  );
  deepStrictEqual(got, [10, 100, 1, 4, 6, 9, 32]);
});

Deno.test("wgsl: loops, switches, breaks and what continues", async () => {
  const got = await wrote(
    `for (var i = 0u; i < 10u; i++) {
      if (i == 3u) { continue; }
      if (i == 8u) { break; }
      out[0] += i;
    }
    var n = 0u;
    loop {
      n += 1u;
      if (n % 2u == 0u) { continue; }
      let last = n;
      out[1] += last;
      continuing { out[2] += 1u; let end = n >= 9u; break if end; }
    }
    while out[3] < 5u { out[3] += 2u; }
    for (var i = 0u; i < 6u; i += 1u) {
      switch i {
        case 0u, 1u: { out[4] += 1u; }
        case 4u { if out[4] > 0u { break; } out[4] += 100u; }
        default: { out[4] += 10u; continue; }
      }
      out[5] += 1u;
    }
    if out[5] == 3u && (out[4] == 32u || out[9999] == 7u) { out[6] = 1u; }
    else if out[5] == 4u { out[6] = 2u; } else { out[6] = 3u; }`,
  );
  deepStrictEqual(got, [25, 25, 9, 6, 32, 3, 1, 0]);
});

Deno.test("wgsl: arrays, structs, pointers and values that are copied", async () => {
  const got = await wrote(
    `var grid: array<array<u32, 3>, 2>;
    grid[1][2] = 5u;
    var other = grid;
    other[1][2] += 1u;
    out[0] = grid[1][2]; out[1] = other[1][2];
    var one = Pair(vec3(1u, 2u, 3u), 4u, array(7u, 8u));
    let copy = one;
    one.tail[1] = 9u;
    one.v.y = 20u;
    out[2] = copy.tail[1] + copy.v.y; out[3] = one.tail[1] + one.v.y;
    let p = &one.n;
    *p += 10u;
    grow(p); out[4] = one.n;
    out[5] = total(one).n;
    let at = out[6] + 1u;
    var vector = vec4<u32>(1, 2, 3, 4);
    vector[at] = 50u;
    out[6] = vector[at] + vector.wzyx[at] + vec4(vector.xy, 7, 8)[at];
    seen += 1u; out[7] = seen;`,
    8,
    `struct Pair { v: vec3<u32>, n: u32, tail: array<u32, 2> }
    var<private> seen: u32 = 41;
    fn grow(p: ptr<function, u32>) { *p = *p * 2u; }
    fn total(given: Pair) -> Pair {
      var all = given;
      all.n = dot(given.v, vec3(1u)) + given.tail[0] + given.tail[1];
      return all;
    }`,
  );
  deepStrictEqual(got, [5, 6, 10, 29, 28, 40, 103, 42]);
});

Deno.test("wgsl: an index outside is the last one there is", async () => {
  const wgsl = `struct Tail { head: vec2<u32>, rest: array<vec2<u32>> }
  @group(0) @binding(0) var<storage, read> list: array<u32>;
  @group(0) @binding(1) var<storage, read_write> tail: Tail;
  @compute @workgroup_size(1) fn main() {
    let far = list[0];
    var own = array<u32, 3>(1, 2, 3);
    own[far] = 30u;
    tail.rest[far] = vec2(list[far], own[far + 1u]);
    let p = &tail.rest;
    tail.head = vec2(arrayLength(&tail.rest), arrayLength(p) + p[i32(far)].x);
  }`;
  const got = await words({
    wgsl,
    buffers: [Uint32Array.of(4_000_000_000, 7, 9), new Uint32Array(7)],
    reads: 1,
  });
  deepStrictEqual(got, [2, 11, 0, 0, 9, 30, 0]);
});

Deno.test("wgsl: atomics of both kinds, in storage and for the group", async () => {
  const wgsl =
    `@group(0) @binding(0) var<storage, read_write> sums: array<atomic<i32>, 6>;
  @group(0) @binding(1) var<storage, read_write> out: array<u32>;
  var<workgroup> count: atomic<u32>;
  @compute @workgroup_size(8)
  fn main(@builtin(local_invocation_index) i: u32) {
    let n = i32(i);
    atomicAdd(&sums[0], n - 10); atomicMax(&sums[1], -n); atomicMin(&sums[2], -n);
    atomicOr(&sums[3], 1 << i); atomicXor(&sums[4], n);
    let was = atomicCompareExchangeWeak(&sums[5], n, n + 1);
    if (was.exchanged) { atomicAdd(&count, u32(was.old_value) + 1u); }
    workgroupBarrier();
    out[i] = atomicLoad(&count);
    if (i == 7u) { atomicStore(&sums[5], atomicExchange(&sums[0], 3) + 1); }
  }`;
  const { run } = await import("./testing/run_wgsl.ts");
  const { octets: [sums = new Uint8Array(), out] } = await run({
    wgsl,
    buffers: [Int32Array.of(0, -100, 100, 0, 0, 0), new Uint32Array(8)],
  });
  deepStrictEqual([...new Int32Array(sums.slice().buffer)], [
    3,
    0,
    -7,
    255,
    0,
    -51,
  ]);
  deepStrictEqual(
    [...new Uint32Array(out?.slice().buffer ?? [])],
    Array(8).fill(36),
  );
});

Deno.test("wgsl: functions of whole numbers", async () => {
  const got = await wrote(
    `let a = out[0] + 0x00f0_0u;
    out[0] = countOneBits(a); out[1] = countLeadingZeros(a);
    out[2] = countTrailingZeros(a); out[3] = reverseBits(a);
    out[4] = firstLeadingBit(a); out[5] = bitcast<u32>(firstLeadingBit(-i32(a)));
    out[6] = extractBits(a, 8u, 4u) + extractBits(a, 0u, 0u);
    out[7] = bitcast<u32>(extractBits(i32(a), 4u, 8u));
    out[8] = insertBits(a, 5u, 30u + a - a, 9u); out[9] = firstTrailingBit(a - a);
    out[10] = u32(abs(-5 - i32(a - a))); out[11] = u32(clamp(i32(a), -3, 12));
    out[12] = bitcast<u32>(sign(-i32(a))); out[13] = select(1u, 2u, a > 5u);`
      .replace("0x00f0_0u", "0xf00u"),
    14,
  );
  deepStrictEqual(got, [
    4,
    20,
    8,
    0x00f00000,
    11,
    11,
    15,
    0xfffffff0,
    0x40000f00,
    0xffffffff,
    5,
    12,
    0xffffffff,
    2,
  ]);
});

Deno.test("wgsl: functions of floats", async () => {
  const text = `let x = out[0];
    out[0] = round(x * 2.5) + round(x * 3.5); out[1] = fract(-x * 1.25);
    out[2] = sign(-x) + step(x, x) + saturate(x * 9.0);
    out[3] = mix(x, 5.0, 0.25); out[4] = smoothstep(0.0, 2.0, x);
    out[5] = length(vec3(x * 2.0, 3.0, 6.0)); out[6] = dot(vec2(x, 2.0), vec2(3.0, x));
    let c = cross(vec3(x, 0.0, 0.0), vec3(0.0, x, 0.0)); out[7] = c.z;
    out[8] = fma(x, 3.0, 4.0) + ldexp(x, 3); out[9] = inverseSqrt(x * 4.0);
    out[10] = normalize(vec2(x * 3.0, 4.0)).y; out[11] = trunc(-x * 1.5) + ceil(x * 0.5);
    out[12] = exp2(x * 3.0) + log2(x * 8.0) + pow(x + 1.0, 5.0);
    out[13] = sin(x) ; out[14] = reflect(vec2(x, -1.0), vec2(0.0, 1.0)).y;
    out[15] = select(1.0, 2.0, all(vec2(x) == vec2(1.0)) && !any(vec2(false, x > 1.0)));`;
  const got = await floats({
    wgsl: body(text, "f32"),
    buffers: [Float32Array.of(1, ...Array(15).fill(0))],
  });
  deepStrictEqual(got, [
    6,
    0.75,
    1,
    2,
    0.5,
    7,
    5,
    1,
    15,
    0.5,
    fround(0.8),
    0,
    43,
    fround(Math.sin(1)),
    1,
    2,
  ]);
});

Deno.test("wgsl: control: a program that is wrong in one place writes another answer", async () => {
  strictEqual((await wrote("out[0] = 2u * 3u;"))[0], 6);
  strictEqual((await wrote("out[0] = 2u + 3u;"))[0], 5);
});
