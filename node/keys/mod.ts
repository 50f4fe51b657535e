/** Keys of a node and its governors: the public surface. */
export * from "./commands.ts";
export { didOf } from "./did_key.ts";
export type { PublicKey, Seal } from "./key_file.ts";
export type { KeyReport, KeyStoreOptions } from "./key_folder.ts";
export * from "./key_store.ts";
export * from "./passphrase.ts";
export * from "./refusal.ts";
