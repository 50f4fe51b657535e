/** The driver's thread with a brake; what it does is the driver's own. */
import { serveStart } from "../../../../hal/hosted/npu_thread.ts";
import { whenHeld } from "../../../../hal/hosted/testing/npu_held.ts";
import { NAME, OnnxRuntime } from "../runtime.ts";

whenHeld(
  () => new OnnxRuntime(),
  (start, npu) =>
    void serveStart(start, npu, NAME).then(() => globalThis.close()),
);
