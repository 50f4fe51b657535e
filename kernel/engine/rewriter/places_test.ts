/**
 * Places of checks: random programs are run by a model that takes any way.
 *
 * The model knows nothing of how places are found. It counts the units between
 * two checks; the bound is that of places.ts, with the frames of the run.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { seeded } from "../../../conformance/kernel/engine/chance.ts";
import { type Flow, ROLES, type Step } from "./flow.ts";
import { allOpcodes } from "./opcodes.ts";
import {
  CALL_UNITS,
  placesOfChecks,
  RETURN_UNITS,
  STRETCH_UNITS,
} from "./places.ts";

const SEED = 20_261_121;
const PROGRAMS = 400;
const RUNS = 12;
const FUNCTIONS = 7;
const FRAMES_MAX = 40;
const NODES_MAX = 4_000;

type Node =
  | {
    kind: "work" | "call" | "bulk" | "branch" | "leave" | "throw";
    at: number;
  }
  | { kind: "block" | "loop" | "if" | "try"; at: number; parts: Node[][] };

interface Body {
  readonly nodes: readonly Node[];
  readonly steps: Step[];
  readonly locals: 0;
}

/** Makes one body, as nodes for the model and as steps for the placing. */
class Maker {
  readonly steps: Step[] = [];
  readonly #chance: () => number;

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  #below(count: number): number {
    return Math.floor(this.#chance() * count);
  }

