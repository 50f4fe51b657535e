/** The driver's thread with a brake; what it does is the driver's own. */
import { serveStart } from "../../../../hal/hosted/npu_thread.ts";
import { whenHeld } from "../../../../hal/hosted/testing/npu_held.ts";
import { Evaluator } from "../../../../hal/npu/evaluate/evaluator.ts";

whenHeld(
  () => new Evaluator(),
  (start, npu) =>
    void serveStart(start, npu, "Karyon's evaluator")
      .then(() => globalThis.close()),
);
