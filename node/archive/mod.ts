/** A store as one file, and a store's own log read for it. */
export * from "./format.ts";
export { apartOf, appendsOf } from "./store_log.ts";
