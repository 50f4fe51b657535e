/** The driver's thread. */
import { onStart } from "../../../hal/hosted/npu_thread.ts";
import { loadLibrary } from "./library.ts";
import { OnnxRuntime } from "../../../hal/npu/onnxruntime/runtime.ts";

onStart(() => new OnnxRuntime(loadLibrary(), "cpu"));
