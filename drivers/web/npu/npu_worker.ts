/** The driver's thread in a page. */
import { onStart } from "../../../hal/hosted/npu_thread.ts";
import { OnnxRuntime } from "../../../hal/npu/onnxruntime/runtime.ts";
import { loadLibrary } from "./library.ts";
import { sayReady } from "./ready.ts";

const loading = loadLibrary();
onStart(async () => new OnnxRuntime(await loading, "wasm"));
sayReady(loading);
