/**
 * The reference of the GPU contract.
 *
 * Plan: the whole suite, on every machine; its thread can do nothing else; who
 * wishes for hardware does not get it; a long dispatch holds nobody.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { gpuSuite } from "../../../conformance/hal/gpu/gpu_suite.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import { openCpuGpu, startThread } from "./open.ts";
import type { Work } from "../../../hal/gpu_contract.ts";
import { subject } from "./testing/fixture.ts";

const WISH = { power: "any", software: true } as const;

gpuSuite("cpu/gpu", subject);

Deno.test("cpu/gpu: its thread may do nothing but compile and run programs", async () => {
  await checkReach(
    startThread(new URL("testing/reach_worker.ts", import.meta.url)),
  );
});

Deno.test("cpu/gpu: opens, says what it is, and is gone when it is closed", () => {
  const hosted = openCpuGpu();
  const { gpu, control } = hosted;
  strictEqual(gpu.describe().attachment, 0);
  const hardware = control.attach({ power: "high", software: false });
  ok(hardware.tag === "err" && hardware.val.tag === "absent");
  match(hardware.val.val, /only the reference/);
  deepStrictEqual(control.attach({ power: "any", software: true }), {
    tag: "ok",
  });
  strictEqual(gpu.describe().kind, "reference");
  strictEqual(gpu.health().tag, "ok");
  hosted.close();
  strictEqual(gpu.health().tag, "failed");
  const answer = gpu.submit({ tag: "allocate", val: 4n }, 1n);
  strictEqual(answer.tag === "err" && answer.val.tag, "gone");
});

const MIB = 1 << 20;
const LONG = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) {
  for (var k = 0u; k < 20000u; k++) { out[i] += k; }
}`;

Deno.test("cpu/gpu: a long dispatch overruns, and a detach does not wait for it", () => {
  const hosted = openCpuGpu({ memoryMax: 16 * MIB });
  const { gpu, control } = hosted;
  const ended = (work: Work, within = 60_000_000n) => {
    strictEqual(gpu.submit(work, within).tag, "ok");
    const [first] = gpu.wait(1, 600_000_000n);
    return first?.outcome ?? { tag: "done" };
  };
  const made = (work: Work) => {
    const outcome = ended(work);
    ok(outcome.tag === "made", outcome.tag);
    return outcome.val;
  };
  try {
    control.attach(WISH);
    const buffer = made({ tag: "allocate", val: 256n });
    const source = {
      wgsl: LONG,
      entry: "main",
      bindings: ["read-write" as const],
    };
    const program = made({ tag: "compile", val: source });
    const ranges = [{ buffer, offset: 0n, length: 256n }];
    const launch = { program, ranges, x: 65_535, y: 1, z: 1 };
    // Some ten thousand millions of rounds: minutes.
    let within = 1000n;
    const late = () => ended({ tag: "dispatch", val: launch }, within).tag;
    let end = late();
    // On a busy machine it may not have begun by then.
    for (; end === "expired"; end = late()) within *= 4n;
    strictEqual(end, "overrun");
    strictEqual(control.detach().tag, "ok");
    strictEqual(control.attach(WISH).tag, "ok");
    made({ tag: "allocate", val: 256n });
  } finally {
    hosted.close();
  }
});
