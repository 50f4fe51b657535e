/** Bounds of a node that runs in this process. */

/** Writes that may wait for their turn; more are refused. */
export const WRITES_WAITING_MAX = 256;

/** Drafts of an import in one append, and their octets unless one alone has more. */
export const GROUP_DRAFTS_MAX = 8;
export const GROUP_OCTETS_MAX = 4 << 20;

/** How long an append waits for the next draft of an import's source. */
export const GATHER_MS = 20;

/** Compiled cells kept beside the store. */
export const CACHED_CELLS_MAX = 32;

/** The longest time that opening a store may take. */
export const OPEN_MS_MAX = 600_000;

/** Links of a particle that are looked at for what axons lead to from it. */
export const CONFLICT_LINKS_MAX = 65_536;

/** How often a start is looked at. */
export const LOOK_AGAIN_MS = 10;

/** How long an explanation is waited for, and after how long it is asked for again. */
export const EXPLAIN_MS_MAX = 5_000;
export const EXPLAIN_AGAIN_MS = 20;

/** Links to an explained particle that are looked through for whose they are; neurons named. */
export const EARNED_LINKS_MAX = 16_384;
export const EARNERS_MAX = 10;

/** Kernel events that wait for the audit log. */
export const EVENTS_WAITING_MAX = 1_024;

/** How often the directory's lock is asked for, and after how long again. */
export const LOCK_TRIES_MAX = 5;
export const LOCK_TRIES_GAP_MS = 20;

/** Octets of a component that was built, and of what the build says of it. */
export const BUILT_OCTETS_MAX = 64 << 20;
export const ABOUT_OCTETS_MAX = 64 << 10;

/** Octets of a compiled cell; a longer entry of the cache is passed over. */
export const CACHED_OCTETS_MAX = 256 << 20;

/** Octets of `node.json`. */
export const NODE_FILE_OCTETS_MAX = 64 << 10;

/** Contents that are being offered at once, as the graph cell takes them. */
export const OFFERS_MAX = 4;

/** How long what broke off is held for whoever goes on with it. */
export const HELD_MS_MAX = 600_000;

/** Octets of a content that the graph cell takes in one call. */
export const PIECE_OCTETS_MAX = 1 << 20;
