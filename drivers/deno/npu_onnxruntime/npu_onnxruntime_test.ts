/** The library on its own thread: the whole suite. */
import { npuSuite } from "../../../conformance/hal/npu/npu_suite.ts";
import { subject } from "./testing/fixture.ts";

npuSuite("deno/npu-onnxruntime", subject);
