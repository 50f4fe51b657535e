/**
 * Bounds of the decoder, so that hostile octets cost bounded time and memory.
 */

/** Types, functions, imports and exports looked at in one component. */
export const ITEMS_MAX = 65_536;

/** Components and interface types nested in each other. */
export const DEPTH_MAX = 24;

/** Types nested in each other, aliases included. */
export const TYPE_DEPTH_MAX = 128;

/** Characters of one interface's canonical text. */
export const TEXT_CHARS_MAX = 1_048_576;

/** Characters of one name. */
export const NAME_CHARS_MAX = 512;
