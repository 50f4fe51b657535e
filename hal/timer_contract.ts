/**
 * The types of `karyon:hal/timer`, as the binding generator maps them.
 *
 * The contract itself, with every promise, is wit/hal/timer/timer.wit.
 */
import type { Timer } from "../wit/gen/hal_timer.ts";

export type {
  Condition,
  Limits,
  Refusal,
  Ring,
  Timer,
} from "../wit/gen/hal_timer.ts";

/** What setting an alarm answers. */
export type SetResult = ReturnType<Timer["setOnce"]>;
