/**
 * The types of `karyon:hal/entropy`, as the binding generator maps them.
 *
 * The contract itself, with every promise, is wit/hal/entropy/entropy.wit.
 */
import type { Entropy } from "../wit/gen/hal_entropy.ts";

export type {
  Condition,
  Entropy,
  Quality,
  Refusal,
  Source,
} from "../wit/gen/hal_entropy.ts";

/** What a draw answers. */
export type DrawResult = ReturnType<Entropy["draw"]>;
