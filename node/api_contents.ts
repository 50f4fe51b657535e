/** What a node answers about contents that are offered and let go. */
import type { Answer } from "./api.ts";

/** Whether a content is here, and if not, why. */
export type Presence = "here" | "unknown" | "expired" | "dropped" | "damaged";

/** A content that was offered, and is kept. */
export interface KeptReport {
  readonly cid: string;
  /** By its first octets: `text`, `image`, …, which says how long it is kept. */
  readonly kind?: string | undefined;
  readonly size: number;
  readonly chunks: number;
  /** Of those, chunks that no content had before. */
  readonly fresh: number;
  /** Where it went on, of one that had broken off. */
  readonly from?: number | undefined;
  /** The height from which on it is let go. */
  readonly until?: number | undefined;
}

/** Of a particle: absent where the node that answers does not say it. */
export interface ContentStanding {
  readonly content?: Presence | undefined;
  /** The height from which on the content is let go. */
  readonly until?: number | undefined;
}

export interface OfferOptions {
  /** Heights that it is kept for; for ever where it is absent. */
  readonly ttl?: number | undefined;
  /** Goes on there with what is held; `pieces` begin with that octet. */
  readonly from?: number | undefined;
}

/** A content that broke off on its way in. */
export interface OfferingReport {
  readonly cid: string;
  readonly size: number;
  /** Octets that are held: where to go on. */
  readonly done: number;
  readonly until?: number | undefined;
}

/** A content that was let go. */
export interface DropReport {
  readonly cid: string;
  readonly content: "dropped";
  /** Octets that cannot be read any more. */
  readonly size: number;
  /** Of those, octets that no other content has, either. */
  readonly freed: number;
}

export interface ContentsApi {
  /**
   * Keeps a content of `size` octets for a particle that is linked and whose
   * content is not here; durable when it answers. One that breaks off is held
   * for a while, and goes on with `from`.
   */
  offer(
    cid: string,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
    options?: OfferOptions,
  ): Answer<KeptReport>;
  /** How much of a content is held that broke off; refused where nothing is. */
  offering(cid: string): Answer<OfferingReport>;
  /** Lets a content go that was offered; its links stay. */
  drop(cid: string): Answer<DropReport>;
}
