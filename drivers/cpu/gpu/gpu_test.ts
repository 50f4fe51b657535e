/**
 * The reference of the GPU contract.
 *
 * Plan: the whole suite, on every machine; its thread can do nothing else; who
 * wishes for hardware does not get it; a loss is said, and attaching works.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { gpuSuite } from "../../../conformance/hal/gpu/gpu_suite.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import { openCpuGpu, startThread } from "./open.ts";
import { subject } from "./testing/fixture.ts";

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
