/** The driver's thread with a brake; what it does is the driver's own. */
import { onHeldStart } from "../../../../hal/hosted/testing/npu_held.ts";
import { Evaluator } from "../../../../hal/npu/evaluate/evaluator.ts";

onHeldStart(() => new Evaluator());
