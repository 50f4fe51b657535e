/** The driver's thread: it may do nothing, and reckoning needs nothing. */
import { serve } from "./thread.ts";

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  void serve(event.data).then(() => globalThis.close());
}, { once: true });
