/** Test entry: the hash functions, callable with places in memory. */
import { hash } from "../../../sdk/assembly/blake3";
import { flush, hashSoon } from "../../../sdk/assembly/blake3_queue";
import { Tree } from "../../../sdk/assembly/blake3_tree";

export function allocate(octets: usize): usize {
  return heap.alloc(octets);
}

export function hashOne(from: usize, length: usize, to: usize): void {
  hash(from, length, to);
}

/** Hashes `count` inputs that follow each other, lengths as u32 at `lengths`. */
export function hashMany(
  from: usize,
  lengths: usize,
  count: u32,
  to: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const length = load<u32>(lengths + (i << 2));
    hashSoon(from, length, to + (i << 5));
    from += length;
  }
  flush();
}

const tree = new Tree();

export function hashInPieces(
  from: usize,
  length: usize,
  piece: usize,
  to: usize,
): u32 {
  let pieces: u32 = 1;
  tree.begin(from, length);
  while (!tree.advance(piece)) pieces++;
  tree.finish(to);
  return pieces;
}
