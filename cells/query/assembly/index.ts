/**
 * The full-text index: contents go in, whole or not at all, and stay.
 *
 * A content's terms are those of its first CONTENT_OCTETS_INDEXED_MAX octets,
 * if these are UTF-8. Where one does not fit any more the index is full: it
 * takes nothing further, so what it holds is always a prefix of the arrivals.
 */
import {
  CONTENT_OCTETS_INDEXED_MAX,
  CONTENTS_MAX,
  POSTINGS_OCTETS_MAX,
  TERMS_MAX,
} from "./limits";
import { reserve } from "./arena";
import { bagLength, bagTerm, bagTerms, fillBag } from "./bag";
import { addContent, contentsCount, reserveContent } from "./contents";
import { addPosting, postingCost, postingsOctets } from "./postings";
import { addTerm, findTerm, Term, TERM_RECORD_OCTETS, termsCount } from "./terms";
import { textOctets } from "./utf8";

/** What became of a content. */
export enum Indexing {
  Indexed,
  /** Text without a term: nothing could find it. */
  NoTerms,
  /** Not UTF-8 where it would be indexed. */
  NotText,
  /** The index is full; the content is not in it. */
  Full,
}

/** Ceilings that the system file may lower; see `limits.ts`. */
export class IndexBounds {
  terms: u32 = TERMS_MAX;
  postingsOctets: u32 = POSTINGS_OCTETS_MAX;
  contents: u32 = CONTENTS_MAX;
}

export const indexBounds: IndexBounds = new IndexBounds();

/** Names the limit that made the index full; empty while it is not. */
export let indexFull: string = "";

/** Adds a content that is not in the index. O(octets indexed). */
export function indexContent(particle: u32, at: usize, octets: i32): Indexing {
  if (indexFull.length > 0) return Indexing.Full;
  const cut = octets > CONTENT_OCTETS_INDEXED_MAX;
  const length = textOctets(at, min(octets, CONTENT_OCTETS_INDEXED_MAX), cut);
  if (length < 0) return Indexing.NotText;
  fillBag(at, length);
  if (bagTerms == 0) return Indexing.NoTerms;
  const full = roomMissing();
  if (full.length > 0) {
    indexFull = full;
    return Indexing.Full;
  }
  const place = addContent(particle, bagLength);
  for (let i = 0; i < bagTerms; i++) {
    const wanted = bagTerm(i);
    const known = changetype<Term | null>(wanted.term);
    const term = known != null ? known : addTerm(wanted);
    if (term != null) addPosting(term, place, wanted.count);
  }
  return Indexing.Indexed;
}

/** Reserves what the bag's terms need; else the name of what is missing. */
function roomMissing(): string {
  let newTerms: u32 = 0;
  let recordOctets: usize = 0;
  let chunkOctets: usize = 0;
  for (let i = 0; i < bagTerms; i++) {
    const wanted = bagTerm(i);
    const term = findTerm(wanted);
    wanted.term = changetype<usize>(term);
    if (term == null) {
      newTerms++;
      recordOctets += TERM_RECORD_OCTETS + <usize>wanted.length + 8;
    } else {
      chunkOctets += postingCost(term, contentsCount, wanted.count);
    }
  }
  if (termsCount + newTerms > indexBounds.terms) {
    return `${indexBounds.terms} terms`;
  }
  if (postingsOctets + <u32>chunkOctets > indexBounds.postingsOctets) {
    return `${indexBounds.postingsOctets} octets of postings`;
  }
  if (contentsCount >= indexBounds.contents) {
    return `${indexBounds.contents} contents`;
  }
  const ready = reserve(recordOctets + chunkOctets) && reserveContent();
  return ready ? "" : "no memory left";
}
