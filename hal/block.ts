/**
 * The block contract as an Effect service, for whoever runs on fibers.
 *
 * Same promises as wit/hal/block/block.wit, plus a deadline: an operation that
 * starts too late is refused and has no effect. One that has started is not cut
 * short, since a driver answers within its own promise; the data that a write
 * was given is the caller's again when it returns.
 *
 * Deliberately absent: queueing, caching, retries.
 */
import { Context, Effect, Layer, Schema } from "effect";
import type {
  Block as BlockDriver,
  Condition,
  Geometry,
  Refusal,
} from "./block_contract.ts";
import { type Deadline, inTime, type TooLate } from "./deadline.ts";

/** The device said no; `reason` is a case of `refusal` in block.wit. */
export class BlockRefused
  extends Schema.TaggedError<BlockRefused>()("BlockRefused", {
    operation: Schema.Literals(["read", "write", "flush", "discard"]),
    reason: Schema.Literals([
      "misaligned",
      "out-of-range",
      "full",
      "read-only",
      "failed",
    ]),
    /** The platform's reason, where the device failed. */
    detail: Schema.String,
  }) {}

/** What every operation is: it may be refused, and it needs a deadline. */
export type BlockOperation<A> = Effect.Effect<
  A,
  BlockRefused | TooLate,
  Deadline
>;

/** The right to use one block device. */
export class Block extends Context.Service<Block, {
  readonly geometry: Geometry;
  readonly health: Effect.Effect<Condition>;
  read(offset: bigint, length: number): BlockOperation<Uint8Array>;
  write(offset: bigint, data: Uint8Array): BlockOperation<void>;
  readonly flush: BlockOperation<void>;
  discard(offset: bigint, length: bigint): BlockOperation<void>;
}>()("karyon/hal/Block") {}

/** The service over a driver that stays the caller's. */
export function blockOver(driver: BlockDriver): Block["Service"] {
  return {
    geometry: driver.describe(),
    health: Effect.sync(() => driver.health()),
    read: (offset, length) =>
      operation("read", () => driver.read(offset, length)).pipe(
        Effect.map(({ val }) => val),
      ),
    write: (offset, data) =>
      Effect.asVoid(operation("write", () => driver.write(offset, data))),
    flush: Effect.asVoid(operation("flush", () => driver.flush())),
    discard: (offset, length) =>
      Effect.asVoid(
        operation("discard", () => driver.discard(offset, length)),
      ),
  };
}

/** `blockOver` as a layer. */
export function blockLayer(driver: BlockDriver): Layer.Layer<Block> {
  return Layer.succeed(Block, blockOver(driver));
}

type Refused = { tag: "err"; val: Refusal };

/** Asks the driver, if there is still time; a refusal becomes the error. */
function operation<Answer extends { readonly tag: "ok" }>(
  name: BlockRefused["operation"],
  act: () => Answer | Refused,
): BlockOperation<Answer> {
  return Effect.gen(function* () {
    yield* inTime(`block.${name}`);
    const answer = act();
    if (answer.tag === "ok") return answer;
    const { val } = answer;
    const detail = val.tag === "failed" ? val.val : "";
    return yield* new BlockRefused({
      operation: name,
      reason: val.tag,
      detail,
    });
  });
}
