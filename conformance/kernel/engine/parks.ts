/**
 * Calls that are parked when their slice is over, and go on.
 *
 * Beside the parked sums is the control that the same code without a park gives
 * the same value. Where an engine cannot park, each case prints that it is left
 * out, with the engine's reason.
 */
import {
  deepStrictEqual,
  fail,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { Effect } from "effect";
import {
  CellTrap,
  type Grants,
  type Guarded,
  type ParkableCall,
} from "../../../kernel/engine/engine.ts";
import {
  call,
  compile,
  type EngineShape,
  grants,
  LIMITS,
  LONG_MS,
  type Probe,
  probe,
  SHORT_MS,
  type Test,
  valueOf,
} from "./fixture.ts";
import { componentOf, ear, probeText, type Work, work } from "./probe.ts";

const SLICE_MS = 1;
/** A sum of so many numbers takes some tens of slices. */
const MANY = 100_000_000;
/** MANY * (MANY + 1) / 2 modulo 2^32. */
const SUM_OF_MANY = Number(
  BigInt.asUintN(32, (BigInt(MANY) * BigInt(MANY + 1)) / 2n),
);

type Numeric = "add" | "sum" | "climb" | "relay" | "count" | "fail" | "recurse";
type Watch = (isRunning: boolean) => void;

function parkable(
  { instance }: Probe,
  method: Numeric | "spin",
  args: readonly number[] = [],
  watch: Watch = () => {},
): ParkableCall<unknown> {
  const what = { binding: work, method };
  const made = instance.parkable(
    what as { binding: typeof work; method: "sum" },
    args as [number],
    LONG_MS,
    watch,
  );
  if (made === undefined) fail("it cannot park");
  return made;
}

/** Runs slices until the call is over; how often it was parked. */
async function finish(
  running: ParkableCall<unknown>,
  between: () => void = () => {},
): Promise<{ guarded: Guarded<unknown>; parks: number }> {
  for (let parks = 0; parks < 100_000; parks++) {
    const slice = await running.run(SLICE_MS);
    if (!slice.parked) return { guarded: slice.guarded, parks };
    between();
  }
  return fail("it did not end");
}

async function park(running: ParkableCall<unknown>, times = 1): Promise<void> {
  for (let left = times; left > 0; left--) {
    ok((await running.run(SLICE_MS)).parked);
  }
}

/** A caller whose ear answers with what the inner cell says. */
function chained(
  engine: EngineShape,
  cell: Parameters<typeof probe>[1],
  inner: Probe,
  method: Numeric | "spin",
  cancels: ((reason: CellTrap) => void)[] = [],
): Probe {
  const parking = {
    ask: async (x: number) => {
      const joined = inner.instance.join(
        { binding: work, method: method as "sum" },
        [x],
        LONG_MS,
      );
      if (joined === undefined) return 0;
      cancels.push(joined.cancel);
      const answer = await joined.answer;
      return answer.ok ? answer.value : 77;
    },
  };
  const granted: Grants = new Map([[ear.name, {
    binding: ear,
    host: { ask: () => 5 },
    parking,
  }]]);
  const instance = Effect.runSync(engine.instantiate(cell, granted, LIMITS));
  return { instance, work: instance.bind(work) };
}

export function parks(test: Test): void {
  const able: Test = (claim, body) =>
    test(claim, (engine) => {
      if (engine.cannotPark === undefined) return body(engine);
      match(engine.cannotPark, /\w/, "it says why it cannot");
      console.log(`left out: ${engine.cannotPark}`);
      return Promise.resolve();
    });
  alone(able);
  chains(able);
  ends(able);
}

function alone(test: Test): void {
  const setUp = async (engine: EngineShape) =>
    await compile(engine, await componentOf(probeText()));

  test("a long sum is parked often and right in the end", async (engine) => {
    const cell = await setUp(engine);
    const probed = probe(engine, cell);
    const { guarded, parks } = await finish(parkable(probed, "sum", [MANY]));
    strictEqual(valueOf(guarded), SUM_OF_MANY);
    ok(parks > 0, "it was never parked");
    strictEqual(valueOf(call(probed, (work) => work.sum(MANY))), SUM_OF_MANY);
  });

  test("endless loops are parked in turn; others run between", async (engine) => {
    const cell = await setUp(engine);
    const [one, two, third] = [
      probe(engine, cell),
      probe(engine, cell),
      probe(engine, cell),
    ];
    const first = parkable(one, "spin");
    const second = parkable(two, "climb", [60]);
    for (let turn = 1; turn <= 20; turn++) {
      await park(first);
      strictEqual(valueOf(call(third, (work) => work.count())), turn);
      await park(second);
    }
    strictEqual(one.instance.ended, undefined);
    strictEqual(two.instance.ended, undefined);
  });

  test("two parked sums do not touch each other", async (engine) => {
    const cell = await setUp(engine);
    const calls = [MANY, MANY - 1].map((n) =>
      finish(parkable(probe(engine, cell), "sum", [n]))
    );
    const values = (await Promise.all(calls)).map((end) =>
      valueOf(end.guarded)
    );
    deepStrictEqual(values, [SUM_OF_MANY, (SUM_OF_MANY - MANY) >>> 0]);
  });

  test("a call within its slice is not parked", async (engine) => {
    const cell = await setUp(engine);
    const slice = await parkable(probe(engine, cell), "add", [1, 2])
      .run(LONG_MS);
    ok(!slice.parked);
    strictEqual(valueOf(slice.guarded), 3);
  });

  test("after a parked call the same cell serves plain ones", async (engine) => {
    const cell = await setUp(engine);
    const probed = probe(engine, cell);
    await finish(parkable(probed, "sum", [MANY]));
    strictEqual(valueOf(call(probed, (work) => work.count())), 1);
    const again = await finish(parkable(probed, "count"));
    strictEqual(valueOf(again.guarded), 2);
  });

  test("its time is told, burst by burst", async (engine) => {
    const cell = await setUp(engine);
    const told: boolean[] = [];
    const watch = (isRunning: boolean) => void told.push(isRunning);
    const probed = probe(engine, cell);
    const running = parkable(probed, "spin", [], watch);
    await park(running, 3);
    strictEqual(told.filter((isRunning) => isRunning).length, 3);
    deepStrictEqual(told.map((_, at) => at % 2 === 0), told);
  });

  test("deadlines of plain calls hold beside a parked one", async (engine) => {
    const cell = await setUp(engine);
    const spinning = parkable(probe(engine, cell), "spin");
    await park(spinning);
    const late = probe(engine, cell);
    const ended = call(late, (work: Work) => work.spin(), SHORT_MS);
    ok(!ended.ok && ended.trap.kind === "deadline");
    await park(spinning, 2);
  });
}

function chains(test: Test): void {
  test("a caller is parked with the cell that it called", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    const outer = chained(engine, cell, inner, "sum");
    const between = probe(engine, cell);
    const { guarded, parks } = await finish(
      parkable(outer, "relay", [MANY]),
      () => valueOf(call(between, (work) => work.count())),
    );
    strictEqual(valueOf(guarded), SUM_OF_MANY);
    ok(parks > 0, "it was never parked");
    strictEqual(valueOf(call(inner, (work) => work.count())), 1);
  });

  test("control: without a park the plain host answers", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const outer = chained(engine, cell, probe(engine, cell), "sum");
    strictEqual(valueOf(call(outer, (work) => work.relay(MANY))), 5);
  });

  test("a trap in the called cell ends that one alone", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    const outer = chained(engine, cell, inner, "fail");
    const { guarded } = await finish(parkable(outer, "relay", [1]));
    strictEqual(valueOf(guarded), 77);
    strictEqual(inner.instance.ended?.kind, "trap");
    strictEqual(outer.instance.ended, undefined);
  });

  test("cancelling the called cell leaves its caller", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    const cancels: ((reason: CellTrap) => void)[] = [];
    const outer = chained(engine, cell, inner, "spin", cancels);
    const running = parkable(outer, "relay", [0]);
    await park(running, 3);
    const reason = new CellTrap("deadline", "too long", undefined);
    for (const cancel of cancels) cancel(reason);
    const { guarded } = await finish(running);
    strictEqual(valueOf(guarded), 77);
    strictEqual(inner.instance.ended, reason);
    strictEqual(outer.instance.ended, undefined);
  });

  test("cancelling the caller ends the whole chain", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    const outer = chained(engine, cell, inner, "spin");
    const running = parkable(outer, "relay", [0]);
    await park(running, 3);
    const reason = new CellTrap("deadline", "too long", undefined);
    running.cancel(reason);
    const { guarded } = await finish(running);
    ok(!guarded.ok && guarded.trap === reason);
    strictEqual(outer.instance.ended, reason);
    strictEqual(inner.instance.ended?.kind, "cancelled");
  });
}

