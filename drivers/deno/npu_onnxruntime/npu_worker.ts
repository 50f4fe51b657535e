/** The driver's thread. */
import { serveStart } from "../../../hal/hosted/npu_thread.ts";
import { NAME, OnnxRuntime } from "./runtime.ts";

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  void serveStart(event.data, new OnnxRuntime(), NAME)
    .then(() => globalThis.close());
}, { once: true });
