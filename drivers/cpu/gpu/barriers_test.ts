/**
 * Groups: barriers in loops, branches and functions; who does not come; runs
 * without an end; the same octets each time.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { run, words } from "./testing/run_wgsl.ts";

const SHARED = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
var<workgroup> parts: array<u32, 64>;
`;
const ids = `@builtin(local_invocation_index) i: u32,
  @builtin(workgroup_id) group: vec3<u32>`;

/** A program of groups of 64 that share `parts`. */
const source = (body: string, before = "") =>
  `${SHARED}${before}
@compute @workgroup_size(64)
fn main(${ids}) {
${body}
}`;

const numbers = (count: number) =>
  Uint32Array.from({ length: count }, (_, i) => i);

Deno.test("barriers: in a function, in expressions, in loops that the group leaves", async () => {
  const wgsl = source(
    `var n = 0u;
    let all = 1000u * sum(i, out[group.x * 64u + i]) + sum(i, 1u) + n;
    loop {
      if (n >= 3u) { break; }
      parts[i] = all + n;
      workgroupBarrier();
      n += 1u;
      if (n == 2u) { continue; }
      let other = parts[63u - i];
      workgroupBarrier();
      parts[i] = other;
    }
    switch n {
      case 3u: { workgroupBarrier(); }
      default: { n = 100u; }
    }
    out[group.x * 64u + i] = all + n;`,
    `fn sum(i: u32, value: u32) -> u32 {
      parts[i] = value;
      workgroupBarrier();
      for (var step = 32u; step > 0u; step /= 2u) {
        if (i < step) { parts[i] += parts[i + step]; }
        workgroupBarrier();
      }
      let whole = workgroupUniformLoad(&parts[0]);
      if (i > 40u) { return whole; }
      return parts[0];
    }`,
  );
  const got = await words({ wgsl, buffers: [numbers(128)], groups: [2, 1, 1] });
  const sums = [2016, 2016 + 64 * 64].map((sum) => sum * 1000 + 64 + 3);
  deepStrictEqual(got, [
    ...Array(64).fill(sums[0]),
    ...Array(64).fill(sums[1]),
  ]);
});

Deno.test("barriers: who returned before the last one, and has none before him, is no fault", async () => {
  const wgsl = source(
    `parts[i] = i;
    workgroupBarrier();
    if (i % 2u == 1u) { return; }
    var rest = 0u;
    for (var k = i; k < 64u; k++) { rest += parts[k]; if (rest > 1500u) { break; } }
    out[i] = rest;`,
  );
  const got = await words({ wgsl, buffers: [new Uint32Array(64)] });
  const want = Array.from({ length: 64 }, (_, i) => {
    let rest = 0;
    for (let k = i; k < 64 && rest <= 1500; k++) rest += k;
    return i % 2 === 1 ? 0 : rest;
  });
  deepStrictEqual(got, want);
});

const DIVERGENT: ReadonlyArray<readonly [string, string, RegExp]> = [
  ["a branch", "if (i < 5u) { workgroupBarrier(); }", /^6:\d+: not all/],
  [
    "a return before",
    "if (i == 7u) { return; } storageBarrier();",
    /^6:\d+: not all/,
  ],
  [
    "a loop of different lengths",
    "for (var k = 0u; k < i; k++) { workgroupBarrier(); }",
    /^6:\d+: not all/,
  ],
  [
    "a switch",
    "switch i { case 1u: { workgroupBarrier(); } default: {} }",
    /^6:\d+: not all/,
  ],
  [
    "a function",
    "if (i > 3u) { _ = helper(); }",
    /^6:\d+: not all/,
  ],
];

for (const [what, text, why] of DIVERGENT) {
  Deno.test(`barriers: one behind ${what} that not all take ends the program, and says where`, async () => {
    const wgsl = source(
      text,
      "fn helper() -> u32 { workgroupBarrier(); return 1u; }",
    )
      .replace("\n@compute", "@compute");
    const { outcome } = await run({ wgsl, buffers: [new Uint32Array(64)] });
    ok(outcome.tag === "failed", JSON.stringify(outcome));
    match(outcome.val, why);
  });
}

