/** Counting down, with a clock that the test moves. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Countdown } from "../engine/ticker.ts";
import { RUNNING } from "../engine/hart_words.ts";
import { Counting } from "./counting.ts";

const TICK_MS = 0.5;
const LATE_TICKS_MAX = 20;
const TALLY = 40;
const LONG = 1_000;

class World {
  nowMs = 100;
  readonly countdowns: readonly Countdown[];
  readonly #counting: Counting;

  constructor(harts = 1) {
    const control = new Int32Array(new SharedArrayBuffer(4));
    this.countdowns = Array.from(
      { length: harts },
      () => new Countdown(control),
    );
    this.#counting = new Counting({
      countdowns: this.countdowns.map(({ words }) => words),
      running: RUNNING,
      tickMs: TICK_MS,
      lateTicksMax: LATE_TICKS_MAX,
    }, () => this.nowMs);
  }

  get countdown(): Countdown {
    return this.countdowns[0] as Countdown;
  }

  /** Time passes, then the thread has a turn. */
  turnAfter(ms: number): number | undefined {
    this.nowMs += ms;
    return this.#counting.turn();
  }
}

Deno.test("counting: control: in time, each turn takes one tick", () => {
  const world = new World();
  const { countdown } = world;
  strictEqual(world.turnAfter(TICK_MS), undefined);
  countdown.enter(5);
  const left = [0.2, 0.5, 0.5, 0.5, 0.5].map((ms) => {
    const nextMs = world.turnAfter(ms);
    strictEqual(nextMs, world.nowMs + TICK_MS);
    return countdown.ticksLeft;
  });
  deepStrictEqual(left, [4, 3, 2, 1, 0]);
  world.turnAfter(TICK_MS);
  strictEqual(countdown.ticksLeft, 0, "what is over is not counted on");
});

Deno.test("counting: a late turn takes off all ticks that it missed", () => {
  const world = new World();
  const { countdown } = world;
  countdown.enter(5);
  world.turnAfter(0);
  world.turnAfter(4 * TICK_MS);
  strictEqual(countdown.ticksLeft, 0, "it is over, not four turns later");
});

Deno.test("counting: parts of ticks are not lost", () => {
  const world = new World();
  const { countdown } = world;
  countdown.enter(LONG);
  world.turnAfter(0);
  for (let turn = 0; turn < 100; turn += 1) world.turnAfter(0.7);
  strictEqual(countdown.ticksLeft, LONG - 1 - Math.floor(100 * 0.7 / TICK_MS));
});

Deno.test("counting: what passed before time was given anew is not taken", () => {
  const give: Record<string, (countdown: Countdown) => unknown> = {
    "another call": (countdown) => {
      countdown.leave(0);
      countdown.enter(5);
    },
    "the same time again": (countdown) => countdown.set(5),
    "a nested call": (countdown) => countdown.enter(5),
  };
  for (const [what, anew] of Object.entries(give)) {
    const world = new World();
    const { countdown } = world;
    countdown.enter(what === "a nested call" ? LONG : 5);
    world.turnAfter(0);
    world.nowMs += 4 * TICK_MS;
    anew(countdown);
    world.turnAfter(0);
    strictEqual(countdown.ticksLeft, 4, what);
    world.turnAfter(2 * TICK_MS);
    strictEqual(countdown.ticksLeft, 2, what);
  }
});

Deno.test("counting: a machine that stood still uses up an epoch at most", () => {
  const world = new World();
  const { countdown } = world;
  countdown.enter(LONG);
  world.turnAfter(0);
  world.turnAfter(60_000);
  strictEqual(countdown.ticksLeft, LONG - 1 - LATE_TICKS_MAX);
  world.turnAfter(TICK_MS);
  strictEqual(
    countdown.ticksLeft,
    LONG - 2 - LATE_TICKS_MAX,
    "and that is past",
  );
});

Deno.test("counting: n ticks are never over before n - 1 periods", () => {
  const seed = 20_261_122;
  const random = lcg(seed);
  for (let round = 0; round < 500; round += 1) {
    const world = new World();
    const { countdown } = world;
    const ticks = 2 + random(8);
    for (let turn = random(3); turn > 0; turn -= 1) world.turnAfter(0.3);
    countdown.enter(1 + random(4));
    for (let turn = random(3); turn > 0; turn -= 1) {
      world.turnAfter(random(100) / 40);
    }
    countdown.leave(0);
    countdown.enter(ticks);
    const beganMs = world.nowMs;
    while (countdown.ticksLeft > 0) world.turnAfter(random(100) / 40);
    const ranMs = world.nowMs - beganMs;
    ok(ranMs >= (ticks - 1) * TICK_MS - 1e-6, `${ranMs} ms, seed ${seed}`);
  }
});

Deno.test("counting: who runs is credited with every tick that passed", () => {
  const world = new World();
  const { countdown } = world;
  countdown.words[RUNNING] = TALLY;
  countdown.enter(LONG);
  world.turnAfter(0);
  world.turnAfter(3 * TICK_MS);
  strictEqual(countdown.words[TALLY], 4);
});

Deno.test("counting: harts are counted apart", () => {
  const world = new World(2);
  const [first, second] = world.countdowns as [Countdown, Countdown];
  first.enter(LONG);
  world.turnAfter(0);
  world.turnAfter(4 * TICK_MS);
  second.enter(LONG);
  world.turnAfter(TICK_MS);
  strictEqual(first.ticksLeft, LONG - 6);
  strictEqual(second.ticksLeft, LONG - 1);
});

Deno.test("counting: who gives parts of its time away does not lose by it", () => {
  // Another hart makes the thread have a turn twice in each period.
  const world = new World(2);
  const [first, second] = world.countdowns as [Countdown, Countdown];
  first.enter(LONG);
  second.enter(LONG);
  world.turnAfter(0);
  const turns = 100;
  for (let turn = 0; turn < turns; turn += 1) {
    const shortened = first.enter(20);
    world.turnAfter(TICK_MS / 2);
    first.leave(shortened);
  }
  ok(LONG - first.ticksLeft <= 1 + turns / 2, `${first.ticksLeft} are left`);
  strictEqual(second.ticksLeft, LONG - 1 - turns / 2, "control");
});

Deno.test("counting: a stop is seen whatever was given meanwhile", () => {
  const { countdown } = new World();
  countdown.enter(5);
  strictEqual(countdown.takeStopped(), false, "control");
  countdown.words[1] = 1;
  countdown.apart(5, () => strictEqual(countdown.takeStopped(), false));
  strictEqual(countdown.takeStopped(), true);
  strictEqual(countdown.takeStopped(), false, "asked once");
});

function lcg(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