  #push(step: Step): number {
    return this.steps.push(step) - 1;
  }

  nodes(depth: number, left: number): Node[] {
    return Array.from(
      { length: 1 + this.#below(4) },
      () =>
        left > 0 && this.#chance() < 0.4
          ? this.#block(depth, left - 1)
          : this.#plain(depth),
    );
  }

  #plain(depth: number): Node {
    const at = this.steps.length;
    const kind = this.#below(16);
    if (kind < 7) {
      const isLast = this.#chance() < 0.1;
      const callee = this.#chance() < 0.15 ? undefined : this.#below(FUNCTIONS);
      const isTail = !isLast && this.#chance() < 0.1;
      this.#push({ kind: "call", at, callee, isTail, isLast });
      if (isLast) this.#push({ kind: "leave" });
      return { kind: "call", at };
    }
    if (kind < 12) {
      const units = 1 + this.#below(this.#chance() < 0.3 ? 20_000 : 40);
      this.#push({ kind: "work", at, units });
      return { kind: "work", at };
    }
    if (kind === 12) {
      return { kind: "bulk", at: this.#push({ kind: "bulk", at }) };
    }
    if (kind === 13) {
      const isThrow = this.#chance() < 0.5;
      this.#push({ kind: "leave" });
      return { kind: isThrow ? "throw" : "leave", at };
    }
    const labels = Array.from(
      { length: 1 + this.#below(3) },
      () => this.#below(depth + 1),
    );
    this.#push({ kind: "branch", labels, goesOn: this.#chance() < 0.7 });
    return { kind: "branch", at };
  }

  #block(depth: number, left: number): Node {
    const kind = (["block", "loop", "if", "try"] as const)[this.#below(4)];
    const at = this.steps.length;
    if (kind === undefined || kind === "try") {
      // What is caught goes on behind the block around it.
      this.#push({ kind: "block", next: at });
      this.#push({ kind: "try" });
      const parts = [this.nodes(depth + 2, left)];
      this.#push({ kind: "end" });
      this.#push({ kind: "end" });
      return { kind: "try", at, parts };
    }
    this.#push({ kind, next: at });
    const parts = [this.nodes(depth + 1, left)];
    if (kind === "if" && this.#chance() < 0.5) {
      this.#push({ kind: "else", next: this.steps.length });
      parts.push(this.nodes(depth + 1, left));
    }
    this.#push({ kind: "end" });
    return { kind, at, parts };
  }
}

class Ended extends Error {}
class Thrown extends Error {}

/** Runs a program along chosen ways and counts. */
class Model {
  /** The most that ran between two checks, less what its frames may take. */
  most = 0;
  #units = 0;
  /** Frames that were there at the last check, and are left or still there. */
  #returned = 0;
  #lowest = 0;
  #nodes = 0;
  #frames = 0;

  constructor(
    readonly bodies: readonly Body[],
    readonly places: readonly ReadonlySet<number>[],
    readonly chance: () => number,
  ) {}

  run(): void {
    try {
      this.#call(Math.floor(this.chance() * this.bodies.length));
    } catch (error) {
      if (!(error instanceof Ended || error instanceof Thrown)) throw error;
    }
  }

  #pass(body: number, at: number): void {
    if (!this.places[body]?.has(at)) return;
    this.#units = 0;
    this.#returned = 0;
    this.#lowest = this.#frames;
  }

  #spend(units: number): void {
    this.#units += units;
    this.most = Math.max(
      this.most,
      this.#units - RETURN_UNITS * this.#returned,
    );
  }

  #call(body: number): void {
    if (++this.#frames > FRAMES_MAX) throw new Ended();
    try {
      this.#all(body, this.bodies[body]?.nodes ?? []);
    } finally {
      this.#frames -= 1;
      if (this.#frames < this.#lowest) {
        this.#lowest = this.#frames;
        this.#returned += 1;
      }
    }
  }

  /** How many blocks a branch leaves still, -1 if none is taken. */
  #all(body: number, nodes: readonly Node[]): number {
    for (const node of nodes) {
      const leaves = this.#one(body, node);
      if (leaves >= 0) return leaves;
    }
    return -1;
  }

  #one(body: number, node: Node): number {
    if (++this.#nodes > NODES_MAX) throw new Ended();
    if ("parts" in node) return this.#block(body, node);
    const step = this.bodies[body]?.steps[node.at];
    if (node.kind === "throw") throw new Thrown();
    if (step?.kind === "leave") return Infinity;
    this.#pass(body, node.at);
    if (step?.kind === "work") this.#spend(step.units);
    if (step?.kind === "call") {
      this.#spend(CALL_UNITS);
      this.#call(
        step.callee ?? Math.floor(this.chance() * this.bodies.length),
      );
      if (step.isLast) throw new Ended();
      if (step.isTail) return Infinity;
    }
    if (step?.kind !== "branch") return -1;
    if (step.goesOn && this.chance() < 0.5) return -1;
    return step.labels[Math.floor(this.chance() * step.labels.length)] ?? -1;
  }

  #block(body: number, node: Node & { parts: Node[][] }): number {
    if (node.kind === "try") {
      try {
        return Math.max(-1, this.#all(body, node.parts[0] ?? []) - 2);
      } catch (error) {
        if (error instanceof Thrown) return -1;
        throw error;
      }
    }
    if (node.kind === "if") {
      const part = node.parts[this.chance() < 0.5 ? 0 : 1] ?? [];
      return Math.max(-1, this.#all(body, part) - 1);
    }
    for (;;) {
      if (node.kind === "loop") this.#pass(body, node.at);
      const leaves = this.#all(body, node.parts[0] ?? []);
      if (leaves === 0 && node.kind === "loop") continue;
      return Math.max(-1, leaves - 1);
    }
  }
}

function program(chance: () => number): readonly Body[] {
  return Array.from({ length: FUNCTIONS }, () => {
    const maker = new Maker(chance);
    const nodes = maker.nodes(0, 3);
    maker.steps.push({ kind: "end" });
    return { nodes, steps: maker.steps, locals: 0 };
  });
}

/** The most of all programs, with the places that `keep` leaves. */
function mostOf(keep: (step: Step | undefined) => boolean) {
  let most = 0;
  let seedOfMost = 0;
  let small = 0;
  for (let index = 0; index < PROGRAMS; index++) {
    const chance = seeded(SEED + index);
    const bodies = program(chance);
    const places = placesOfChecks(bodies).map((own, body) =>
      new Set(own.filter((at) => keep(bodies[body]?.steps[at])))
    );
    small += places.filter(({ size }) => size === 0).length;
    for (let run = 0; run < RUNS; run++) {
      const model = new Model(bodies, places, chance);
      model.run();
      if (model.most > most) [most, seedOfMost] = [model.most, SEED + index];
    }
  }
  return { most, seedOfMost, small };
}

Deno.test("places: no way runs longer than a stretch without a check", () => {
  const { most, seedOfMost, small } = mostOf(() => true);
  ok(most <= STRETCH_UNITS, `${most} units, seed ${seedOfMost}`);
  ok(small > 0 && most > STRETCH_UNITS / 4, "the bound is put to the test");
});

