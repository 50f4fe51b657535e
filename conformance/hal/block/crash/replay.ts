/**
 * Runs a history on the driver, cuts the power at every moment of it, and opens
 * the driver anew on what each legal state of the medium would be.
 */
import { strictEqual } from "node:assert/strict";
import type { Block, Geometry } from "../../../../hal/block_contract.ts";
import { seeded } from "../../../sim/block_device.ts";
import type { BlockRecording } from "../case.ts";
import { act, type Operation, Promised, shown } from "./history.ts";
import { cutAfter, type MediumAct, withChanges } from "./medium.ts";
import { statesOf } from "./states.ts";

/** States at one moment of a history that is drawn. */
const STATES_MAX = 6;

export interface Step {
  readonly operation: Operation;
  /** What reached the medium from its begin until it had returned. */
  readonly acts: readonly MediumAct[];
}

export interface Trace {
  /** The medium before the history. */
  readonly octets: Uint8Array;
  /** What the driver did to it when it was opened. */
  readonly opening: readonly MediumAct[];
  readonly steps: readonly Step[];
  readonly geometry: Geometry;
}

/** One moment of a history: the medium's log so far, and what is promised. */
export interface Moment {
  readonly acts: readonly MediumAct[];
  readonly promised: Promised;
  readonly words: string;
}

/** Opens the driver on these octets and does the operations. */
export async function traceOf(
  recording: BlockRecording,
  octets: Uint8Array,
  operations: readonly Operation[],
): Promise<Trace> {
  const device = await recording.openOn(octets);
  const opening = await recording.take();
  const steps: Step[] = [];
  for (const operation of operations) {
    act(device, operation);
    steps.push({ operation, acts: await recording.take() });
  }
  return { octets, opening, steps, geometry: { ...device.describe() } };
}

/**
 * Every moment at which the power may fail: while an operation is under way,
 * between any two acts, and after it was acknowledged. `promised` is of before.
 */
export function* momentsOf(
  { opening, steps }: Trace,
  promised: Promised,
): Generator<Moment> {
  const acts: MediumAct[] = [];
  for (const one of opening) {
    acts.push(one);
    yield { acts, promised, words: "while it was opened" };
  }
  for (const [index, { operation, acts: own }] of steps.entries()) {
    const name = `operation ${index}, a ${operation.kind}`;
    promised.begin(operation);
    for (const one of own.slice(0, -1)) {
      acts.push(one);
      yield { acts, promised, words: `during ${name}` };
    }
    acts.push(...own.slice(-1));
    promised.end(operation);
    // A flush promises more, also where nothing reached the medium.
    if (own.length === 0 && operation.kind !== "flush") continue;
    yield { acts, promised, words: `after ${name}` };
  }
}

/** Tries the states of every moment, or so many as the recording allows. */
export async function replay(
  recording: BlockRecording,
  trace: Trace,
  promised: Promised,
  seed: number,
  most: number | "every" = STATES_MAX,
): Promise<void> {
  const all = function* (promised: Promised) {
    const random = seeded(seed);
    for (const { acts, words } of momentsOf(trace, promised)) {
      const cut = cutAfter(trace.octets, acts);
      for (const state of statesOf(cut, random, most)) yield { state, words };
    }
  };
  let count = 0;
  for (const _ of all(new Promised())) count++;
  const step = Math.max(1, count / (recording.statesMax ?? count));
  let next = seeded(seed)() * step;
  let index = 0;
  for (const { state, words } of all(promised)) {
    if (index++ < Math.floor(next)) continue;
    next += step;
    const device = await recording.openOn(state.octets());
    promised.holds(shown(device), () => `power cut ${words}; ${state.how()}`);
    sameDevice(device, trace.geometry);
  }
}

/** The medium when everything that was done to it is there. */
export function wholeOf({ octets, opening, steps }: Trace): Uint8Array {
  const acts = [...opening, ...steps.flatMap(({ acts }) => acts)];
  const { durable, pending } = cutAfter(octets, acts);
  return withChanges(durable, pending);
}

/** It is the device that it was, and says that it is well. */
function sameDevice(device: Block, geometry: Geometry): void {
  strictEqual(device.describe().capacity, geometry.capacity, "its capacity");
  strictEqual(device.describe().blockSize, geometry.blockSize, "its blocks");
}
