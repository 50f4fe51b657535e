/** The driver's thread with a brake; what it does is the driver's own. */
import { onHeldStart } from "../../../../hal/hosted/testing/npu_held.ts";
import { OnnxRuntime } from "../../../../hal/npu/onnxruntime/runtime.ts";
import { loadLibrary } from "../library.ts";
import { sayReady } from "../ready.ts";

const loading = loadLibrary();
onHeldStart(async () => new OnnxRuntime(await loading, "wasm"));
sayReady(loading);
