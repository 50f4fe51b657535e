/**
 * What every driver of `karyon:hal/entropy` must do. Names no implementation.
 *
 * Plan. Each case holds one promise of wit/hal/entropy/entropy.wit.
 * - behaviour: control, exact lengths, ownership, statistics over 64 KiB drawn in
 *   large and in small pieces, two openings, seeds, description, health
 * - refusals: nothing, too much, the ends of the type; a refusal takes nothing
 * - recovery: a platform that fails gives no octets, says so, and may come back
 * - hostile: a storm of refused draws
 *
 * Not here: concurrency and deadlines, since a draw never waits; how much entropy
 * the platform really has, which no test of its output can show.
 */
import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import type { DrawResult, Entropy } from "../../../hal/entropy_contract.ts";
import type { Suite } from "../suite/case.ts";
import {
  type EntropyCase,
  type EntropyFixture,
  failNextOf,
  only,
} from "./case.ts";
import { type Suspicion, TESTS } from "./statistics.ts";

const SAMPLE_OCTETS = 65_536;
const DRAW_MAX_LEAST = 1024;

/** Draws; fails unless exactly as many octets come. */
function drawn(source: Entropy, length: number): Uint8Array {
  const answer = source.draw(length);
  ok(answer.tag === "ok", `refused: ${JSON.stringify(answer)}`);
  strictEqual(answer.val.length, length, "octets of a draw");
  return answer.val;
}

/** Draws a sample in pieces. */
function sample(source: Entropy, piece: number): Uint8Array {
  const octets = new Uint8Array(SAMPLE_OCTETS);
  for (let at = 0; at < octets.length; at += piece) {
    octets.set(drawn(source, Math.min(piece, octets.length - at)), at);
  }
  return octets;
}

function refused(answer: DrawResult, reason: "wrong-size" | "failed"): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  strictEqual(answer.val.tag, reason);
}

const hex = (octets: Uint8Array) => octets.toHex();

const STATISTICS: readonly EntropyCase[] = Object.entries(TESTS).flatMap(
  ([claim, test]: [string, (octets: Uint8Array) => Suspicion]) =>
    [1024, 48].map((piece): EntropyCase => ({
      group: "behaviour",
      claim: `${claim}, in draws of ${piece}`,
      promise: "entropy.draw",
      run: ({ source }) => strictEqual(test(sample(source, piece)), undefined),
    })),
);

const BEHAVIOUR: readonly EntropyCase[] = [
  {
    group: "behaviour",
    claim: "control: a draw gives exactly as many octets as were asked for",
    promise: "entropy.draw",
    run({ source }) {
      for (const length of [1, 2, 3, 4, 5, 31, 32, 33, 1000, 1024]) {
        drawn(source, length);
      }
    },
  },
  {
    group: "behaviour",
    claim: "the largest draw is given whole",
    promise: "source.draw-max",
    run({ source }) {
      const { drawMax } = source.describe();
      ok(drawMax >= DRAW_MAX_LEAST, `draw-max is ${drawMax}`);
      const octets = drawn(source, drawMax);
      ok(octets.subarray(-32).some((octet) => octet !== 0), "its end is zeros");
    },
  },
  {
    group: "behaviour",
    claim: "what a draw gave is the caller's",
    promise: "entropy.draw",
    run({ source }) {
      const first = drawn(source, 64);
      const kept = hex(first);
      const second = drawn(source, 64);
      strictEqual(hex(first), kept, "after another draw");
      first.fill(0);
      notStrictEqual(hex(second), "00".repeat(64));
      notStrictEqual(hex(second), kept);
      notStrictEqual(hex(drawn(source, 64)), "00".repeat(64));
    },
  },
  {
    group: "behaviour",
    claim: "the first and the last octet of draws are random, too",
    promise: "entropy.draw",
    run({ source }) {
      const draws = Array.from({ length: 64 }, () => drawn(source, 32));
      ok(new Set(draws.map((one) => one[0])).size > 8, "first octets");
      ok(new Set(draws.map((one) => one[31])).size > 8, "last octets");
    },
  },
  ...STATISTICS,
  {
    group: "behaviour",
    claim: "two openings of an unpredictable source give other octets",
    promise: "quality.unpredictable",
    run(fixture) {
      only("unpredictable", fixture);
      const all = [fixture.source, fixture.again(), fixture.again()].map((
        one,
      ) => hex(drawn(one, 32)));
      strictEqual(new Set(all).size, 3);
    },
  },
  {
    group: "behaviour",
    claim: "the same seed gives the same octets",
    promise: "quality.seeded",
    run(fixture) {
      only("seeded", fixture);
      const first = hex(drawn(fixture.source, 1000));
      strictEqual(hex(drawn(fixture.again(), 1000)), first);
    },
  },
  {
    group: "behaviour",
    claim: "seeded octets are the same in one draw or in many",
    promise: "quality.seeded",
    run(fixture) {
      only("seeded", fixture);
      const whole = hex(drawn(fixture.source, 120));
      const again = fixture.again();
      const pieces = [1, 2, 3, 5, 7, 11, 13, 78].map((n) =>
        hex(drawn(again, n))
      );
      strictEqual(pieces.join(""), whole);
    },
  },
  {
    group: "behaviour",
    claim: "another seed gives other octets",
    promise: "quality.seeded",
    run(fixture) {
      only("seeded", fixture);
      const other = fixture.other?.();
      if (other === undefined) return;
      notStrictEqual(hex(drawn(other, 32)), hex(drawn(fixture.source, 32)));
    },
  },
  {
    group: "behaviour",
    claim: "the source says what it is, and that is constant",
    promise: "entropy.describe",
    run({ source }) {
      const before = { ...source.describe() };
      drawn(source, 100);
      source.draw(0);
      deepStrictEqual({ ...source.describe() }, before);
    },
  },
  {
    group: "behaviour",
    claim: "a source that works says so",
    promise: "entropy.health",
    run({ source }) {
      strictEqual(source.health().tag, "ok");
      drawn(source, 10);
      source.draw(0);
      strictEqual(source.health().tag, "ok");
    },
  },
];

