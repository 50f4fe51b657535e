/** The driver's thread with a brake; what it does is the driver's own. */
import { onHeldStart } from "../../../../hal/hosted/testing/npu_held.ts";
import { loadLibrary } from "../library.ts";
import { OnnxRuntime } from "../../../../hal/npu/onnxruntime/runtime.ts";

onHeldStart(() => new OnnxRuntime(loadLibrary(), "cpu"));
