/**
 * The types of `karyon:hal/gpu` and its control, as the binding generator maps
 * them.
 *
 * The contract itself, with every promise, is wit/hal/gpu/gpu.wit.
 */
import type { Gpu } from "../wit/gen/hal_gpu.ts";
import type { GpuControl } from "../wit/gen/hal_gpu_control.ts";

export type {
  Access,
  Completion,
  Condition,
  Device,
  Gpu,
  Kind,
  Launch,
  Limits,
  Outcome,
  Range,
  Refusal,
  Source,
  Transfer,
  Upload,
  Work,
} from "../wit/gen/hal_gpu.ts";
export type {
  GpuControl,
  Power,
  Refusal as ControlRefusal,
  Wish,
} from "../wit/gen/hal_gpu_control.ts";

/** What submitting answers. */
export type SubmitResult = ReturnType<Gpu["submit"]>;

/** What cancelling answers. */
export type CancelResult = ReturnType<Gpu["cancel"]>;

/** What choosing a device answers. */
export type ControlResult = ReturnType<GpuControl["attach"]>;
