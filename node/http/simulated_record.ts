/** What a simulated node keeps of a particle and a link, and their names. */
import { blake3 } from "@noble/hashes/blake3.js";

export interface Particle {
  readonly cid: string;
  content: Uint8Array | undefined;
  readonly ends: { in: number[]; out: number[] };
  axon?: { readonly from: string; readonly to: string };
}

export interface StoredLink {
  readonly from: string;
  readonly to: string;
  readonly axon: string;
  readonly token: string;
  readonly amount: number;
  readonly valence: number;
  readonly height: number;
}

/** The identity of octets, as text. */
export function identify(octets: Uint8Array): string {
  return "01" + blake3(octets).toHex();
}
