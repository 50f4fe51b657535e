/** Does not type-check: arguments have the types of the contract. Pass a text. */
import type { Connected } from "../../../kernel/call/connect.ts";
import type { Answers } from "../../../wit/gen/query_answers.ts";

export function search(query: Connected<Answers>) {
  // @ts-expect-error: `search` takes a text
  return query.search(7, 10);
}
