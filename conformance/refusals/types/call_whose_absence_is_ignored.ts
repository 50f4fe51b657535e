/** Does not type-check: a cell can be gone or refuse. Handle `CallRefused` and `CellGone`. */
import type { Effect } from "effect";
import type { Connected } from "../../../kernel/call/connect.ts";
import type { Answers } from "../../../wit/gen/query_answers.ts";

export function top(query: Connected<Answers>): Effect.Effect<unknown> {
  // @ts-expect-error: it can fail with an absence
  return query.top(10);
}
