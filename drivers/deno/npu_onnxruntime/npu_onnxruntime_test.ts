/**
 * The library on its own thread.
 *
 * Plan: the whole suite; the thread can load the library and do nothing else; where
 * the library is not installed, opening says how it is.
 */
import { throws } from "node:assert/strict";
import { npuSuite } from "../../../conformance/hal/npu/npu_suite.ts";
import { npuOn } from "../../../hal/hosted/npu_thread.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import { PLATFORM, startThread } from "./open.ts";
import { subject } from "./testing/fixture.ts";

npuSuite("deno/npu-onnxruntime", subject);

Deno.test("deno/npu-onnxruntime: its thread may load its library only", async () => {
  await checkReach(
    startThread(new URL("testing/reach_worker.ts", import.meta.url)),
  );
});

Deno.test("deno/npu-onnxruntime: without its library it says how to get it", () => {
  const worker = startThread(
    new URL("testing/absent_worker.ts", import.meta.url),
  );
  throws(() => npuOn(worker, PLATFORM), {
    name: "NpuNotOpened",
    message: /not installed.*deno task install:onnxruntime/,
  });
});
