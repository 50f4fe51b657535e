/** What a node does with drafts: what imports write, and where they stand. */
import { Effect } from "effect";
import type { Answer } from "./api.ts";

/** One draft of a stream, and what its bookmark then says. */
export interface MarkedDraft {
  readonly draft: Uint8Array;
  readonly mark?: string | undefined;
}

/** What of a stream is durable. */
export interface DraftsDone {
  readonly height: number;
  readonly links: number;
  readonly drafts: number;
}

export interface DraftStream {
  /** Of the bookmark; without one there is none. */
  readonly key: string | undefined;
  readonly drafts: AsyncIterable<MarkedDraft>;
  /** Told of what is durable so far. */
  readonly told?: (done: DraftsDone) => void;
}

export interface DraftsApi {
  /**
   * Signs and applies one draft (wit/cells/graph/encodings.md), with a bookmark in the same
   * atomic write; durable when it answers. For imports.
   */
  submitDraft(
    draft: Uint8Array,
    bookmark?: { readonly key: string; readonly value: string },
  ): Answer<{ readonly height: number; readonly links: number }>;
  /**
   * Signs and applies drafts in their order, some ahead of others: each is whole,
   * its mark in the same atomic write, and durable before it is told of. The first
   * refusal ends it; what was told of stays. What the source throws comes out.
   */
  submitDrafts(stream: DraftStream): Answer<DraftsDone>;
  /** The last committed value of a bookmark. */
  recall(key: string): Answer<string | undefined>;
}

/** The same of a node that takes one draft after the other. */
export function oneByOne(
  { submitDraft }: Pick<DraftsApi, "submitDraft">,
  { key, drafts, told }: DraftStream,
): Answer<DraftsDone> {
  return Effect.gen(function* () {
    const source = drafts[Symbol.asyncIterator]();
    let done: DraftsDone = { height: 0, links: 0, drafts: 0 };
    try {
      for (;;) {
        const next = yield* Effect.promise(() => source.next());
        if (next.done === true) return done;
        const { draft, mark } = next.value;
        const { height, links } = yield* submitDraft(
          draft,
          key === undefined || mark === undefined
            ? undefined
            : { key, value: mark },
        );
        done = {
          height,
          links: done.links + links,
          drafts: done.drafts + 1,
        };
        told?.(done);
      }
    } finally {
      yield* Effect.promise(async () => void await source.return?.());
    }
  });
}
