/** Identities, composite signatures and signers: the public surface. */
export * from "./avatar.ts";
export * from "./composite.ts";
export * from "./derivation.ts";
export * from "./identity.ts";
export * from "./limits.ts";
export { nobleComposite } from "./noble.ts";
export * from "./octets.ts";
export { platformComposite } from "./platform.ts";
export * from "./signer.ts";
