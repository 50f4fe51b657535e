/** Does not type-check: a write needs a deadline. Give it one with `within`. */
import { Effect } from "effect";
import { Block } from "../../../hal/block.ts";

// @ts-expect-error: it still requires `Deadline`
export const write: Effect.Effect<unknown, unknown, Block> = Effect.flatMap(
  Block,
  (block) => block.write(0n, new Uint8Array(512)),
);
