/**
 * The graph in memory: every table, and the layout of their rows.
 *
 * The tables hold numbers and places only; the octets of contents stay on the
 * device. Rows are read and written through the functions below, which check
 * nothing: callers know that a row exists.
 *
 * Numbers: a particle's row is its `number`, a link's row its index, a
 * signal's row its height - 1, a content's row its index of arrival.
 */
import { DigestIndex } from "../../sdk/assembly/digest_index";
import { reserve } from "../../sdk/assembly/pages";
import { Rows } from "../../sdk/assembly/rows";
import { LATE_AXONS_MAX } from "./limits";

/** Particle: digest (32), then the fields below; 64 octets. */
export const particles = new Rows(6);
/** Link: from, to, older link of each end, height, token; 32 octets. */
export const links = new Rows(5);
/** Signal: digest (32). */
export const signals = new Rows(5);
/** The neuron's row of each signal; 4 octets. */
export const signers = new Rows(2);
/** Neuron: digest (32), next step (8), height of the last signal (4). */
export const neurons = new Rows(6);
/** Token: digest (32). */
export const tokens = new Rows(5);
/** Content: particle (4), length (4), place on the device (8). */
export const contents = new Rows(4);

export const particleIndex = new DigestIndex(particles);
export const signalIndex = new DigestIndex(signals);
export const neuronIndex = new DigestIndex(neurons);
export const tokenIndex = new DigestIndex(tokens);

/** Particles that are known to be an axon. */
export let axons: u32 = 0;

export function countAxon(): void {
  axons++;
}

export function setAxons(count: u32): void {
  axons = count;
}

/** Particles below this are being written to a checkpoint, 0 while none are. */
let lateBelow: u32 = 0;
/** Those of them that became axons meanwhile. */
export const lateAxons = new Rows(2);

/** More became axons than could be noted. */
export let lateLost: bool = false;

export function watchAxons(below: u32): void {
  lateBelow = below;
}

/** Watches from here on, with nothing noted. */
export function beginWatching(below: u32): void {
  lateBelow = below;
  lateLost = false;
  lateAxons.cut(0);
}

/** The particle, which was there before, is an axon from now on. */
// @ts-ignore: decorator
@inline
export function noteAxon(particle: u32): void {
  if (particle >= lateBelow) return;
  if (lateAxons.length < LATE_AXONS_MAX && reserve(1)) {
    store<u32>(lateAxons.push(), particle);
  } else {
    lateLost = true;
  }
}

/** Content's row + 1, 0 while it is not here, or `STAGED`. */
export const ARRIVAL: usize = 32;
/** Newest link + 1 of each side, 0 for none. */
export const HEAD_OUT: usize = 36;
export const HEAD_IN: usize = 40;
export const COUNT_OUT: usize = 44;
export const COUNT_IN: usize = 48;
/** Ends + 1 where the particle is an axon. */
export const AXON_FROM: usize = 52;
export const AXON_TO: usize = 56;

/** The content is part of the append that is being checked. */
export const STAGED: u32 = u32.MAX_VALUE;

export const LINK_FROM: usize = 0;
export const LINK_TO: usize = 4;
/** The next older link + 1 at the same particle, 0 for none. */
export const OLDER_OUT: usize = 8;
export const OLDER_IN: usize = 12;
export const LINK_HEIGHT: usize = 16;
export const LINK_TOKEN: usize = 20;
/** Amount in the lower 48 bits, valence + 1 above them. */
export const LINK_WEIGHT: usize = 24;

export const NEXT_STEP: usize = 32;
export const LAST_HEIGHT: usize = 40;
/** The append in which the neuron signed last, by this life's count. */
export const SIGNS_IN: usize = 44;

export const CONTENT_PARTICLE: usize = 0;
export const CONTENT_LENGTH: usize = 4;
export const CONTENT_PLACE: usize = 8;

const AMOUNT_BITS: u64 = 48;
const AMOUNT_MASK: u64 = (1 << AMOUNT_BITS) - 1;

// @ts-ignore: decorator
@inline
export function packWeight(amount: u64, valence: i8): u64 {
  return amount | (<u64> (valence + 1) << AMOUNT_BITS);
}

// @ts-ignore: decorator
@inline
export function amountOf(weight: u64): u64 {
  return weight & AMOUNT_MASK;
}

// @ts-ignore: decorator
@inline
export function valenceOf(weight: u64): i8 {
  return <i8> (weight >> AMOUNT_BITS) - 1;
}

/** Signals accepted so far. */
export function height(): u32 {
  return signers.length;
}
