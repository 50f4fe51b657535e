/** What a node answers about contents that are offered and let go. */
import type { Answer } from "./api.ts";

/** Whether a content is here, and if not, why. */
export type Presence = "here" | "unknown" | "expired" | "dropped" | "damaged";

/** A content that was offered, and is kept. */
export interface KeptReport {
  readonly cid: string;
  readonly size: number;
  readonly chunks: number;
  /** Of those, chunks that no content had before. */
  readonly fresh: number;
  /** The height from which on it is let go. */
  readonly until?: number | undefined;
}

/** Of a particle: absent where the node that answers does not say it. */
export interface ContentStanding {
  readonly content?: Presence | undefined;
  /** The height from which on the content is let go. */
  readonly until?: number | undefined;
}

export interface ContentsApi {
  /**
   * Keeps a content of `size` octets for a particle that is linked and whose
   * content is not here, for `ttl` heights or for ever; durable when it answers.
   */
  offer(
    cid: string,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
    ttl?: number,
  ): Answer<KeptReport>;
  /** Lets a content go that was offered; its links stay. */
  drop(cid: string): Answer<void>;
}
