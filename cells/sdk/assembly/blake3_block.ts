/**
 * BLAKE3's compression of one block, in scalar code.
 *
 * `compress` is the whole function of the specification with the output cut
 * to the chaining value. It reads 64 octets at `block` and changes the 32
 * octets at `cv` in place. About 100 ns a block; four independent blocks are
 * better served by `blake3_lanes.ts`.
 */

export const BLOCK_OCTETS: usize = 64;
export const CHUNK_OCTETS: usize = 1024;
export const DIGEST_OCTETS: usize = 32;

export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;

export const IV0: u32 = 0x6a09e667;
export const IV1: u32 = 0xbb67ae85;
export const IV2: u32 = 0x3c6ef372;
export const IV3: u32 = 0xa54ff53a;
const IV4: u32 = 0x510e527f;
const IV5: u32 = 0x9b05688c;
const IV6: u32 = 0x1f83d9ab;
const IV7: u32 = 0x5be0cd19;

/** The initial chaining value, as octets. */
export const IV: usize = memory.data<u32>([
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
]);

/** Octet offsets of the message words, in the order of use, round by round. */
export const SCHEDULE: usize = memory.data<u8>([
  0,
  4,
  8,
  12,
  16,
  20,
  24,
  28,
  32,
  36,
  40,
  44,
  48,
  52,
  56,
  60,
  8,
  24,
  12,
  40,
  28,
  0,
  16,
  52,
  4,
  44,
  48,
  20,
  36,
  56,
  60,
  32,
  12,
  16,
  40,
  48,
  52,
  8,
  28,
  56,
  24,
  20,
  36,
  0,
  44,
  60,
  32,
  4,
  40,
  28,
  48,
  36,
  56,
  12,
  52,
  60,
  16,
  0,
  44,
  8,
  20,
  32,
  4,
  24,
  48,
  52,
  36,
  44,
  60,
  40,
  56,
  32,
  28,
  8,
  20,
  12,
  0,
  4,
  24,
  16,
  36,
  56,
  44,
  20,
  32,
  48,
  60,
  4,
  52,
  12,
  0,
  40,
  8,
  24,
  16,
  28,
  44,
  60,
  20,
  0,
  4,
  36,
  32,
  24,
  56,
  40,
  8,
  48,
  12,
  16,
  28,
  52,
]);

export const ROUNDS: usize = 7;
export const ROUND_OCTETS: usize = 16;

// @ts-ignore: decorator
@inline
function word(block: usize, schedule: usize, index: usize): u32 {
  return load<u32>(block + <usize> load<u8>(schedule + index));
}

