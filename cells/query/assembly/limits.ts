/**
 * Every bound of the query cell, with units, and how they hang together.
 *
 * What a caller sees of a bound is named in the refusal that it causes. The
 * bounds on the index are ceilings: the system file may set them lower.
 */

/** Octets of one content that are indexed, from its start. */
export const CONTENT_OCTETS_INDEXED_MAX: i32 = 4096;
/** Octets of one term; a longer word is cut at a character. */
export const TERM_OCTETS_MAX: i32 = 64;
/** Distinct terms of one text: a term takes an octet and a separator. */
export const BAG_TERMS_MAX: i32 = CONTENT_OCTETS_INDEXED_MAX / 2;

/** Distinct terms in the index. */
export const TERMS_MAX: u32 = 1 << 20;
/** Octets of postings in the index. */
export const POSTINGS_OCTETS_MAX: u32 = 64 << 20;
/** Contents in the index. */
export const CONTENTS_MAX: u32 = 1 << 21;
/** Slots that a look-up of one term visits at most. */
export const PROBES_MAX: u32 = 128;

/** Octets of contents asked of the graph at once. */
export const PIECE_OCTETS: u32 = 64 << 10;
/** Pieces asked for in one step, so that its garbage stays bounded. */
export const PIECES_PER_STEP_MAX: i32 = 16;
/** Octets indexed between two questions whether to yield. */
export const OCTETS_PER_YIELD_CHECK: u32 = 4096;
/** What a content costs beside its octets, in the same measure. */
export const CONTENT_WORK_OCTETS: u32 = 64;
/** Milliseconds until the graph is asked for new contents again. */
export const IDLE_MS: u32 = 100;
/** The same while the graph does not answer. */
export const IDLE_ABSENT_MS: u32 = 1000;
/** The same once the index is full: nothing will change. */
export const IDLE_FULL_MS: u32 = 60000;

export const QUERY_OCTETS_MAX: i32 = 4096;
export const QUERY_TERMS_MAX: i32 = 16;
export const HITS_MAX: u32 = 100;
/** Postings that one search reads, rarest term first: 4 to 8 ms. */
export const POSTINGS_SCORED_MAX: u32 = 1 << 18;

/** Particle numbers whose last good focus is kept: 16 MiB, twice, and as much
 * for what was outgrown. */
export const RANKS_HELD_MAX: u32 = 1 << 21;
/** Focuses that are copied between two questions whether to yield: 64 KiB. */
export const RANKS_RUN: u32 = 8192;
/** Microseconds from the beginning of a copy to that of the next one. */
export const RANKS_EVERY_US: u64 = 1_000_000;

export const TOP_MAX: u32 = 1000;
export const LINKS_MAX: u32 = 1000;
export const CONTRIBUTIONS_MAX: u32 = 1000;
/** Moments of one history. */
export const MOMENTS_MAX: u32 = 32;
/** Particles that one personal focus is from. */
export const SOURCES_MAX: u32 = 16;
export const CONTENT_READ_OCTETS_MAX: u32 = 1 << 20;
/** Octets of text in a list and in a view of one particle. */
export const BRIEF_TEXT_OCTETS: u32 = 256;
export const VIEW_TEXT_OCTETS: u32 = 4096;
/** What the graph and rank contracts allow in one call. */
export const IDENTITIES_PER_CALL_MAX: i32 = 1000;
export const FOCUS_PER_CALL_MAX: i32 = 4096;

export const CID_OCTETS: i32 = 33;
export const HASH_BLAKE3: u8 = 1;

/** Memory that the allocator of managed objects starts with, several times what
 * one call leaves behind: it could grow only by doubling all memory, and fails
 * by a trap where the index has taken the rest. */
export const MANAGED_OCTETS: usize = 16 << 20;

/** A query is a text like any other: what it says exactly can be indexed. */
assert(QUERY_OCTETS_MAX <= CONTENT_OCTETS_INDEXED_MAX);
/** A piece holds at least one content's indexed octets and one more. */
assert(PIECE_OCTETS > <u32>CONTENT_OCTETS_INDEXED_MAX);
assert(HITS_MAX <= <u32>IDENTITIES_PER_CALL_MAX);
assert(TERM_OCTETS_MAX < 256);
