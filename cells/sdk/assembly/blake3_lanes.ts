/**
 * BLAKE3's compression of four independent blocks at once, in SIMD.
 *
 * Lane i of every vector belongs to the i-th input. About 35 ns a block, so
 * whoever has several inputs collects them (`blake3_queue.ts`), and a long
 * input is taken four chunks at a time (`blake3_tree.ts`). Integer operations
 * only: the same octets on every engine.
 */
import {
  BLOCK_OCTETS,
  CHUNK_END,
  CHUNK_OCTETS,
  CHUNK_START,
  IV,
  IV0,
  IV1,
  IV2,
  IV3,
  ROUND_OCTETS,
  ROUNDS,
  SCHEDULE,
} from "./blake3_block";

/** Four chaining values, word by word: 8 vectors. */
const CVS: usize = memory.data(128, 16);
/** Four blocks, word by word: 16 vectors. */
const WORDS: usize = memory.data(256, 16);

// @ts-ignore: decorator
@inline
function rot16(x: v128): v128 {
  return i8x16.shuffle(
    x,
    x,
    2,
    3,
    0,
    1,
    6,
    7,
    4,
    5,
    10,
    11,
    8,
    9,
    14,
    15,
    12,
    13,
  );
}

// @ts-ignore: decorator
@inline
function rot12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}

// @ts-ignore: decorator
@inline
function rot8(x: v128): v128 {
  return i8x16.shuffle(
    x,
    x,
    1,
    2,
    3,
    0,
    5,
    6,
    7,
    4,
    9,
    10,
    11,
    8,
    13,
    14,
    15,
    12,
  );
}

// @ts-ignore: decorator
@inline
function rot7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

// @ts-ignore: decorator
@inline
function add3(a: v128, b: v128, schedule: usize, index: usize): v128 {
  const at = WORDS + (<usize> load<u8>(schedule + index) << 2);
  return i32x4.add(i32x4.add(a, b), v128.load(at));
}

/** Four times the initial chaining value. */
export function resetLanes(): void {
  for (let i: usize = 0; i < 8; i++) {
    v128.store(CVS + (i << 4), i32x4.splat(load<i32>(IV + (i << 2))));
  }
}

/** Takes block i of lane i from the four places. */
export function loadLanes(p0: usize, p1: usize, p2: usize, p3: usize): void {
  for (let at: usize = 0; at < BLOCK_OCTETS; at += 16) {
    transpose(
      v128.load(p0 + at),
      v128.load(p1 + at),
      v128.load(p2 + at),
      v128.load(p3 + at),
      WORDS + (at << 2),
    );
  }
}

// @ts-ignore: decorator
@inline
function transpose(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd0 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab0, cd0, 0, 2), 0);
  v128.store(to, i64x2.shuffle(ab0, cd0, 1, 3), 16);
  v128.store(to, i64x2.shuffle(ab1, cd1, 0, 2), 32);
  v128.store(to, i64x2.shuffle(ab1, cd1, 1, 3), 48);
}

const TURNED: usize = memory.data(64, 16);

/** Writes the four chaining values, 32 octets each. */
export function storeLanes(o0: usize, o1: usize, o2: usize, o3: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    const cvs = CVS + (half << 2);
    transpose(
      v128.load(cvs, 0),
      v128.load(cvs, 16),
      v128.load(cvs, 32),
      v128.load(cvs, 48),
      TURNED,
    );
    v128.store(o0 + half, v128.load(TURNED, 0));
    v128.store(o1 + half, v128.load(TURNED, 16));
    v128.store(o2 + half, v128.load(TURNED, 32));
    v128.store(o3 + half, v128.load(TURNED, 48));
  }
}

/** The last four words of the state, lane by lane, for `compressLanes`. */
const COUNTERS: usize = memory.data(16, 16);
const LENGTHS: usize = memory.data(16, 16);

/** Chunk counters of the four lanes: `first`, or one more for each lane. */
export function setCounters(first: u32, step: u32): void {
  for (let lane: u32 = 0; lane < 4; lane++) {
    store<u32>(COUNTERS + (lane << 2), first + lane * step);
  }
}

/** Octets in the blocks of the four lanes. */
export function setLengths(n0: u32, n1: u32, n2: u32, n3: u32): void {
  store<u32>(LENGTHS, n0, 0);
  store<u32>(LENGTHS, n1, 4);
  store<u32>(LENGTHS, n2, 8);
  store<u32>(LENGTHS, n3, 12);
}

