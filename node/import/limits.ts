/**
 * Bounds of the importers, with their relations checked when this loads.
 *
 * An importer holds at most one draft, one record and one chunk of its source
 * at a time, whatever the length of the source.
 */

/** Links of one draft; the record's own bound of links in a signal. */
export const DRAFT_LINKS_MAX = 4096;

/** Octets of one encoded draft. */
export const DRAFT_OCTETS_MAX = 4 * 1024 * 1024;

/** Octets of one content, as the record bounds it. */
export const CONTENT_OCTETS_MAX = 2 ** 20;

/** Octets of one line without its newline; a longer one is never buffered. */
export const LINE_OCTETS_MAX = 2 ** 20;

/** Octets of one stanza of a package index. */
export const STANZA_OCTETS_MAX = 2 ** 20;

/** Amounts are below this. */
export const AMOUNT_LIMIT = 2 ** 48;

/** Octets of a link beside its contents: two ends, token, amount, valence. */
export const LINK_OVERHEAD_OCTETS = 5 + 5 + 1 + 8 + 1;

/** Octets of an identity: hash id and digest. */
export const IDENTITY_OCTETS = 33;

/** Octets in front of a draft's first link. */
export const DRAFT_HEAD_OCTETS = 2;

/** Malformed records that are kept with place and reason; all are counted. */
export const REPORTS_MAX = 20;

/** Octets at the start of a source that tell it from another. */
export const FINGERPRINT_OCTETS = 64 * 1024;

/** Octets that a source hands over at once. */
export const CHUNK_OCTETS = 256 * 1024;

/** Notes of one folder. */
export const NOTES_MAX = 1_000_000;

/** Folders inside folders. */
export const NOTE_DEPTH_MAX = 64;

/** Octets of a note that is read for its links. */
export const NOTE_OCTETS_MAX = 16 * 1024 * 1024;

/** Hashes of terms that are kept to be used again. */
export const HASHES_KEPT_MAX = 32_768;

function holds(ok: boolean, claim: string): void {
  if (!ok) throw new Error(`import limits contradict each other: ${claim}`);
}

holds(
  LINE_OCTETS_MAX <= CONTENT_OCTETS_MAX,
  "every field of a line can be a content",
);
holds(
  DRAFT_HEAD_OCTETS + 2 * CONTENT_OCTETS_MAX + LINK_OVERHEAD_OCTETS +
      LINE_OCTETS_MAX <= DRAFT_OCTETS_MAX,
  "the largest record fits into an empty draft",
);
holds(STANZA_OCTETS_MAX <= CONTENT_OCTETS_MAX, "a stanza's texts are contents");
