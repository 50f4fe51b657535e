/**
 * BLAKE3-256, the hash that names everything.
 *
 * `hash` is the specification's default mode for inputs in memory. For many
 * short inputs use `blake3_queue.ts` (four at a time), for a long one that
 * must not hold a step too long `blake3_tree.ts` (in pieces).
 *
 * Deliberately absent: keyed hashing, key derivation, longer outputs.
 */
import { CHUNK_OCTETS, ROOT } from "./blake3_block";
import { chunk, Tree } from "./blake3_tree";

const WHOLE = new Tree();

/** Writes the 32 octets of BLAKE3 of `length` octets at `from` to `to`. */
export function hash(from: usize, length: usize, to: usize): void {
  if (length <= CHUNK_OCTETS) return chunk(from, length, 0, ROOT, to);
  WHOLE.begin(from, length);
  WHOLE.advance(length);
  WHOLE.finish(to);
}
