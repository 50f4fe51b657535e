/** The driver's thread where its library was never installed. */
import { onStart } from "../../../../hal/hosted/npu_thread.ts";
import { loadLibrary } from "../library.ts";
import { OnnxRuntime } from "../../../../hal/npu/onnxruntime/runtime.ts";

const nowhere = new URL("../library/node_modules/nowhere/", import.meta.url);
onStart(() => new OnnxRuntime(loadLibrary(nowhere), "cpu"));