function ends(test: Test): void {
  const kinds: readonly [Numeric, string][] = [
    ["fail", "trap"],
    ["recurse", "stack"],
  ];
  for (const [method, kind] of kinds) {
    test(`a parkable call of ${method} ends as a ${kind}`, async (engine) => {
      const cell = await compile(engine, await componentOf(probeText()));
      const probed = probe(engine, cell);
      const { guarded } = await finish(parkable(probed, method));
      ok(!guarded.ok);
      strictEqual(guarded.trap.kind, kind);
      strictEqual(probed.instance.ended, guarded.trap);
      const neighbour = probe(engine, cell);
      strictEqual(valueOf(call(neighbour, (work) => work.sum(100))), 5_050);
    });
  }

  test("a parked call is cancelled", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    const running = parkable(probed, "spin");
    await park(running, 2);
    const reason = new CellTrap("cancelled", "not wanted", undefined);
    running.cancel(reason);
    const slice = await running.run(SLICE_MS);
    ok(!slice.parked && !slice.guarded.ok);
    strictEqual(slice.guarded.trap, reason);
    strictEqual(probed.instance.ended, reason);
  });

  test("an instance is disposed of while it is parked", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    await park(parkable(probed, "spin"), 2);
    probed.instance.dispose();
    // What was suspended unwinds in its own turn.
    await new Promise((resolve) => setTimeout(resolve, 1));
    ok(!call(probed, (work) => work.add(1, 1)).ok);
    strictEqual(valueOf(call(probe(engine, cell), (work) => work.count())), 1);
  });

  test("a parkable call from outside does not run without a slice", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    parkable(probed, "count");
    strictEqual(valueOf(call(probed, (work) => work.count())), 1);
    // The control: nothing is left that could park a plain call.
    strictEqual(valueOf(call(probed, (work) => work.sum(MANY))), SUM_OF_MANY);
    strictEqual(
      valueOf(call(probe(engine, cell, () => 3), (w) => w.relay(1))),
      3,
    );
    strictEqual(grants().size, 1);
  });
}
