/** Bounds of recordings and of replaying them. */
import { COMPONENT_OCTETS_MAX } from "../engine/limits.ts";
import { must } from "../limits.ts";

/** Changes whenever what is written changes. */
export const FORMAT_VERSION = 1;

/** Octets after which a chunk is full and written. */
export const CHUNK_OCTETS = 64 * 1024;

/** One frame: a component, or the values of one call. */
export const FRAME_OCTETS_MAX = 256 * 2 ** 20;

/** Frames that one call may have; a reader keeps them until its end. */
export const CALL_FRAMES_MAX = 4_000_000;

/** Room that a full recording keeps for saying so. */
export const CLOSING_OCTETS = 512;

/** The least that a recording may be bounded to. */
export const RECORD_OCTETS_MIN = 2 ** 20;

/** Octets of one value: what a cell may hand over, or a host, or a component. */
export const OCTETS_MAX = 128 * 2 ** 20;

/** How deep values nest; those of contracts are as deep as their types. */
export const VALUE_DEPTH_MAX = 64;

/**
 * A call is replayed under this times its deadline, so that a slower machine
 * comes to the same end; and at least under so many milliseconds.
 */
export const REPLAY_TIMES = 10;
export const REPLAY_MS_MIN = 10_000;

/** The same for a call that was stopped by time and may be an endless loop. */
export const STOPPED_TIMES = 2;
export const STOPPED_MS_MIN = 2_000;

/** No deadline of a replay is longer. */
export const REPLAY_MS_MAX = 300_000;

/** Characters of a value that are shown. */
export const SHOWN_CHARS_MAX = 160;

/** Characters of a reason that are kept. */
export const REASON_CHARS_MAX = 500;

must(OCTETS_MAX >= COMPONENT_OCTETS_MAX, "a component is a value");
must(
  COMPONENT_OCTETS_MAX + CHUNK_OCTETS <= FRAME_OCTETS_MAX,
  "a component fits a frame",
);
must(REPLAY_MS_MIN <= REPLAY_MS_MAX, "the least deadline is one");
