/** How the soak's witness and its thread lay out what they share. */

/** V8 has one or two on a small machine, and four at most. */
export const HELPERS_MAX = 4;
/**
 * Of one sample: asked and answered (ms since 1970); how long the first thread ran,
 * and its delay, the ticker's and those of V8's threads, in ms.
 */
export const NUMBERS = 5 + HELPERS_MAX;
