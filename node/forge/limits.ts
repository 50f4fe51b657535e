/** Bounds of forge: of what is asked, of what is answered, of what is run. */

/** Files of one driver. */
export const FILES_MAX = 32;
export const FILE_OCTETS_MAX = 64 * 1024;
/** All files of one driver together. */
export const SOURCE_OCTETS_MAX = 256 * 1024;

export const DATASHEET_OCTETS_MAX = 512 * 1024;
/** Of an endpoint's whole response. */
export const RESPONSE_OCTETS_MAX = 4 * 1024 * 1024;
export const KEY_OCTETS_MAX = 4096;
/** A compiled driver. */
export const COMPONENT_OCTETS_MAX = 8 * 1024 * 1024;
/** What a process may say, written as JSON: a response or a component. */
export const SAID_OCTETS_MAX = 16 * 1024 * 1024;
/** What the compiler says about wrong source. */
export const DIAGNOSTICS_CHARS_MAX = 12_000;

/** Longest wait that an endpoint may ask for. */
export const RETRY_WAIT_MS_MAX = 120_000;
/** Where it names none: this, and twice as long each time. */
export const RETRY_WAIT_MS = 2_000;
export const RETRIES_MAX = 5;

export const COMPILE_MS_MAX = 180_000;
/** Longest that one call of a driver under test may take. */
export const CALL_MS_MAX = 5_000;
export const JUDGE_MS_MAX = 300_000;
/** Cases that end by their deadline before the run is broken off. */
export const DEADLINES_MAX = 3;

/** Failures that are told to the model, each with its evidence. */
export const FAILURES_TOLD_MAX = 8;
export const EVIDENCE_CHARS_MAX = 1_200;
