/**
 * The confirmed vectors of before, for the history of a particle's focus.
 *
 * The last PAST_MAX of them, the published one among them, in PAST_OCTETS_MAX octets
 * together: the oldest go first. Values are kept as f32, to 24 bits. A vector over the
 * same links as the last one takes its place. What a particle had before it was ranked is 0.
 *
 * Rely on: it never makes a publication fail; where memory is short it forgets.
 */
import { PAST_MAX, PAST_OCTETS_MAX } from "./limits";
import { Block } from "./pages";

/** What was published once. */
export class Moment {
  version: u64 = 0;
  height: u64 = 0;
  links: u64 = 0;
  particles: u32 = 0;
  /** Age at `sinceUs`, in milliseconds, and that moment on the clock. */
  ageMs: u64 = 0;
  sinceUs: u64 = 0;
  /** f32[numbers] by particle number. */
  numbers: u32 = 0;
  values: Block = new Block();

  focusOf(particle: u32): f64 {
    if (particle >= this.numbers) return 0;
    return <f64>load<f32>(this.values.at + (<usize>particle << 2));
  }

  age(nowUs: u64): u64 {
    const passed = nowUs > this.sinceUs ? nowUs - this.sinceUs : 0;
    return this.ageMs + passed / 1000;
  }
}

/** Oldest first. */
const moments = new Array<Moment>();

const nextValues = new Block();
let nextNumbers: u32 = 0;

export function pastCount(): i32 {
  return moments.length;
}

/** From the oldest on. */
export function pastAt(at: i32): Moment {
  return moments[at];
}

/** Octets of all values. */
export function pastOctets(): u64 {
  let octets: u64 = 0;
  for (let i = 0; i < moments.length; ++i) octets += <u64>moments[i].numbers << 2;
  return octets;
}

/** Makes room for the vector that comes, if it is to be kept and can be. */
export function beginPast(numbers: u32, isWanted: bool): void {
  dropPast();
  const octets = <u64>numbers << 2;
  if (!isWanted || octets > PAST_OCTETS_MAX) return;
  if (nextValues.reserve(octets)) nextNumbers = numbers;
}

export function dropPast(): void {
  nextValues.release();
  nextNumbers = 0;
}

export function notePast(particle: u32, value: f64): void {
  if (nextNumbers == 0) return;
  store<f32>(nextValues.at + (<usize>particle << 2), <f32>value);
}

/** What was noted becomes the newest moment. */
export function commitPast(version: u64, height: u64, links: u64, particles: u32, nowUs: u64): void {
  if (nextNumbers == 0) return;
  const moment = new Moment();
  moment.version = version;
  moment.height = height;
  moment.links = links;
  moment.particles = particles;
  moment.sinceUs = nowUs;
  moment.numbers = nextNumbers;
  moment.values.adopt(nextValues);
  dropPast();
  keepPast(moment);
}

/** Adds the newest moment; what is over a bound goes. */
export function keepPast(moment: Moment): void {
  const last = moments.length - 1;
  if (last >= 0 && moments[last].links >= moment.links) moments.pop().values.release();
  const octets = <u64>moment.numbers << 2;
  while (moments.length == PAST_MAX || pastOctets() + octets > PAST_OCTETS_MAX) {
    moments.shift().values.release();
  }
  moments.push(moment);
}

/** Forgets everything; false if there was nothing. */
export function forgetPast(): bool {
  const any = moments.length > 0;
  while (moments.length > 0) moments.pop().values.release();
  return any;
}
