/**
 * The evaluator on its own thread: the whole suite; its thread can do nothing.
 */
import { strictEqual } from "node:assert/strict";
import { npuSuite } from "../../../conformance/hal/npu/npu_suite.ts";
import { openCpuNpu } from "./npu.ts";
import { subject } from "./testing/fixture.ts";

npuSuite("cpu/npu", subject);

Deno.test("cpu/npu: opens, says what it is, and is gone when it is closed", () => {
  const hosted = openCpuNpu();
  const { npu } = hosted;
  strictEqual(npu.describe().kind, "reference");
  strictEqual(npu.health().tag, "ok");
  hosted.close();
  strictEqual(npu.health().tag, "failed");
  const answer = npu.submit({ tag: "load", val: new Uint8Array() }, 1n);
  strictEqual(answer.tag === "err" && answer.val.tag, "gone");
});