const SIZES: ReadonlyArray<readonly [string, (max: number) => number]> = [
  ["no octets", () => 0],
  ["one more than draw-max", (max) => max + 1],
  ["the most that the type holds", () => 2 ** 32 - 1],
];

const REFUSALS: readonly EntropyCase[] = [
  ...SIZES.map(([claim, length]): EntropyCase => ({
    group: "refusals",
    claim: `refuses ${claim} as wrong-size`,
    promise: "refusal.wrong-size",
    run({ source }) {
      refused(source.draw(length(source.describe().drawMax)), "wrong-size");
    },
  })),
  {
    group: "refusals",
    claim: "a refusal takes nothing from a seeded source",
    promise: "refusal",
    run(fixture) {
      only("seeded", fixture);
      const again = fixture.again();
      const want = hex(drawn(again, 40));
      const { source } = fixture;
      const first = hex(drawn(source, 20));
      for (const [, length] of SIZES) {
        source.draw(length(source.describe().drawMax));
      }
      strictEqual(first + hex(drawn(source, 20)), want);
    },
  },
  {
    group: "hostile",
    claim: "a storm of refused draws changes nothing",
    promise: "refusal",
    run({ source }) {
      for (let i = 0; i < 1000; i++) source.draw(2 ** 32 - 1 - i);
      strictEqual(source.health().tag, "ok");
      drawn(source, 32);
    },
  },
];

const RECOVERY: readonly EntropyCase[] = [
  {
    group: "recovery",
    claim: "a draw that fails in the platform is failed, and says why",
    promise: "refusal.failed",
    run(fixture) {
      failNextOf(fixture)();
      const answer = fixture.source.draw(32);
      refused(answer, "failed");
      ok(
        answer.tag === "err" && (answer.val.val ?? "").length > 0,
        "no reason",
      );
    },
  },
  {
    group: "recovery",
    claim: "after a failure the source does not say that it is well",
    promise: "entropy.health",
    run(fixture) {
      failNextOf(fixture)();
      strictEqual(fixture.source.draw(32).tag, "err");
      notStrictEqual(fixture.source.health().tag, "ok");
    },
  },
  {
    group: "recovery",
    claim: "octets after a failure are random, or none",
    promise: "refusal.failed",
    run(fixture) {
      failNextOf(fixture)();
      strictEqual(fixture.source.draw(32).tag, "err");
      const draws = [fixture.source.draw(32), fixture.source.draw(32)];
      const given = draws.flatMap((one) =>
        one.tag === "ok" ? [hex(one.val)] : []
      );
      strictEqual(new Set(given).size, given.length);
      ok(!given.includes("00".repeat(32)), "zeros");
    },
  },
];

export const ENTROPY_SUITE: Suite<EntropyFixture> = {
  contract: "entropy",
  wit: "wit/hal/entropy/entropy.wit",
  about: "karyon:hal/entropy@0.1.0: octets, statistics, refusals, failures",
  cases: [...BEHAVIOUR, ...REFUSALS, ...RECOVERY],
};
