/**
 * BLAKE3-256 in plain TypeScript, small rather than fast: some 10 MB/s.
 *
 * Deliberately absent: keyed hashing, key derivation, longer outputs.
 */

const IV = [
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
];
const ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const BLOCK = 64;
const CHUNK = 1024;
const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

type Words = Uint32Array<ArrayBuffer>;

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Four columns and four diagonals of a round, as places in the state. */
const MIXES: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

function compress(
  cv: Words,
  block: Words,
  counter: number,
  length: number,
  flags: number,
): Words {
  const high = Math.floor(counter / 2 ** 32);
  const v = Uint32Array.of(
    ...cv,
    ...IV.slice(0, 4),
    counter,
    high,
    length,
    flags,
  );
  // Every index below is within the 16 words.
  const at = (words: Words, index: number) => words[index] ?? 0;
  let m = block;
  for (let round = 0; round < 7; round++) {
    MIXES.forEach(([a, b, c, d], i) => {
      v[a] = at(v, a) + at(v, b) + at(m, 2 * i);
      v[d] = rotate(at(v, d) ^ at(v, a), 16);
      v[c] = at(v, c) + at(v, d);
      v[b] = rotate(at(v, b) ^ at(v, c), 12);
      v[a] = at(v, a) + at(v, b) + at(m, 2 * i + 1);
      v[d] = rotate(at(v, d) ^ at(v, a), 8);
      v[c] = at(v, c) + at(v, d);
      v[b] = rotate(at(v, b) ^ at(v, c), 7);
    });
    const before = m;
    m = Uint32Array.from(ORDER, (from) => at(before, from));
  }
  return Uint32Array.from({ length: 8 }, (_, i) => at(v, i) ^ at(v, i + 8));
}

function wordsOf(octets: Uint8Array): Words {
  const words = new Uint32Array(BLOCK / 4);
  for (const [i, octet] of octets.entries()) {
    words[i >> 2] = (words[i >> 2] ?? 0) | octet << (8 * (i & 3));
  }
  return words;
}

function chunkOf(octets: Uint8Array, index: number, root: number): Words {
  let cv: Words = Uint32Array.from(IV);
  const blocks = Math.max(1, Math.ceil(octets.length / BLOCK));
  for (let i = 0; i < blocks; i++) {
    const block = octets.subarray(i * BLOCK, (i + 1) * BLOCK);
    const flags = (i === 0 ? CHUNK_START : 0) |
      (i === blocks - 1 ? CHUNK_END | root : 0);
    cv = compress(cv, wordsOf(block), index, block.length, flags);
  }
  return cv;
}

/** The chaining value of octets that begin at chunk `index`. */
function treeOf(octets: Uint8Array, index: number, root: number): Words {
  if (octets.length <= CHUNK) return chunkOf(octets, index, root);
  let left = CHUNK;
  while (left * 2 < octets.length) left *= 2;
  const pair = Uint32Array.of(
    ...treeOf(octets.subarray(0, left), index, 0),
    ...treeOf(octets.subarray(left), index + left / CHUNK, 0),
  );
  return compress(Uint32Array.from(IV), pair, 0, BLOCK, PARENT | root);
}

/** The 32 octets of BLAKE3. */
export function blake3(octets: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  treeOf(octets, 0, ROOT).forEach((word, i) =>
    view.setUint32(4 * i, word, true)
  );
  return digest;
}
