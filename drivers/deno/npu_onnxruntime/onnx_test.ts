/**
 * The stored cases of the onnx package, which nobody here wrote; all of them where
 * the package is: `deno task suite:onnx`.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  notPassed,
  readStored,
  STORED,
} from "../../../conformance/hal/npu/onnx/stored.ts";
import { openOnnxRuntime } from "./open.ts";

Deno.test("deno/npu-onnxruntime: passes the stored cases of the onnx package", () => {
  const stored = readStored(Deno.readTextFileSync(STORED));
  ok(stored.cases.length > 70, "control: they are there");
  const hosted = openOnnxRuntime();
  try {
    deepStrictEqual(notPassed(hosted.npu, stored, { expectations: [] }), []);
  } finally {
    hosted.close();
  }
});