/** Compresses the loaded blocks with the counters and lengths that are set. */
export function compressLanes(flags: u32): void {
  let v0 = v128.load(CVS, 0), v1 = v128.load(CVS, 16);
  let v2 = v128.load(CVS, 32), v3 = v128.load(CVS, 48);
  let v4 = v128.load(CVS, 64), v5 = v128.load(CVS, 80);
  let v6 = v128.load(CVS, 96), v7 = v128.load(CVS, 112);
  let v8 = i32x4.splat(IV0), v9 = i32x4.splat(IV1);
  let v10 = i32x4.splat(IV2), v11 = i32x4.splat(IV3);
  // Chunk counters stay below 2^32 in a 32-bit memory.
  let v12 = v128.load(COUNTERS), v13 = i32x4.splat(0);
  let v14 = v128.load(LENGTHS), v15 = i32x4.splat(flags);
  const end = SCHEDULE + ROUNDS * ROUND_OCTETS;
  for (let s = SCHEDULE; s < end; s += ROUND_OCTETS) {
    v0 = add3(v0, v4, s, 0);
    v1 = add3(v1, v5, s, 2);
    v2 = add3(v2, v6, s, 4);
    v3 = add3(v3, v7, s, 6);
    v12 = rot16(v128.xor(v12, v0));
    v13 = rot16(v128.xor(v13, v1));
    v14 = rot16(v128.xor(v14, v2));
    v15 = rot16(v128.xor(v15, v3));
    v8 = i32x4.add(v8, v12);
    v9 = i32x4.add(v9, v13);
    v10 = i32x4.add(v10, v14);
    v11 = i32x4.add(v11, v15);
    v4 = rot12(v128.xor(v4, v8));
    v5 = rot12(v128.xor(v5, v9));
    v6 = rot12(v128.xor(v6, v10));
    v7 = rot12(v128.xor(v7, v11));
    v0 = add3(v0, v4, s, 1);
    v1 = add3(v1, v5, s, 3);
    v2 = add3(v2, v6, s, 5);
    v3 = add3(v3, v7, s, 7);
    v12 = rot8(v128.xor(v12, v0));
    v13 = rot8(v128.xor(v13, v1));
    v14 = rot8(v128.xor(v14, v2));
    v15 = rot8(v128.xor(v15, v3));
    v8 = i32x4.add(v8, v12);
    v9 = i32x4.add(v9, v13);
    v10 = i32x4.add(v10, v14);
    v11 = i32x4.add(v11, v15);
    v4 = rot7(v128.xor(v4, v8));
    v5 = rot7(v128.xor(v5, v9));
    v6 = rot7(v128.xor(v6, v10));
    v7 = rot7(v128.xor(v7, v11));

    v0 = add3(v0, v5, s, 8);
    v1 = add3(v1, v6, s, 10);
    v2 = add3(v2, v7, s, 12);
    v3 = add3(v3, v4, s, 14);
    v15 = rot16(v128.xor(v15, v0));
    v12 = rot16(v128.xor(v12, v1));
    v13 = rot16(v128.xor(v13, v2));
    v14 = rot16(v128.xor(v14, v3));
    v10 = i32x4.add(v10, v15);
    v11 = i32x4.add(v11, v12);
    v8 = i32x4.add(v8, v13);
    v9 = i32x4.add(v9, v14);
    v5 = rot12(v128.xor(v5, v10));
    v6 = rot12(v128.xor(v6, v11));
    v7 = rot12(v128.xor(v7, v8));
    v4 = rot12(v128.xor(v4, v9));
    v0 = add3(v0, v5, s, 9);
    v1 = add3(v1, v6, s, 11);
    v2 = add3(v2, v7, s, 13);
    v3 = add3(v3, v4, s, 15);
    v15 = rot8(v128.xor(v15, v0));
    v12 = rot8(v128.xor(v12, v1));
    v13 = rot8(v128.xor(v13, v2));
    v14 = rot8(v128.xor(v14, v3));
    v10 = i32x4.add(v10, v15);
    v11 = i32x4.add(v11, v12);
    v8 = i32x4.add(v8, v13);
    v9 = i32x4.add(v9, v14);
    v5 = rot7(v128.xor(v5, v10));
    v6 = rot7(v128.xor(v6, v11));
    v7 = rot7(v128.xor(v7, v8));
    v4 = rot7(v128.xor(v4, v9));
  }
  v128.store(CVS, v128.xor(v0, v8), 0);
  v128.store(CVS, v128.xor(v1, v9), 16);
  v128.store(CVS, v128.xor(v2, v10), 32);
  v128.store(CVS, v128.xor(v3, v11), 48);
  v128.store(CVS, v128.xor(v4, v12), 64);
  v128.store(CVS, v128.xor(v5, v13), 80);
  v128.store(CVS, v128.xor(v6, v14), 96);
  v128.store(CVS, v128.xor(v7, v15), 112);
}

/** Chaining values of four whole chunks in a row, 128 octets at `to`. */
export function chunkLanes(from: usize, index: u64, to: usize): void {
  resetLanes();
  setCounters(<u32> index, 1);
  const n = <u32> BLOCK_OCTETS;
  setLengths(n, n, n, n);
  for (let at: usize = 0; at < CHUNK_OCTETS; at += BLOCK_OCTETS) {
    const p = from + at;
    loadLanes(
      p,
      p + CHUNK_OCTETS,
      p + 2 * CHUNK_OCTETS,
      p + 3 * CHUNK_OCTETS,
    );
    let flags: u32 = at == 0 ? CHUNK_START : 0;
    if (at == CHUNK_OCTETS - BLOCK_OCTETS) flags |= CHUNK_END;
    compressLanes(flags);
  }
  storeLanes(to, to + 32, to + 64, to + 96);
}
