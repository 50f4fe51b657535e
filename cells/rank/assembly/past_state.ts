/**
 * The moments of before in the state, behind the published vector.
 *
 * Each, oldest first, little endian: version (8) · height (8) · links (8) · age in
 * milliseconds (8) · numbers M (4) · particles (4) · M f32. Decoding is strict.
 */
import { PAST_MAX, PAST_OCTETS_MAX } from "./limits";
import { forgetPast, keepPast, Moment, pastAt, pastCount, pastOctets } from "./past";

const HEAD: u32 = 40;

/** Values of a moment add up to 1 within this: each was rounded to 24 bits. */
const SUM_ERROR_MAX: f64 = 1e-6;

const AGE_MS_MAX: u64 = 1 << 53;
const ONE_BITS: u32 = 0x3f800000;

/** Octets of `encodePast`. */
export function pastLength(): u64 {
  return pastOctets() + <u64>pastCount() * HEAD;
}

export function encodePast(to: usize, nowUs: u64): void {
  let at = to;
  for (let i = 0; i < pastCount(); ++i) {
    const moment = pastAt(i);
    store<u64>(at, moment.version);
    store<u64>(at, moment.height, 8);
    store<u64>(at, moment.links, 16);
    store<u64>(at, moment.age(nowUs), 24);
    store<u32>(at, moment.numbers, 32);
    store<u32>(at, moment.particles, 36);
    const octets = <usize>moment.numbers << 2;
    memory.copy(at + HEAD, moment.values.at, octets);
    at += HEAD + octets;
  }
}

/**
 * Checks `count` moments that end exactly at `end`; answers what is wrong, or "". `version`,
 * `links`: of the publication, which no moment is beyond.
 */
export function checkPast(from: usize, end: usize, count: u32, version: u64, links: u64): string {
  if (count > <u32>PAST_MAX) return `octet 72: ${count} moments are more than ${PAST_MAX}`;
  let at = from;
  let octets: u64 = 0;
  let lastVersion: u64 = 0;
  let lastLinks: u64 = 0;
  for (let i: u32 = 0; i < count; ++i) {
    if (<u64>end - <u64>at < <u64>HEAD) return `moment ${i}: cut off`;
    const numbers = load<u32>(at, 32);
    const size = <u64>numbers << 2;
    if (<u64>end - <u64>at < <u64>HEAD + size) return `moment ${i}: cut off`;
    octets += size;
    const its = load<u64>(at);
    if (its <= lastVersion || its > version) return `moment ${i}: version ${its} is out of order`;
    const about = load<u64>(at, 16);
    if (about <= lastLinks || about > links) return `moment ${i}: ${about} links are out of order`;
    if (load<u64>(at, 8) == 0) return `moment ${i}: height 0`;
    if (load<u64>(at, 24) > AGE_MS_MAX) return `moment ${i}: the age is out of range`;
    if (!isDistribution(at + HEAD, numbers, load<u32>(at, 36))) {
      return `moment ${i}: the values are no distribution over its particles`;
    }
    lastVersion = its;
    lastLinks = about;
    at += HEAD + <usize>size;
  }
  if (octets > PAST_OCTETS_MAX) return `${octets} octets of moments are too many`;
  if (at != end) return `${end - at} octets after the last moment`;
  return "";
}

function isDistribution(at: usize, numbers: u32, particles: u32): bool {
  let sum: f64 = 0;
  let above: u32 = 0;
  for (let i: u32 = 0; i < numbers; ++i) {
    const bits = load<u32>(at + (<usize>i << 2));
    if (bits > ONE_BITS) return false;
    sum += <f64>reinterpret<f32>(bits);
    above += <u32>(bits != 0);
  }
  // A value below the least f32 is kept as 0.
  return above <= particles && particles <= numbers && Math.abs(sum - 1) <= SUM_ERROR_MAX;
}

/** Takes moments over that were checked; where memory is short, the newer ones. */
export function adoptPast(from: usize, count: u32, nowUs: u64): void {
  forgetPast();
  let at = from;
  for (let i: u32 = 0; i < count; ++i) {
    const moment = new Moment();
    moment.version = load<u64>(at);
    moment.height = load<u64>(at, 8);
    moment.links = load<u64>(at, 16);
    moment.ageMs = load<u64>(at, 24);
    moment.sinceUs = nowUs;
    moment.numbers = load<u32>(at, 32);
    moment.particles = load<u32>(at, 36);
    const octets = <usize>moment.numbers << 2;
    at += HEAD;
    if (moment.values.reserve(<u64>octets)) {
      memory.copy(moment.values.at, at, octets);
      keepPast(moment);
    } else forgetPast();
    at += octets;
  }
}