Deno.test("places: control: without the checks for calls it does", () => {
  const isOfCall = (step: Step | undefined) => step?.kind !== "call";
  ok(mostOf(isOfCall).most > STRETCH_UNITS);
});

Deno.test("places: a call before a trap takes one check, its callers none", () => {
  const work: Step = { kind: "work", at: 0, units: 3 };
  const call = (callee: number | undefined, isLast: boolean): Step => ({
    kind: "call",
    at: 1,
    callee,
    isTail: false,
    isLast,
  });
  const flows: Flow[] = [
    { steps: [work, call(1, false), { kind: "end" }], locals: 0 },
    { steps: [work, call(undefined, true), { kind: "end" }], locals: 0 },
    { steps: [work, call(undefined, false), { kind: "end" }], locals: 0 },
    { steps: [work, call(2, false), { kind: "end" }], locals: 0 },
  ];
  deepStrictEqual(placesOfChecks(flows), [[], [1], [1], [1]]);
});

Deno.test("places: every instruction that may go elsewhere is known as such", () => {
  const goes = new Set(["block", "label", "labels", "try-table"]);
  let seen = 0;
  for (const [, { name, immediate }] of allOpcodes()) {
    if (!goes.has(immediate) && !/^(br|return|call|throw)/.test(name)) continue;
    ok(ROLES.has(name), name);
    seen += 1;
  }
  ok(seen > 20, "control: they were found");
});

Deno.test("places: a circle that no way closes is one nevertheless", () => {
  const call = (at: number, callee: number): Step => (
    { kind: "call", at, callee, isTail: false, isLast: false }
  );
  const work: Step = { kind: "work", at: 1, units: 0.4 * STRETCH_UNITS };
  const flow = (...steps: Step[]): Flow => ({ steps, locals: 0 });
  const caller = flow(call(1, 0), call(2, 0), call(3, 0), { kind: "end" });
  const end: Step[] = [{ kind: "leave" }, call(2, 1), { kind: "end" }];
  // The caller takes the first one, whose walk has not ended, for a large one.
  deepStrictEqual(placesOfChecks([flow(work, ...end), caller])[0], [1]);
  const control = flow(work, { kind: "leave" }, { kind: "end" });
  deepStrictEqual(placesOfChecks([control, caller]), [[], [1, 3]]);
});

const LONG = 0.6 * STRETCH_UNITS;
const WORK: Step = { kind: "work", at: 1, units: LONG };
/** A check that the way in question goes around. */
const PASSED_OVER: Step[] = [{ kind: "loop", next: 2 }, { kind: "end" }];

const WAYS: Readonly<Record<string, Step[]>> = {
  "a branch": [
    { kind: "block", next: 0 },
    WORK,
    { kind: "branch", labels: [0], goesOn: true },
    ...PASSED_OVER,
    { kind: "end" },
  ],
  "an arm that is not there": [
    WORK,
    { kind: "if", next: 0 },
    ...PASSED_OVER,
    { kind: "end" },
  ],
  "the other arm": [
    { kind: "if", next: 0 },
    WORK,
    { kind: "else", next: 0 },
    ...PASSED_OVER,
    { kind: "end" },
  ],
  "what is caught": [
    { kind: "block", next: 0 },
    { kind: "try" },
    WORK,
    ...PASSED_OVER,
    { kind: "end" },
    { kind: "end" },
  ],
  "what is caught in the old form": [
    { kind: "try" },
    WORK,
    ...PASSED_OVER,
    { kind: "catch" },
    { kind: "end" },
  ],
};

for (const [what, steps] of Object.entries(WAYS)) {
  Deno.test(`places: a check is not counted on by ${what}`, () => {
    const flow = (before: readonly Step[]): Flow => ({
      steps: [...before, { ...WORK, at: 3 }, { kind: "end" }],
      locals: 0,
    });
    const [checked, control] = placesOfChecks([
      flow(steps),
      flow([WORK, ...PASSED_OVER]),
    ]);
    ok(checked?.includes(3), "the second work is too long after the first");
    // Behind the loop itself a way has just been checked.
    ok(control?.includes(2) && !control.includes(3), "control");
  });
}
