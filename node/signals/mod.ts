/** Signals on the host's side: codec, signing and verification. */
export * from "./axon.ts";
export * from "./body.ts";
export * from "./draft.ts";
export * from "./envelope.ts";
export * from "./limits.ts";
export * from "./operations.ts";
export * from "./verify.ts";