/** Compresses one block into `cv`. */
export function compress(
  cv: usize,
  block: usize,
  counter: u64,
  length: u32,
  flags: u32,
): void {
  let v0 = load<u32>(cv, 0), v1 = load<u32>(cv, 4);
  let v2 = load<u32>(cv, 8), v3 = load<u32>(cv, 12);
  let v4 = load<u32>(cv, 16), v5 = load<u32>(cv, 20);
  let v6 = load<u32>(cv, 24), v7 = load<u32>(cv, 28);
  let v8 = IV0, v9 = IV1, v10 = IV2, v11 = IV3;
  let v12 = <u32> counter, v13 = <u32> (counter >> 32);
  let v14 = length, v15 = flags;
  const end = SCHEDULE + ROUNDS * ROUND_OCTETS;
  for (let s = SCHEDULE; s < end; s += ROUND_OCTETS) {
    v0 += v4 + word(block, s, 0);
    v1 += v5 + word(block, s, 2);
    v2 += v6 + word(block, s, 4);
    v3 += v7 + word(block, s, 6);
    v12 = rotr<u32>(v12 ^ v0, 16);
    v13 = rotr<u32>(v13 ^ v1, 16);
    v14 = rotr<u32>(v14 ^ v2, 16);
    v15 = rotr<u32>(v15 ^ v3, 16);
    v8 += v12;
    v9 += v13;
    v10 += v14;
    v11 += v15;
    v4 = rotr<u32>(v4 ^ v8, 12);
    v5 = rotr<u32>(v5 ^ v9, 12);
    v6 = rotr<u32>(v6 ^ v10, 12);
    v7 = rotr<u32>(v7 ^ v11, 12);
    v0 += v4 + word(block, s, 1);
    v1 += v5 + word(block, s, 3);
    v2 += v6 + word(block, s, 5);
    v3 += v7 + word(block, s, 7);
    v12 = rotr<u32>(v12 ^ v0, 8);
    v13 = rotr<u32>(v13 ^ v1, 8);
    v14 = rotr<u32>(v14 ^ v2, 8);
    v15 = rotr<u32>(v15 ^ v3, 8);
    v8 += v12;
    v9 += v13;
    v10 += v14;
    v11 += v15;
    v4 = rotr<u32>(v4 ^ v8, 7);
    v5 = rotr<u32>(v5 ^ v9, 7);
    v6 = rotr<u32>(v6 ^ v10, 7);
    v7 = rotr<u32>(v7 ^ v11, 7);

    v0 += v5 + word(block, s, 8);
    v1 += v6 + word(block, s, 10);
    v2 += v7 + word(block, s, 12);
    v3 += v4 + word(block, s, 14);
    v15 = rotr<u32>(v15 ^ v0, 16);
    v12 = rotr<u32>(v12 ^ v1, 16);
    v13 = rotr<u32>(v13 ^ v2, 16);
    v14 = rotr<u32>(v14 ^ v3, 16);
    v10 += v15;
    v11 += v12;
    v8 += v13;
    v9 += v14;
    v5 = rotr<u32>(v5 ^ v10, 12);
    v6 = rotr<u32>(v6 ^ v11, 12);
    v7 = rotr<u32>(v7 ^ v8, 12);
    v4 = rotr<u32>(v4 ^ v9, 12);
    v0 += v5 + word(block, s, 9);
    v1 += v6 + word(block, s, 11);
    v2 += v7 + word(block, s, 13);
    v3 += v4 + word(block, s, 15);
    v15 = rotr<u32>(v15 ^ v0, 8);
    v12 = rotr<u32>(v12 ^ v1, 8);
    v13 = rotr<u32>(v13 ^ v2, 8);
    v14 = rotr<u32>(v14 ^ v3, 8);
    v10 += v15;
    v11 += v12;
    v8 += v13;
    v9 += v14;
    v5 = rotr<u32>(v5 ^ v10, 7);
    v6 = rotr<u32>(v6 ^ v11, 7);
    v7 = rotr<u32>(v7 ^ v8, 7);
    v4 = rotr<u32>(v4 ^ v9, 7);
  }
  store<u32>(cv, v0 ^ v8, 0);
  store<u32>(cv, v1 ^ v9, 4);
  store<u32>(cv, v2 ^ v10, 8);
  store<u32>(cv, v3 ^ v11, 12);
  store<u32>(cv, v4 ^ v12, 16);
  store<u32>(cv, v5 ^ v13, 20);
  store<u32>(cv, v6 ^ v14, 24);
  store<u32>(cv, v7 ^ v15, 28);
}

/** Writes the initial chaining value. */
// @ts-ignore: decorator
@inline
export function reset(cv: usize): void {
  v128.store(cv, v128.load(IV), 0);
  v128.store(cv, v128.load(IV, 16), 16);
}

const MASKS: usize = memory.data<u64>([-1, -1, 0, 0]);

/** Writes `length` (at most 64) octets and zeros after them, 64 in all. */
export function pad(to: usize, from: usize, length: usize): void {
  if (from + BLOCK_OCTETS > <usize> memory.size() << 16) {
    memory.fill(to, 0, BLOCK_OCTETS);
    memory.copy(to, from, length);
    return;
  }
  // Reads past the input's end, inside the memory, and masks what it read.
  for (let at: usize = 0; at < BLOCK_OCTETS; at += 16) {
    const here = length > at ? min<usize>(length - at, 16) : 0;
    const mask = v128.load(MASKS + 16 - here);
    v128.store(to + at, v128.and(v128.load(from + at), mask));
  }
}
