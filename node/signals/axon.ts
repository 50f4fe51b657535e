/**
 * The identity of an axon: BLAKE3 of the two identities, one behind the other.
 *
 * An answer about a signal has thousands of them, and noble takes 10 us for one. These
 * are always 66 octets, so always two blocks of one chunk, and nothing is allocated
 * but the answer.
 *
 * Deliberately absent: inputs of any other length (kernel/crypto/identity.ts).
 */
import { HASH_BLAKE3, IDENTITY_OCTETS } from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";

const IV = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
const ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const ROUNDS = 7;
const BLOCK_OCTETS = 64;
const REST_OCTETS = 2 * IDENTITY_OCTETS - BLOCK_OCTETS;
const CHUNK_START = 1;
/** The end of the only chunk, which is the root. */
const LAST = 2 | 8;

/** Where round r finds the words of the block: `SCHEDULE[16 r + i]`. */
const SCHEDULE = new Uint8Array(16 * ROUNDS);
for (let i = 0; i < SCHEDULE.length; i += 1) {
  SCHEDULE[i] = i < 16
    ? i
    : SCHEDULE[i - 16 - i % 16 + (ORDER[i % 16] ?? 0)] ?? 0;
}

const state = new Int32Array(16);
const chaining = new Int32Array(8);
const input = new Uint8Array(2 * BLOCK_OCTETS);
const view = new DataView(input.buffer);
const words = new Int32Array(16);

/** One quarter of a round: a column or a diagonal, with two words. */
function mix(
  a: number,
  b: number,
  c: number,
  d: number,
  x: number,
  y: number,
): void {
  // Every index is within bounds.
  let va = state[a] as number, vb = state[b] as number;
  let vc = state[c] as number, vd = state[d] as number;
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
  state[a] = va;
  state[b] = vb;
  state[c] = vc;
  state[d] = vd;
}

function word(at: number): number {
  return words[SCHEDULE[at] as number] as number;
}

function round(at: number): void {
  mix(0, 4, 8, 12, word(at), word(at + 1));
  mix(1, 5, 9, 13, word(at + 2), word(at + 3));
  mix(2, 6, 10, 14, word(at + 4), word(at + 5));
  mix(3, 7, 11, 15, word(at + 6), word(at + 7));
  mix(0, 5, 10, 15, word(at + 8), word(at + 9));
  mix(1, 6, 11, 12, word(at + 10), word(at + 11));
  mix(2, 7, 8, 13, word(at + 12), word(at + 13));
  mix(3, 4, 9, 14, word(at + 14), word(at + 15));
}

/** Takes the block that lies at `from` of the input into `chaining`. */
function compress(from: number, octets: number, flags: number): void {
  for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(from + 4 * i, true);
  state.set(chaining);
  for (let i = 0; i < 4; i += 1) state[8 + i] = IV[i] as number;
  state[12] = 0;
  state[13] = 0;
  state[14] = octets;
  state[15] = flags;
  for (let at = 0; at < SCHEDULE.length; at += 16) round(at);
  for (let i = 0; i < 8; i += 1) {
    chaining[i] = (state[i] as number) ^ (state[i + 8] as number);
  }
}

/** The identity of the axon from one particle to another. */
export function axonIdentity(
  from: Uint8Array,
  to: Uint8Array,
): Uint8Array<ArrayBuffer> {
  must(
    from.length === IDENTITY_OCTETS && to.length === IDENTITY_OCTETS,
    "an axon has two identities",
  );
  input.set(from);
  input.set(to, IDENTITY_OCTETS);
  chaining.set(IV);
  compress(0, BLOCK_OCTETS, CHUNK_START);
  compress(BLOCK_OCTETS, REST_OCTETS, LAST);
  const identity = new Uint8Array(IDENTITY_OCTETS);
  identity[0] = HASH_BLAKE3;
  for (let i = 0; i < 8; i += 1) {
    const value = chaining[i] as number;
    for (let octet = 0; octet < 4; octet += 1) {
      identity[1 + 4 * i + octet] = value >>> (8 * octet);
    }
  }
  return identity;
}
