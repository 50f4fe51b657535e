/**
 * The state of a record without links, and proofs of it: for tests of servers.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import type { ProofReport, StateReport } from "../api.ts";

const INDEXES = ["by-neuron", "by-particle"];
const NODE_OCTETS = 98;

function stateOctets(height: number): Uint8Array {
  const octets = new Uint8Array(46 + 2 * (1 + NODE_OCTETS) + 4);
  octets.set(new TextEncoder().encode("KSTA"));
  octets[4] = 1;
  octets[5] = 1;
  new DataView(octets.buffer).setBigUint64(38, BigInt(height), true);
  for (const at of [46, 46 + 1 + NODE_OCTETS]) {
    octets[at] = 1;
    octets.set(blake3(new Uint8Array()), at + 1 + 66);
  }
  return octets;
}

export function emptyState(height: number): StateReport {
  const octets = stateOctets(height);
  const root = `01${blake3(octets).toHex()}`;
  return { height, root, octets: octets.toBase64() };
}

export function emptyProof(
  height: number,
  index: string,
  from: string,
  to: string,
): ProofReport {
  const { root } = emptyState(height);
  const octets = Uint8Array.from([
    ...new TextEncoder().encode("KPRF"),
    1,
    INDEXES.indexOf(index),
    ...Uint8Array.fromHex(from),
    ...Uint8Array.fromHex(to),
    ...stateOctets(height),
    3,
  ]).toBase64();
  return { index, height, root, from, to, complete: true, octets };
}
