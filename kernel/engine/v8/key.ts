/** Names of compiled components: what they were made from, and by what. */
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { CheckMode } from "../rewriter/checks.ts";

/** Changes whenever a record made by older code must not be used any more. */
export const ENGINE_VERSION = "v8-8";

/** BLAKE3 of the octets; on whatever thread. They are not changed meanwhile. */
export type Digest = (octets: Uint8Array) => Promise<Uint8Array>;

/** On the thread that asks: some 10 ms for 200 KiB until V8 has compiled it. */
export const digestHere: Digest = (octets) => Promise.resolve(blake3(octets));

export async function hashOf(
  component: Uint8Array,
  digest = digestHere,
): Promise<string> {
  return bytesToHex(await digest(component));
}

export function keyOf(hash: string, mode: CheckMode): string {
  return `${hash}-${ENGINE_VERSION}-${mode}`;
}
