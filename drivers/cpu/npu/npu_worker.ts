/** The driver's thread: it may do nothing, and calculating needs nothing. */
import { serveStart } from "../../../hal/hosted/npu_thread.ts";
import { Evaluator } from "../../../hal/npu/evaluate/evaluator.ts";

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  void serveStart(event.data, new Evaluator(), "Karyon's evaluator")
    .then(() => globalThis.close());
}, { once: true });
