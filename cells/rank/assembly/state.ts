/**
 * What one generation hands to the next: the publication, octet by octet.
 *
 * Version 4, little endian:
 *   0 magic "KRNK" · 4 numbers N (4) · 8 version (8) · 16 height (8) · 24 links (8)
 *   32 particles (4) · 36 rounds R (2) · 38 confirmed, 0 or 1 (2) · 40 residual (f64) · 48 syntropy (f64)
 *   56 age in milliseconds (8) · 64 bound (f64) · 72 moments of before P (4) · 76 zero (4)
 *   80 history (R f64) · 80 + 8 R vector (N f64) · P moments (past_state.ts)
 * Nothing published yet: N, version and everything else is 0. Version 3 had no
 * moments of before, nor octets 72 to 79. Version 2 had no bound:
 * it becomes 2, which says nothing. Version 1 had no confirmation either, and 0 in
 * its place.
 *
 * Decoding is strict, and believes no number that the vector can prove: the
 * values are a distribution, and `top` is found again. O(N).
 */
import { ROUNDS_MAX } from "./limits";
import { pastCount } from "./past";
import { adoptPast, checkPast, encodePast, pastLength } from "./past_state";
import { beginTop, offerTop, sortTop } from "./top";
import { adoptNext, nextHistory, nextVector, Published } from "./published";

export const STATE_VERSION: u32 = 4;
export const STATE_VERSION_MIN: u32 = 1;

const MAGIC: u32 = 0x4b4e524b;
const HEAD: u32 = 80;
const HEAD_3: u32 = 72;
const HEAD_2: u32 = 64;

/** Values of the vector add up to 1 within this. */
const SUM_ERROR_MAX: f64 = 1e-9;

/** Two distributions differ by at most 2 in L1, and by rounding. */
const CHANGE_MAX: f64 = 2.000000001;

/** Rounding that a syntropy may carry over ln n. */
const SYNTROPY_ERROR_MAX: f64 = 1e-9;

/** A publication older than this (about 285,000 years) is not one. */
const AGE_MS_MAX: u64 = 1 << 53;

const BOUND_MAX: f64 = 2;

const ONE_BITS: u64 = 0x3ff0000000000000;

/** Octets of `encode`; 0 if they would not fit the memory of a cell. */
export function encodedLength(): u32 {
  const length = <u64>HEAD + (<u64>Published.rounds + Published.numbers) * 8 + pastLength();
  return length > 0x3f000000 ? 0 : <u32>length;
}

/** Writes the state as of now. O(N), and the moments of before. */
export function encode(ageMs: u64, nowUs: u64): StaticArray<u8> {
  const out = new StaticArray<u8>(<i32>encodedLength());
  const at = changetype<usize>(out);
  store<u32>(at, MAGIC);
  store<u32>(at, Published.numbers, 4);
  store<u64>(at, Published.version, 8);
  store<u64>(at, Published.height, 16);
  store<u64>(at, Published.links, 24);
  store<u32>(at, Published.particles, 32);
  store<u16>(at, <u16>Published.rounds, 36);
  store<u16>(at, <u16>Published.confirmed, 38);
  store<f64>(at, Published.residual, 40);
  store<f64>(at, Published.syntropy, 48);
  store<u64>(at, ageMs, 56);
  if (Published.version > 0) store<f64>(at, Published.bound, 64);
  store<u32>(at, pastCount(), 72);
  const history = <usize>Published.rounds << 3;
  if (Published.version == 0) return out;
  memory.copy(at + HEAD, Published.history, history);
  memory.copy(
    at + HEAD + history,
    Published.vector,
    <usize>Published.numbers << 3,
  );
  encodePast(at + HEAD + history + (<usize>Published.numbers << 3), nowUs);
  return out;
}

/** An older state in this version's layout; what is wrong with it is found when it is taken over. */
export function renewed(octets: StaticArray<u8>, version: u32): StaticArray<u8> {
  const head = version < 3 ? HEAD_2 : HEAD_3;
  const length = <u32>octets.length;
  if (length < head) return octets;
  const out = new StaticArray<u8>(<i32>(length + (HEAD - head)));
  const at = changetype<usize>(out);
  const from = changetype<usize>(octets);
  memory.copy(at, from, head);
  if (version < 3 && load<u64>(from, 8) > 0) store<f64>(at, BOUND_MAX, HEAD_2);
  memory.copy(at + HEAD, from + head, length - head);
  return out;
}

