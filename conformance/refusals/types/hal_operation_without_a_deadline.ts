/** Does not type-check: an operation of a device needs a deadline. Give it one with `within`. */
import { Effect } from "effect";
import { Block } from "../../../hal/block.ts";

// @ts-expect-error: it still requires `Deadline`
export const read: Effect.Effect<unknown, unknown, Block> = Effect.flatMap(
  Block,
  (block) => block.read(0n, 512),
);
