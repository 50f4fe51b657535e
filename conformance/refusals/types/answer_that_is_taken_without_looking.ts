/** Does not type-check: a result is a value or an error. Look at its tag first. */
import type { Answers } from "../../../wit/gen/query_answers.ts";

export function first(answers: Answers): string | undefined {
  const top = answers.top(1);
  // @ts-expect-error: it may be an error
  return top.val[0]?.text;
}
