/** Keys of a node and its governors: the public surface. */
export * from "./commands.ts";
export type { PublicKey, Seal } from "./key_file.ts";
export * from "./key_store.ts";
export * from "./passphrase.ts";
export * from "./refusal.ts";
