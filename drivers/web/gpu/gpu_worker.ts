/** The driver's thread: it may do nothing, and WebGPU needs nothing. */
import { sayReady, serve } from "./thread.ts";

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  void serve(event.data).then(() => globalThis.close());
}, { once: true });

void sayReady();
