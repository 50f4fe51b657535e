/**
 * Bounds on what one call may lift from a cell, so that a lying length cannot exhaust the host.
 */

/** Octets lifted in one call, all lists and strings together. */
export const LIFTED_OCTETS_MAX = 64 * 1024 * 1024;

/** What an element of a list that is no number list counts at least: a JavaScript value is not free. */
export const LIFTED_ELEMENT_OCTETS_MIN = 32;

/** Handles that one instance may hold at once. */
export const HANDLES_MAX = 65_536;
