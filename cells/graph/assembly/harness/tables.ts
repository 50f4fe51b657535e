/** Test entry: an index of digests over rows of 64 octets. */
import { DigestIndex, salt } from "../../../sdk/assembly/digest_index";
import { takenOctets } from "../../../sdk/assembly/pages";
import { Rows } from "../../../sdk/assembly/rows";

const rows = new Rows(6);
const index = new DigestIndex(rows);

export function allocate(octets: usize): usize {
  return heap.alloc(octets);
}

export function saltWith(secret: usize, length: usize): void {
  salt(secret, length);
}

export function find(digest: usize): u32 {
  return index.find(digest);
}

/** Interns digests that follow each other; their row numbers go to `to`. */
export function internAll(digests: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(to + (i << 2), index.intern(digests + (i << 5)));
  }
}

export function rowAt(row: u32): usize {
  return rows.at(row);
}

export function length(): u32 {
  return rows.length;
}

export function cut(length: u32): void {
  index.cut(length);
}

export function octetsTaken(): u64 {
  return takenOctets();
}
