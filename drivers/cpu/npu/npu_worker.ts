/** The driver's thread: it may do nothing, and calculating needs nothing. */
import { onStart } from "../../../hal/hosted/npu_thread.ts";
import { Evaluator } from "../../../hal/npu/evaluate/evaluator.ts";

onStart(() => new Evaluator());
