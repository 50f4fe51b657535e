/**
 * Writes links in the draft encoding of wit/cells/graph/encodings.md.
 *
 * One buffer of `DRAFT_OCTETS_MAX` is used again for every draft; `take` hands
 * out a copy. The caller asks `fits` before it writes a record, so that no
 * record is ever split in the middle of a link.
 */
import {
  DRAFT_HEAD_OCTETS,
  DRAFT_LINKS_MAX,
  DRAFT_OCTETS_MAX,
  IDENTITY_OCTETS,
} from "./limits.ts";

/** An end's octets are a content. */
const TAG_CONTENT = 0;
/** An end's octets are an identity. */
const TAG_IDENTITY = 1;
const TOKEN_DEFAULT = 0;

export class DraftWriter {
  /** The draft so far; the hot loop of `tsv` writes here directly. */
  readonly octets = new Uint8Array(DRAFT_OCTETS_MAX);
  /** First free octet. */
  at = DRAFT_HEAD_OCTETS;
  /** Links so far. */
  links = 0;

  /** Whether `links` more links of together `octets` octets have room. */
  fits(octets: number, links: number): boolean {
    return this.links + links <= DRAFT_LINKS_MAX &&
      this.at + octets <= DRAFT_OCTETS_MAX;
  }

  /** Writes one end that is given by its content. */
  content(source: Uint8Array): void {
    this.#head(TAG_CONTENT, source.length);
    this.octets.set(source, this.at);
    this.at += source.length;
  }

  /** Writes one end that is given by its identity. */
  identity(id: Uint8Array): void {
    if (id.length !== IDENTITY_OCTETS) throw new Error("identity length");
    this.#head(TAG_IDENTITY, id.length);
    this.octets.set(id, this.at);
    this.at += id.length;
  }

  /** Ends a link: default token, amount, valence (-1, 0 or 1). */
  finish(amount = 1, valence = 0): void {
    const octets = this.octets;
    let at = this.at;
    octets[at++] = TOKEN_DEFAULT;
    let rest = amount;
    for (let i = 0; i < 8; i++) {
      octets[at++] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
    octets[at++] = valence & 0xff;
    this.at = at;
    this.links++;
  }

  /** Takes back everything since `at` was `at` and `links` was `links`. */
  rollback(at: number, links: number): void {
    this.at = at;
    this.links = links;
  }

  /** The draft as a copy that the caller owns; the writer starts again. */
  take(): Uint8Array {
    this.octets[0] = this.links & 0xff;
    this.octets[1] = this.links >> 8;
    const draft = this.octets.slice(0, this.at);
    this.at = DRAFT_HEAD_OCTETS;
    this.links = 0;
    return draft;
  }

  #head(tag: number, length: number): void {
    const octets = this.octets;
    const at = this.at;
    octets[at] = tag;
    octets[at + 1] = length & 0xff;
    octets[at + 2] = (length >> 8) & 0xff;
    octets[at + 3] = (length >> 16) & 0xff;
    octets[at + 4] = length >>> 24;
    this.at = at + 5;
  }
}
