/**
 * Every bound of the graph cell, and the relations between them.
 *
 * `encodings.md` gives the bounds of signals, drafts and contents; the others
 * are this cell's own.
 */
import { must } from "./must";

export const IDENTITY_OCTETS: u32 = 33;
export const HASH_BLAKE3: u8 = 1;

export const TOKENS_MAX: u32 = 255;
export const SIGNAL_LINKS_MAX: u32 = 4096;
export const LINK_OCTETS: u32 = 76;
export const OPERATIONS_MAX: u32 = 1024;
/** The longest operation: mint and pay. */
export const OPERATION_OCTETS_MAX: u32 = 75;
export const SIGNATURE_OCTETS: u32 = 3373;
export const CONTENT_OCTETS_MAX: u32 = 1 << 20;
/** One above the largest amount. */
export const AMOUNT_END: u64 = 1 << 48;

/** Signals in one append. */
export const ENTRIES_MAX: i32 = 64;
/** Payload of one log record: all signals, new contents and the bookmark. */
export const RECORD_OCTETS_MAX: u32 = 32 << 20;

export const NETWORK_NAME_OCTETS_MAX: i32 = 128;
export const SALT_DIGITS_MAX: i32 = 64;

export const BOOKMARKS_MAX: i32 = 4096;
export const BOOKMARK_KEY_OCTETS_MAX: i32 = 64;
export const BOOKMARK_VALUE_OCTETS_MAX: i32 = 1024;

/** Octets of content in one answer. */
export const ANSWER_OCTETS_MAX: u32 = 1 << 20;
export const LINKS_PAGE_MAX: u32 = 1000;
export const SCAN_LINKS_MAX: u32 = 65536;
export const IDENTITIES_MAX: u32 = 1000;
/** Rows that one call of `views` looks at, and gives. */
export const VIEW_LOOKS_MAX: u32 = 65536;
export const ROWS_PAGE_MAX: u32 = 1000;
/** Contents in one answer of `arrivals`, however short they are. */
export const ARRIVALS_MAX: u32 = 16384;
/** Device octets after which an answer of `arrivals` ends. */
export const ARRIVALS_READ_OCTETS_MAX: u64 = 8 << 20;
/** Octets between two contents that one device read may span for nothing. */
export const ARRIVALS_GAP_OCTETS_MAX: u32 = 16 << 10;

/** The device is read ahead by this much while the log is replayed. */
export const WINDOW_OCTETS: u32 = 1 << 20;
/** Octets hashed, or read, between two questions to the scheduler. */
export const PIECE_OCTETS: u32 = 1 << 20;
/** Device octets read in one step: what they leave is garbage until it ends. */
export const STEP_OCTETS_MAX: u32 = 8 << 20;
/** Contents taken in between two questions to the scheduler. */
export const PIECE_CONTENTS_MAX: u32 = 4096;
/** How often an idle cell is asked again. */
export const IDLE_MS: u32 = 1000;

/** Links that the trees take in before they are whole again. */
export const FOLD_LINKS_MAX: u32 = 1 << 17;
/** So many links between two steps are a stream of them: folding waits for its end, */
export const FOLD_STREAM_LINKS: u32 = 1 << 12;
/** but not once so many are behind. */
export const FOLD_BEHIND_MAX: u32 = 1 << 20;
/** Links that a call for a proof folds first, so that it is up to date. */
export const CALL_LINKS_MAX: u32 = 1 << 16;
/** Pieces that a call does, which cannot be parked: a tenth of a second of work. */
export const CALL_PIECES_MAX: u32 = 128;
/** Links folded, or nodes hashed, between two questions to the scheduler. */
export const PIECE_LINKS: u32 = 512;
export const PIECE_NODES: u32 = 512;
/** Leaves in one proof. */
export const PROOF_LEAVES_MAX: u32 = 1000;
/** Links of a leaf of which one is proven, and those that are looked at. */
export const LINK_PROOF_LINKS_MAX: u32 = 1 << 16;
export const LINK_PROOF_LOOKS_MAX: u32 = 1 << 20;
/** Changes of accounts that can be taken back for a past height; a power of 2. */
export const UNDO_NOTES_MAX: u32 = 1 << 18;
/** Of the memory that is left, past trees may take one part in so many. */
export const PAST_MEMORY_SHARE: u32 = 4;
/** So many askers are told to wait until trees that nobody has read go away. */
export const PAST_WAITS_MAX: u32 = 64;
/** Leaves of accounts copied between two questions to the scheduler. */
export const PIECE_LEAVES: u32 = 512;

