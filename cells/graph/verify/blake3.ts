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

/** Where round r finds the words of the block: `SCHEDULE[16 r + i]`. */
const SCHEDULE: number[] = Array.from({ length: 16 }, (_, i) => i);
for (let i = 16; i < 7 * 16; i++) {
  SCHEDULE.push(SCHEDULE[i - 16 - i % 16 + (ORDER[i % 16] ?? 0)] ?? 0);
}

/** One quarter of a round: a column or a diagonal, with two words. */
function mix(
  v: Words,
  a: number,
  b: number,
  c: number,
  d: number,
  x: number,
  y: number,
): void {
  let va = v[a] ?? 0, vb = v[b] ?? 0, vc = v[c] ?? 0, vd = v[d] ?? 0;
  va = (va + vb + x) | 0;
  vd ^= va;
  vd = (vd >>> 16) | (vd << 16);
  vc = (vc + vd) | 0;
  vb ^= vc;
  vb = (vb >>> 12) | (vb << 20);
  va = (va + vb + y) | 0;
  vd ^= va;
  vd = (vd >>> 8) | (vd << 24);
  vc = (vc + vd) | 0;
  vb ^= vc;
  vb = (vb >>> 7) | (vb << 25);
  v[a] = va;
  v[b] = vb;
  v[c] = vc;
  v[d] = vd;
}

function compress(
  cv: Words,
  block: Words,
  counter: number,
  length: number,
  flags: number,
): Words {
  const v = new Uint32Array(16);
  v.set(cv);
  v.set(IV.slice(0, 4), 8);
  v.set([counter, Math.floor(counter / 2 ** 32), length, flags], 12);
  for (let at = 0; at < SCHEDULE.length; at += 16) {
    // A column's or diagonal's two words; every index is within bounds.
    const word = (i: number) => block[SCHEDULE[at + i] ?? 0] ?? 0;
    mix(v, 0, 4, 8, 12, word(0), word(1));
    mix(v, 1, 5, 9, 13, word(2), word(3));
    mix(v, 2, 6, 10, 14, word(4), word(5));
    mix(v, 3, 7, 11, 15, word(6), word(7));
    mix(v, 0, 5, 10, 15, word(8), word(9));
    mix(v, 1, 6, 11, 12, word(10), word(11));
    mix(v, 2, 7, 8, 13, word(12), word(13));
    mix(v, 3, 4, 9, 14, word(14), word(15));
  }
  for (let i = 0; i < 8; i++) v[i] = (v[i] ?? 0) ^ (v[i + 8] ?? 0);
  return v.subarray(0, 8);
}

function wordsOf(octets: Uint8Array): Words {
  const words = new Uint32Array(BLOCK / 4);
  for (let i = 0; i < octets.length; i++) {
    words[i >> 2] = (words[i >> 2] ?? 0) | (octets[i] ?? 0) << (8 * (i & 3));
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
