/** Links and their ends as bodies have them, in the words of `NodeApi`. */
import type { End, LinkInput } from "../api.ts";
import type * as schema from "./schemas.ts";

export function linkOf(
  { from, to, ...rest }: typeof schema.LinkInput.Type,
): LinkInput {
  return { ...rest, from: endOf(from), to: endOf(to) };
}

/** The schema has checked that exactly one field is there. */
export function endOf(end: typeof schema.End.Type): End {
  return end.cid === undefined ? { text: end.text ?? "" } : { cid: end.cid };
}
