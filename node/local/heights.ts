/** Heights and pages that are asked for, checked against the record. */
import { Effect } from "effect";
import type { Reads } from "../../wit/gen/graph_reads.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { type Answer, Refusal } from "../api.ts";
import { present } from "./calls.ts";

/** The height that is meant: one of the record, or the newest. */
export function heightAsked(
  reads: Connected<Reads>,
  at: number | undefined,
): Answer<bigint> {
  return Effect.gen(function* () {
    const { height } = yield* present(reads.count());
    if (at === undefined) return height;
    if (!Number.isSafeInteger(at) || at < 0) {
      return yield* invalid(
        "a height is a whole number from 0",
        "leave it away for the newest one",
      );
    }
    if (BigInt(at) <= height) return BigInt(at);
    return yield* invalid(
      `the record has height ${height}, not ${at}`,
      "ask for a height that it has reached, or leave it away",
    );
  });
}

/** A cursor that this node gave; it counts links or rows. */
export function cursorOf(
  cursor: string | undefined,
): Effect.Effect<bigint | undefined, Refusal> {
  if (cursor === undefined) return Effect.succeed(undefined);
  return /^\d{1,19}$/u.test(cursor)
    ? Effect.succeed(BigInt(cursor))
    : strangeCursor();
}

export function rowCursor(
  cursor: string | undefined,
): Effect.Effect<number | undefined, Refusal> {
  if (cursor === undefined) return Effect.succeed(undefined);
  return /^\d{1,9}$/u.test(cursor)
    ? Effect.succeed(Number(cursor))
    : strangeCursor();
}

export function strangeCursor(): Effect.Effect<never, Refusal> {
  return invalid(
    "the cursor is not one that this node gave",
    "leave it away to begin with the first page",
  );
}

export function invalid(
  message: string,
  fix: string,
): Effect.Effect<never, Refusal> {
  return Effect.fail(new Refusal({ kind: "invalid", message, fix }));
}
