/**
 * Every bound of the rank cell, with its unit.
 */

/** Links that one computation folds: 60 octets each at the peak. */
export const LINKS_MAX: u64 = 1 << 25;

/** Links in one chunk of the columns: a chunk is exactly 1 MiB. */
export const CHUNK_LINKS: u32 = 1 << 16;
export const CHUNKS_MAX: u32 = 1 << 9;

/** Links asked of the graph at once; never crosses a chunk. */
export const SCAN_LINKS: u32 = 1 << 14;

/** Links that are read again when the graph was away; they lie in one chunk or two. */
export const KNOWN_LINKS: u32 = 64;

/** Scans in one step: what they return is collected only when it ends. */
export const SCANS_PER_STEP: u32 = 16;

/** Octets of shared snapshots that a step copies: what they take is collected when it ends. */
export const TRAFFIC_PER_STEP: u32 = 1 << 22;

/** Entries, rows or octets' worth of work between two questions to the scheduler: about 20 us. */
export const PIECE: u32 = 1 << 12;

/** Rows whose values are summed on their own, so that a sum does not depend on where a step ended. */
export const BLOCK_ROWS: u32 = 1 << 12;

/** The same where each value may enter a heap, which is dearer. */
export const OFFERED_ROWS: u32 = 1 << 8;

/** Values of a heap that one piece of work puts into order. */
export const SORTED: u32 = 1 << 6;

/** Entries of a row summed on their own, for the same reason. A multiple of 4. */
export const CHUNK_ENTRIES: u32 = 1 << 12;

/** Pieces in one step, should the scheduler never ask for the processor. */
export const PIECES_PER_STEP: u32 = 1 << 12;

export const TOLERANCE_DEFAULT: f64 = 1e-10;
export const ROUNDS_DEFAULT: u32 = 500;
export const ROUNDS_MAX: u32 = 10000;

/** Changes between rounds that the extrapolation keeps. */
export const ACCELERATION_MAX: u32 = 3;

/** Length of a configuration value in characters. */
export const VALUE_LENGTH_MAX: i32 = 32;

/** Length of the names of all snapshots that sums come from; the largest `share-min`. */
export const ROWS_LENGTH_MAX: i32 = 256;
export const SHARE_MIN_MAX: i32 = 1 << 26;

/** Particles in one `focus` call, values in one `vector` call, length of `top`. */
export const FOCUS_MAX: i32 = 4096;
export const VECTOR_MAX: u32 = 65536;
export const TOP_MAX: u32 = 1000;

/** Contributions in one explanation. */
export const CONTRIBUTIONS_MAX: u32 = 1000;

/** Milliseconds for which a publication that can be explained now waits for whoever asked. */
export const HOLD_MS: u64 = 250;

/** Milliseconds between two looks while it waits. */
export const HOLD_IDLE_MS: u32 = 10;

/** Personal focuses that are kept or waited for, particles that one is from, and particles asked about at once. */
export const RUNS_MAX: i32 = 4;
export const SOURCES_MAX: i32 = 16;

/** Particles that one is in conflict with, as far as it is judged. */
export const RIVALS_MAX: i32 = 65536;

/** Plain rounds that look for the slowest mode. */
export const MODE_ROUNDS_MAX: u32 = 100;

/** Milliseconds after which nobody is thought to ask any more. */
export const ABANDON_MS: u64 = 10000;

/** Confirmed vectors that are kept for the history, and octets of all of them together: 4 a particle each. */
export const PAST_MAX: i32 = 32;
export const PAST_OCTETS_MAX: u64 = 1 << 24;

/** Octets of the collected heap: what a step's scans return, twice; and the most that is reserved. */
export const HEAP_OCTETS: u64 = 1 << 23;
export const HEAP_OCTETS_MAX: u64 = 1 << 29;

/** Milliseconds until the next look: at a graph that stood still, or is not there. */
export const IDLE_MS: u32 = 50;
export const RETRY_MS: u32 = 250;

/** A publication that was reached from the one before is confirmed from the uniform start after so many milliseconds of rest, */
export const CONFIRM_MS: u64 = 2000;

/** after so many of them in a row, or once the record has grown by this part. */
export const INCREMENTS_MAX: u32 = 64;
export const INCREMENT_PART: u32 = 8;

/** Milliseconds until the next try after memory ran out. */
export const SHORT_MS: u32 = 10000;

/** A GPU iterates until a round changes its vector by no more than this, or than the tolerance; */
export const GPU_WANTED: f64 = 1e-11;

/** its error is stated as: a round in f64 changes the vector by no more than this, or ten tolerances. */
export const GPU_STATED: f64 = 1e-9;

/** Microseconds for one request to it; until it is given up if it answers nothing; milliseconds between two looks. */
export const WITHIN_US: u64 = 60000000;
export const STALLED_US: u64 = 60000000;
export const GPU_REST_MS: u32 = 2;

/** Spans of free pages that the large-block allocator remembers. */
export const SPANS_MAX: u32 = 1024;

// A state has two octets for the rounds.
if (ROUNDS_MAX > 0xffff) abort("rounds fit two octets");
// A scan fits a chunk, the chunks hold all links, and a chunk of entries keeps the four lanes of a sum aligned.
if (CHUNK_LINKS % SCAN_LINKS != 0) abort("a scan fits a chunk");
if (<u64>CHUNK_LINKS * <u64>CHUNKS_MAX != LINKS_MAX) abort("the chunks hold all links");
if (CHUNK_ENTRIES % 4 != 0) abort("a chunk of entries is a multiple of 4");
// Each live block splits the free pages at most once: all chunks and 96 more.
if (SPANS_MAX < CHUNKS_MAX + 96) abort("the free list holds a span between any two blocks");
