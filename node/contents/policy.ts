/**
 * How long contents are kept, by their kind: `contents` of the system file.
 *
 * A kind that the file does not name is kept as `other`; without `other` as
 * long as the offer says, or for ever. A bound binds everybody, the operator
 * too: whoever may change the system file changes it.
 */
import { type Answer, Refusal } from "../api.ts";
import type { ContentTerms } from "../../kernel/manifest/system_file.ts";
import { Effect } from "effect";
import { type Kind, KINDS } from "./kind.ts";

export const CONTENT_KINDS: ReadonlySet<string> = new Set(KINDS);

export type ContentPolicy = ReadonlyMap<string, ContentTerms>;

/** Heights that a content is kept for; nothing: for ever. */
export function ttlOf(
  policy: ContentPolicy,
  kind: Kind,
  asked: number | undefined,
): Answer<number | undefined> {
  const terms = policy.get(kind) ?? policy.get("other");
  if (terms === undefined) return Effect.succeed(asked);
  const { ttl, ttlMax } = terms;
  if (asked === undefined) {
    return Effect.succeed(ttl === 0 ? undefined : ttl);
  }
  if (ttlMax === undefined || asked <= ttlMax) return Effect.succeed(asked);
  return Effect.fail(
    new Refusal({
      kind: "invalid",
      message: `it is ${kind}: such a content is kept for ${ttlMax} heights ` +
        "at most",
      fix: `ask for ${ttlMax} or fewer, or leave ttl away`,
    }),
  );
}
