/**
 * The types of `karyon:hal/npu`, as the binding generator maps them.
 *
 * The contract itself, with every promise, is wit/hal/npu/npu.wit.
 */
import type { Npu } from "../wit/gen/hal_npu.ts";

export type {
  Completion,
  Condition,
  Device,
  Dimension,
  Element,
  Launch,
  Limits,
  Model,
  Npu,
  Outcome,
  Port,
  Refusal,
  Tensor,
  Work,
} from "../wit/gen/hal_npu.ts";

/** What submitting answers. */
export type SubmitResult = ReturnType<Npu["submit"]>;