/** Takes a state over; answers what is wrong with it, or "" . Nothing is kept then. */
export function decode(octets: StaticArray<u8>, nowUs: u64): string {
  const at = changetype<usize>(octets);
  const length = <u32>octets.length;
  if (length < HEAD) return `${length} octets are less than the header's ${HEAD}`;
  if (load<u32>(at) != MAGIC) return "octet 0: the magic is not KRNK";
  const numbers = load<u32>(at, 4);
  const rounds = <u32>load<u16>(at, 36);
  const needed = <u64>HEAD + (<u64>rounds + numbers) * 8;
  const past = load<u32>(at, 72);
  if (past == 0 ? <u64>length != needed : <u64>length < needed) {
    return `${length} octets, but ${numbers} values and ${rounds} rounds need ${needed}`;
  }
  if (numbers == 0) return decodeEmpty(at);
  const wrong = checkHead(at);
  if (wrong != "") return wrong;
  const wrongValues = checkValues(at, numbers, rounds);
  if (wrongValues != "") return wrongValues;
  if (load<u32>(at, 76) != 0) return "octet 76: not 0";
  const moments = at + <usize>needed;
  const links = load<u64>(at, 24);
  const wrongPast = checkPast(moments, at + length, past, load<u64>(at, 8), links);
  if (wrongPast != "") return wrongPast;
  const failed = adopt(at, numbers, rounds, nowUs);
  if (failed == "") adoptPast(moments, past, nowUs);
  return failed;
}

function decodeEmpty(at: usize): string {
  for (let i: u32 = 4; i < HEAD; ++i) {
    if (load<u8>(at + i) != 0) return `octet ${i}: not 0, but nothing is published`;
  }
  return "";
}

function checkHead(at: usize): string {
  if (load<u64>(at, 8) == 0) return "octet 8: version 0 with a vector";
  if (load<u64>(at, 16) == 0) return "octet 16: height 0 with a vector";
  if (load<u64>(at, 24) == 0) return "octet 24: a vector over no links";
  const rounds = <u32>load<u16>(at, 36);
  if (rounds == 0 || rounds > ROUNDS_MAX) {
    return `octet 36: ${rounds} rounds are not 1 to ${ROUNDS_MAX}`;
  }
  if (load<u16>(at, 38) > 1) return "octet 38: the confirmation is neither 0 nor 1";
  const residual = load<u64>(at, 40);
  if (residual != load<u64>(at + HEAD + ((<usize>rounds - 1) << 3))) {
    return "octet 40: the residual is not the history's last";
  }
  const syntropy = load<f64>(at, 48);
  const most = Math.log(<f64>load<u32>(at, 32)) + SYNTROPY_ERROR_MAX;
  if (!(syntropy >= 0 && syntropy <= most)) {
    return "octet 48: the syntropy is not between 0 and ln n";
  }
  if (load<u64>(at, 56) > AGE_MS_MAX) return "octet 56: the age is out of range";
  const bound = load<f64>(at, 64);
  if (!(bound >= 0 && bound <= BOUND_MAX)) return "octet 64: the bound is not between 0 and 2";
  return "";
}

function checkValues(at: usize, numbers: u32, rounds: u32): string {
  for (let i: u32 = 0; i < rounds; ++i) {
    const change = load<f64>(at + HEAD + (<usize>i << 3));
    if (!(change >= 0 && change <= CHANGE_MAX)) {
      return `round ${i}: the change is not between 0 and 2`;
    }
  }
  const values = at + HEAD + (<usize>rounds << 3);
  let sum: f64 = 0;
  let particles: u32 = 0;
  for (let i: u32 = 0; i < numbers; ++i) {
    const bits = load<u64>(values + (<usize>i << 3));
    // As unsigned bits, negative numbers and NaN come after 1.
    if (bits > ONE_BITS) return `particle ${i}: the focus is not between 0 and 1`;
    sum += reinterpret<f64>(bits);
    particles += <u32>(bits != 0);
  }
  if (particles != load<u32>(at, 32)) {
    return `octet 32: ${particles} particles have a focus, not ${load<u32>(at, 32)}`;
  }
  if (!(Math.abs(sum - 1) <= SUM_ERROR_MAX)) {
    return `the focus adds up to ${sum}, not to 1`;
  }
  return "";
}

function adopt(at: usize, numbers: u32, rounds: u32, nowUs: u64): string {
  if (!nextHistory.reserve(<u64>rounds * 8)) return "no memory for the history";
  if (!nextVector.reserve(<u64>numbers * 8)) {
    nextHistory.release();
    return "no memory for the vector";
  }
  const history = <usize>rounds << 3;
  memory.copy(nextHistory.at, at + HEAD, history);
  memory.copy(nextVector.at, at + HEAD + history, <usize>numbers << 3);
  beginTop();
  for (let i: u32 = 0; i < numbers; ++i) {
    const value = load<f64>(nextVector.at + (<usize>i << 3));
    if (value > 0) offerTop(i, value);
  }
  while (!sortTop()) {}
  Published.version = load<u64>(at, 8);
  Published.height = load<u64>(at, 16);
  Published.links = load<u64>(at, 24);
  Published.particles = load<u32>(at, 32);
  Published.rounds = rounds;
  Published.residual = load<f64>(at, 40);
  Published.bound = load<f64>(at, 64);
  Published.syntropy = load<f64>(at, 48);
  Published.confirmed = load<u16>(at, 38) == 1;
  Published.ageMs = load<u64>(at, 56);
  Published.sinceUs = nowUs;
  adoptNext(numbers);
  return "";
}
