/** Names of compiled components: what they were made from, and by what. */
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { CheckMode } from "../rewriter/checks.ts";

/** Changes whenever a record made by older code must not be used any more. */
export const ENGINE_VERSION = "v8-8";

export function hashOf(component: Uint8Array): string {
  return bytesToHex(blake3(component));
}

export function keyOf(hash: string, mode: CheckMode): string {
  return `${hash}-${ENGINE_VERSION}-${mode}`;
}
