/**
 * From one master secret to the seeds of both halves of a composite key.
 *
 *   seed(algorithm) = HKDF-SHA-512(
 *     ikm = master (32 octets), salt = "karyon/key/1",
 *     info = "ml-dsa-65" or "ed25519", length = 32)
 *
 * The branches are independent: who learns one seed learns nothing of the
 * other or of the master.
 *
 * Deliberately absent: keys below a key; those are an avatar's (`avatar.ts`).
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import type { CompositeSeeds } from "./composite.ts";
import { must } from "../limits.ts";
import { SEED_OCTETS } from "./limits.ts";
import { utf8 } from "./octets.ts";

export const MASTER_OCTETS = 32;
const SALT = utf8("karyon/key/1");

/** The caller owns the seeds and the master; neither is kept here. */
export function seedsFrom(master: Uint8Array): CompositeSeeds {
  must(master.length === MASTER_OCTETS, "a master secret is 32 octets");
  const branch = (info: string) =>
    hkdf(sha512, master, SALT, utf8(info), SEED_OCTETS);
  return { mldsa65: branch("ml-dsa-65"), ed25519: branch("ed25519") };
}
