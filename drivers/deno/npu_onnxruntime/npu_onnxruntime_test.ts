/**
 * The library on its own thread.
 *
 * Plan: the whole suite; the thread can load the library and do nothing else.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { npuSuite } from "../../../conformance/hal/npu/npu_suite.ts";
import { startThread } from "./open.ts";
import { subject } from "./testing/fixture.ts";

npuSuite("deno/npu-onnxruntime", subject);

Deno.test("deno/npu-onnxruntime: its thread may load its library only", async () => {
  const worker = startThread(
    new URL("testing/reach_worker.ts", import.meta.url),
  );
  const reached = await new Promise<Record<string, string>>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage("");
  });
  worker.terminate();
  const { own, ...others } = reached;
  strictEqual(own, "went through");
  ok(Object.keys(others).length >= 11);
  deepStrictEqual(
    Object.entries(others).filter(([, name]) => name !== "NotCapable"),
    [],
  );
});
