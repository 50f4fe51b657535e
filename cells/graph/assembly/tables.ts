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

export {
  amountOf,
  height,
  heightOf,
  LINK_FROM,
  LINK_TO,
  links,
  linksUpTo,
  OLDER_IN,
  OLDER_OUT,
  packWeight,
  signers,
  tokenOf,
  valenceOf,
  weightOf,
} from "./link_table";
export {
  ARRIVAL,
  AXON_FROM,
  AXON_TO,
  COUNT_IN,
  COUNT_OUT,
  HEAD_IN,
  HEAD_OUT,
  particles,
  particles as particleIndex,
} from "./particles";

/** Signal: digest (32). */
export const signals = new Rows(5);
/** Neuron: digest (32), next step (8), height of the last signal (4). */
export const neurons = new Rows(6);
/** Token: digest (32). */
export const tokens = new Rows(5);
/** Content: particle (4), length (4), place on the device (8). */
export const contents = new Rows(4);

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

/** The content is part of the append that is being checked. */
export const STAGED: u32 = u32.MAX_VALUE;

export const NEXT_STEP: usize = 32;
export const LAST_HEIGHT: usize = 40;
/** The append in which the neuron signed last, by this life's count. */
export const SIGNS_IN: usize = 44;

export const CONTENT_PARTICLE: usize = 0;
export const CONTENT_LENGTH: usize = 4;
export const CONTENT_PLACE: usize = 8;
