/**
 * The types of `karyon:hal/block`, as the binding generator maps them.
 *
 * The contract itself, with every promise, is wit/hal/block/block.wit.
 */
import type { Block } from "../wit/gen/hal_block.ts";

export type {
  Block,
  Condition,
  Geometry,
  Refusal,
} from "../wit/gen/hal_block.ts";

/** What a read answers. */
export type ReadResult = ReturnType<Block["read"]>;

/** What an operation without a value answers. */
export type Done = ReturnType<Block["write"]>;
