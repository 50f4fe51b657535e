/**
 * The power fails at every moment; the device is opened on what may be left.
 *
 * Histories are short and on a few blocks, so that what is left is a mix of many
 * things. The recording has what reached the medium; where none can be made, the
 * cases are left out.
 */
import { strictEqual } from "node:assert/strict";
import { seeded } from "../../../sim/block_device.ts";
import { accepted, same } from "../asserts.ts";
import {
  BLOCK_OCTETS,
  type BlockCase,
  type BlockRecording,
  BLOCKS,
  recordingOf,
} from "../case.ts";
import {
  drawn,
  FIRST,
  flush,
  type Operation,
  Promised,
  shown,
  writeOf,
} from "./history.ts";
import { cutAfter, withChanges } from "./medium.ts";
import { replay, traceOf, wholeOf } from "./replay.ts";
import { statesOf } from "./states.ts";

const group = "crashes";
const LENGTH = 14;
const LIVES = 3;
/** States from which a second crash follows. */
const AGAIN_MAX = 8;

const last = BLOCKS - 1;
const discard = (block: number, count = 1): Operation => ({
  kind: "discard",
  block,
  count,
});

const empty = ({ octets }: BlockRecording) => new Uint8Array(octets);

/** A short history, with every state of every moment. */
async function every(
  recording: BlockRecording,
  operations: readonly Operation[],
): Promise<void> {
  const trace = await traceOf(recording, empty(recording), operations);
  await replay(recording, trace, new Promised(), 0, "every");
}