/** A checkpoint is written and read in pieces of this size. */
export const CHECKPOINT_PIECE_OCTETS: u32 = 1 << 18;
/** Pieces of a checkpoint in one step: each leaves as much garbage. */
export const STEP_PIECES_MAX: u32 = 8;
/** Octets that the log grows by, at least, from one checkpoint to the next. */
export const CHECKPOINT_EVERY_OCTETS: u64 = 64 << 20;
/** Particles that may become axons while a checkpoint writes particles. */
export const LATE_AXONS_MAX: u32 = 1 << 16;
/** Values of accounts that may change while a checkpoint is written. */
export const LATE_ACCOUNTS_MAX: u32 = 1 << 13;
/** Rows that opening derives between two questions to the scheduler. */
export const PIECE_ROWS: u32 = 4096;

/** The longest content that is kept in chunks; one in the log: `CONTENT_OCTETS_MAX`. */
export const APART_OCTETS_MAX: u64 = 1 << 30;
/** FastCDC: no chunk is shorter (but the last), or longer; most are about as long. */
export const CHUNK_OCTETS_MIN: u32 = 16 << 10;
export const CHUNK_OCTETS_MEAN: u32 = 64 << 10;
export const CHUNK_OCTETS_MAX: u32 = 256 << 10;
/** Octets below a leaf of the tree that checks ranges: 16 chunks of BLAKE3. */
export const GROUP_OCTETS: u32 = 16 << 10;
/** Contents that are being taken at once. */
export const UPLOADS_MAX: i32 = 4;
/** Octets of a content in one call. */
export const UPLOAD_OCTETS_MAX: u32 = 1 << 20;
/** What is set apart for contents at once, unless one needs more. */
export const AREA_OCTETS: u64 = 16 << 20;
/** Contents that one record lets go. */
export const LET_GO_MAX: u32 = 256;
/** Rows that a search for expired contents looks at between two questions. */
export const PIECE_EXPIRY_ROWS: u32 = 4096;
/** Chunks that opening takes in between two questions to the scheduler. */
export const PIECE_CHUNKS: u32 = 1024;

/** Scratch space that outlives a call. */
export const SCRATCH_OCTETS_KEPT: usize = 4 << 20;
/** Room that the collected heap takes at the start, before the tables grow. */
export const HEAP_OCTETS: usize = 16 << 20;

// The largest append that has no content must fit into a record.
must(
  <u32> ENTRIES_MAX * (SIGNAL_LINKS_MAX * LINK_OCTETS +
        OPERATIONS_MAX * OPERATION_OCTETS_MAX +
        TOKENS_MAX * IDENTITY_OCTETS + SIGNATURE_OCTETS + 129) <
    RECORD_OCTETS_MAX,
);
must(CONTENT_OCTETS_MAX <= ANSWER_OCTETS_MAX);
must(WINDOW_OCTETS < STEP_OCTETS_MAX && STEP_OCTETS_MAX < HEAP_OCTETS);
must(CALL_LINKS_MAX <= FOLD_LINKS_MAX && SIGNAL_LINKS_MAX <= CALL_LINKS_MAX);
must(FOLD_STREAM_LINKS < FOLD_LINKS_MAX && FOLD_LINKS_MAX < FOLD_BEHIND_MAX);
must((UNDO_NOTES_MAX & (UNDO_NOTES_MAX - 1)) == 0);
// A piece holds whole blocks, whatever their size.
must((CHECKPOINT_PIECE_OCTETS & 65535) == 0);
// A cut is looked for only where a whole chunk is there.
must(CHUNK_OCTETS_MIN < CHUNK_OCTETS_MEAN && CHUNK_OCTETS_MEAN < CHUNK_OCTETS_MAX);
must(CHUNK_OCTETS_MAX <= PIECE_OCTETS && UPLOAD_OCTETS_MAX <= ANSWER_OCTETS_MAX);
// The rows of the longest map are read at once.
must(
  APART_OCTETS_MAX / CHUNK_OCTETS_MIN * 48 + 65536 <
    <u64> (STEP_OCTETS_MAX - WINDOW_OCTETS),
);
