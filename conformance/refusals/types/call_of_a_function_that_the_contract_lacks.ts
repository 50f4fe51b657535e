/** Does not type-check: only what a contract has can be called. Ask the one that has it. */
import type { Connected } from "../../../kernel/call/connect.ts";
import type { Answers } from "../../../wit/gen/query_answers.ts";

export function append(query: Connected<Answers>) {
  // @ts-expect-error: `answers` has no `append`
  return query.append([]);
}