const ENDLESS: ReadonlyArray<readonly [string, string]> = [
  ["a loop", "while (out[0] == 0u) { out[1] += 1u; }"],
  [
    "a loop with a barrier",
    "loop { workgroupBarrier(); if (out[0] == 1u) { break; } }",
  ],
  ["calls that double", "out[0] = f0(i);"],
];

const CALLS = Array.from(
  { length: 60 },
  (_, at) =>
    `fn f${at}(x: u32) -> u32 { return f${at + 1}(x) + f${at + 1}(x); }`,
).join("\n") + "\nfn f60(x: u32) -> u32 { return x; }\n";

for (const [what, text] of ENDLESS) {
  Deno.test(`runs: ${what} without an end is ended at the same step each time`, async () => {
    const asked = {
      wgsl: source(text, CALLS),
      buffers: [new Uint32Array(64)],
      stepsMax: 2 ** 26,
    };
    const first = await run(asked);
    ok(first.outcome.tag === "failed", first.outcome.tag);
    match(first.outcome.val, /was ended after 67108864 steps/);
    deepStrictEqual(await run(asked), first);
  });
}

Deno.test("runs: many small groups are counted as well", async () => {
  const wgsl = source("out[i] = 1u;");
  const asked = { wgsl, buffers: [new Uint32Array(64)], stepsMax: 2 ** 16 };
  const { outcome } = await run({ ...asked, groups: [60_000, 1, 1] });
  strictEqual(outcome.tag, "failed");
  strictEqual((await run(asked)).outcome.tag, "done");
});

Deno.test("runs: the same octets each time, races and NaNs too", async () => {
  const wgsl = `@group(0) @binding(0) var<storage, read_write> out: array<f32>;
  @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    out[id.x % 7u] = out[(id.x + 3u) % 11u] + f32(id.x);
    out[20] = (out[21] - out[21]) / out[22]; out[23] = -out[20]; out[24] = sqrt(-1.0 - out[22]);
  }`;
  const asked = {
    wgsl,
    buffers: [new Float32Array(32)],
    groups: [9, 1, 1] as const,
  };
  const first = await words(asked);
  deepStrictEqual(await words(asked), first);
  deepStrictEqual([first[20], first[23], first[24]], Array(3).fill(0x7fc00000));
});

Deno.test("barriers: what is kept over them: pointers, values of parts, private variables, order", async () => {
  const wgsl = source(
    `var own = array<u32, 3>(i, i + 1u, i + 2u);
    let p = &own[1];
    mine = i * 10u;
    let pair = Pair(i, vec3(1u, 2u, i));
    let before = own[1];
    let both = before + turned(p, pair, i) + own[1];
    var sum = 0u;
    for (var k = 0u; turned(&own[2], pair, i) < 5u && k < 2u; k++) {
      sum += select(0u, mine, turned(p, Pair(0u, pair.v), i) > 0u && k == 1u);
    }
    if (workgroupUniformLoad(&parts[3]) == 99999u) { sum = 7u; }
    else if (wide(i).y == 5u) { sum += wide(i).z; }
    out[i] = both * 1000u + sum + own[2];`,
    `var<private> mine: u32 = 5u;
    struct Pair { n: u32, v: vec3<u32> }
    fn wide(i: u32) -> vec3<u32> { workgroupBarrier(); return vec3(i, 5u, 3u); }
    fn turned(p: ptr<function, u32>, pair: Pair, i: u32) -> u32 {
      parts[i] = pair.v.z;
      workgroupBarrier();
      let got = parts[63u - i] % 2u;
      workgroupBarrier();
      *p += 1u;
      mine += 1u;
      return got + pair.n * 0u + pair.v.x;
    }`,
  );
  const got = await words({ wgsl, buffers: [new Uint32Array(64)] });
  const want = Array.from({ length: 64 }, (_, i) => {
    const both = 2 * i + 4 + (63 - i) % 2;
    return both * 1000 + (10 * i + 4) + 3 + (i + 5);
  });
  deepStrictEqual(got, want);
});
