/** Does not type-check: a device can refuse. Handle its errors, or let them be in the type. */
import { Effect } from "effect";
import { Block } from "../../../hal/block.ts";
import { within } from "../../../hal/deadline.ts";

// @ts-expect-error: it can fail
export const flush: Effect.Effect<unknown, never, Block> = within(10)(
  Effect.flatMap(Block, (block) => block.flush),
);