export const CRASHES: readonly BlockCase[] = [
  {
    group,
    claim: "control: without a power cut everything is there",
    promise: "block.flush",
    async run(fixture, { seed }) {
      const recording = recordingOf(fixture);
      const operations = drawn(seeded(seed), LENGTH);
      const trace = await traceOf(recording, empty(recording), operations);
      const promised = new Promised();
      for (const operation of operations) {
        promised.begin(operation);
        promised.end(operation);
      }
      const device = await recording.openOn(wholeOf(trace));
      promised.holds(shown(device), () => "opened again");
      strictEqual(device.health().tag, "ok", "health");
    },
  },
  {
    group,
    claim: "a flushed block is whole in every state that a power cut leaves",
    promise: "block.flush",
    async run(fixture) {
      await every(recordingOf(fixture), [
        writeOf(FIRST, 1),
        flush,
        writeOf(FIRST + 1, 2),
        flush,
        writeOf(FIRST, 3),
        flush,
      ]);
    },
  },
  {
    group,
    claim: "an overwritten block is old, new or a mix in every such state",
    promise: "block",
    async run(fixture) {
      await every(recordingOf(fixture), [
        writeOf(FIRST, 1, 2),
        flush,
        writeOf(FIRST, 4),
        writeOf(FIRST, 5),
        flush,
      ]);
    },
  },
  {
    group,
    claim: "no such state has a block changed that nobody wrote",
    promise: "block",
    async run(fixture) {
      const recording = recordingOf(fixture);
      const before = [0, FIRST - 1, FIRST + 1, last]
        .flatMap((block) => [writeOf(block, 10 + block), flush]);
      await every(recording, [...before, writeOf(FIRST, 1), flush]);
    },
  },
  {
    group,
    claim: "a block never goes back behind the last flush",
    promise: "block.flush",
    async run(fixture, { seed }) {
      const recording = recordingOf(fixture);
      const rounds = [1, 2, 3, 4, 5, 6];
      const operations = rounds.flatMap((i) => [writeOf(FIRST, i), flush]);
      const trace = await traceOf(recording, empty(recording), operations);
      await replay(recording, trace, new Promised(), seed);
    },
  },
  {
    group,
    claim:
      "a discard reaches no further, and nothing that was flushed after it",
    promise: "block.discard",
    async run(fixture) {
      await every(recordingOf(fixture), [
        writeOf(FIRST, 1, 3),
        flush,
        discard(FIRST + 1),
        writeOf(FIRST + 1, 2),
        flush,
        discard(FIRST + 2),
        flush,
        writeOf(FIRST, 3),
      ]);
    },
  },
  {
    group,
    claim: "a discard at the end and a write behind it are torn like any other",
    promise: "block.discard",
    async run(fixture) {
      await every(recordingOf(fixture), [
        writeOf(FIRST, 1, 2),
        writeOf(last, 2),
        flush,
        discard(FIRST + 1, BLOCKS - FIRST - 1),
        writeOf(last, 3),
        flush,
      ]);
    },
  },
  {
    group,
    claim: "histories by chance, life after life, keep what they promise",
    promise: "block",
    async run(fixture, { seed }) {
      const recording = recordingOf(fixture);
      const random = seeded(seed);
      let octets: Uint8Array = empty(recording);
      let before: Uint8Array = new Uint8Array(BLOCKS * BLOCK_OCTETS);
      for (let life = 0; life < LIVES; life++) {
        const operations = drawn(random, LENGTH);
        const trace = await traceOf(recording, octets, operations);
        await replay(recording, trace, new Promised(before), seed + life);
        const acts = trace.steps.slice(0, -1).flatMap(({ acts }) => acts);
        const cut = cutAfter(octets, [...trace.opening, ...acts]);
        const [state] = [...statesOf(cut, random, AGAIN_MAX)].slice(-1);
        octets = state?.octets() ?? octets;
        before = shown(await recording.openOn(octets));
        await recording.take();
      }
    },
  },
  {
    group,
    claim: "a power cut while it opens again loses nothing",
    promise: "block.flush",
    async run(fixture, { seed }) {
      await afterCrashes(recordingOf(fixture), seed, []);
    },
  },
  {
    group,
    claim: "what is shown after a power cut is still there after the next one",
    promise: "block",
    async run(fixture, { seed }) {
      await afterCrashes(recordingOf(fixture), seed, [
        flush,
        writeOf(last, 7),
        flush,
      ]);
    },
  },
  {
    group,
    claim: "a flush covers what a holder that was killed had written",
    promise: "block.flush",
    async run(fixture, { seed }) {
      const recording = recordingOf(fixture);
      const random = seeded(seed);
      for (const block of [FIRST, last]) {
        const operations = [writeOf(FIRST, 1), flush, writeOf(block, 2, 1)];
        const trace = await traceOf(recording, empty(recording), operations);
        // The holder is gone and the medium is not: nothing is lost yet.
        const device = await recording.openOn(wholeOf(trace));
        const seen = shown(device);
        accepted(device.flush(), "flush");
        const acts = trace.steps.flatMap(({ acts }) => acts);
        const cut = cutAfter(trace.octets, [
          ...trace.opening,
          ...acts,
          ...await recording.take(),
        ]);
        for (const state of statesOf(cut, random, AGAIN_MAX)) {
          const next = await recording.openOn(state.octets());
          same(shown(next), seen, `power cut after the flush; ${state.how()}`);
        }
      }
    },
  },
];

/**
 * Opens the device on states that a first power cut left, does the operations,
 * and cuts the power at every moment of that too.
 */
async function afterCrashes(
  recording: BlockRecording,
  seed: number,
  operations: readonly Operation[],
): Promise<void> {
  const random = seeded(seed);
  const first = await traceOf(
    recording,
    empty(recording),
    drawn(random, LENGTH),
  );
  const rounds = Math.min(AGAIN_MAX, recording.statesMax ?? AGAIN_MAX);
  const octets = empty(recording);
  const cuts = first.steps.flatMap(({ acts }) => acts).length;
  for (let again = 0; again < rounds; again++) {
    const until = Math.floor(random() * cuts);
    const acts = [...first.opening, ...first.steps.flatMap(({ acts }) => acts)]
      .slice(0, until);
    const cut = cutAfter(octets, acts);
    const [state] = [...statesOf(cut, random, AGAIN_MAX)].slice(-1);
    const left = state?.octets() ?? withChanges(cut.durable, []);
    const device = await recording.openOn(left);
    const seen = shown(device);
    await recording.take();
    const trace = await traceOf(recording, left, operations);
    await replay(recording, trace, new Promised(seen), seed + again);
  }
}
