/** What a caller may learn beside an answer. */
import { Schema } from "effect";

/** The kernel said no. The cell has not run, so the call may be repeated. */
export class CallRefused extends Schema.TaggedError<CallRefused>()(
  "CallRefused",
  { cell: Schema.String, reason: Schema.String },
) {
  override get message(): string {
    return `${this.cell} was not called: ${this.reason}`;
  }
}

/** The cell was stopped during the call. Repeat only what is idempotent. */
export class CellGone extends Schema.TaggedError<CellGone>()("CellGone", {
  cell: Schema.String,
  generation: Schema.Int,
}) {
  override get message(): string {
    return `${this.cell} (generation ${this.generation}) ended during the call`;
  }
}

/**
 * Unwinds a calling cell whose contract has no word for absence. It ends that
 * generation too, without counting as its fault.
 */
export class Unwound extends Error {
  constructor(
    readonly callee: string,
    readonly absence: "refused" | "gone",
    why?: string,
  ) {
    const more = why === undefined ? "" : `: ${why}`;
    super(`the call to ${callee} brought no answer: ${absence}${more}`);
  }
}
