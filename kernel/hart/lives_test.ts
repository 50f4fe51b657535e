/** Lives of cells on another hart: swapped, changed, restarted, stopped there. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  ABSENT,
  ASK_ON,
  fixture,
  SPIN,
  TELL_ON,
  TRAP,
} from "../../conformance/kernel/cell/fixture.ts";
import type { CellStatus } from "../cell/status.ts";
import { FAULTS_MAX } from "../limits.ts";
import { specOf, withWorld, type World } from "./testing/world.ts";

const PAIR = {
  behind: { hart: 1 },
  front: { world: "middle", behind: "behind", hart: 0 },
} as const;

const component = async (knobs = {}) => ({
  bytes: await fixture("leaf", knobs),
  version: "2",
});

const run = Effect.runPromise;

const back = (generation: number) => (status: CellStatus) =>
  status.state === "running" && status.generation >= generation;

/** How an attempt was refused. */
const refusalOf = async <A>(
  attempt: Effect.Effect<A, { readonly message: string }>,
) => (await run(Effect.flip(attempt))).message;

Deno.test("harts: a far cell is swapped under calls, with its state, and none is lost", async () => {
  await withWorld(1, PAIR, async (world) => {
    await world.add("behind", 5);
    let isOver = false;
    const calling = (async () => {
      const came = new Set<unknown>();
      while (!isOver) came.add(await world.act("front", ASK_ON));
      return came;
    })();
    const next = await component({ label: 1 });
    const report = await run(world.kernel.swap("behind", next));
    ok(report.pauseMs >= 0);
    await world.until(
      "behind",
      "swapped",
      ({ generation, state }) =>
        generation === report.generation && state === "probation",
    );
    const { calls } = world.status("behind");
    await world.until(
      "behind",
      "called",
      (status) => status.calls > calls + 20,
    );
    isOver = true;
    deepStrictEqual([...await calling], [5]);
    const { hash, version } = world.status("behind");
    strictEqual(hash, report.hash);
    strictEqual(version, "2");
  });
});

Deno.test("harts: a swap that is refused changes nothing; a bad one is rolled back", async () => {
  await withWorld(1, PAIR, async (world) => {
    await world.add("behind", 5);
    const { hash } = await world.running("behind");
    const bad = await component({ start: TRAP });
    match(await refusalOf(world.kernel.swap("behind", bad)), /start refused/);
    strictEqual(await world.act("front", ASK_ON), 5);
    const worse = await component({ health: TRAP });
    await run(world.kernel.swap("behind", worse));
    const found = await world.until(
      "behind",
      "rolled back",
      (status) => status.hash === hash && status.state === "running",
    );
    match(found.detail, /rolled back/);
    strictEqual(await world.act("front", ASK_ON), 5);
    ok(world.events.some(({ kind }) => kind === "rolled-back"));
  });
});

Deno.test("harts: far cells are loaded, re-budgeted and unloaded; each hart is admitted by itself", async () => {
  const cells = {
    behind: { hart: 1, budgetMs: 6 },
    front: { ...PAIR.front, budgetMs: 8 },
  };
  await withWorld(1, cells, async (world) => {
    const { kernel } = world;
    const terms = (cell: string, budgetMs: number) =>
      ({ kind: "set-budget", cell, terms: { budgetMs } }) as const;
    match(
      await refusalOf(kernel.apply(terms("behind", 11))),
      /budgetMs 11 is not/,
    );
    const load = async (
      name: string,
      own: Partial<ReturnType<typeof specOf>>,
    ) =>
      ({
        kind: "load",
        cell: name,
        spec: specOf(name, own),
        component: await component(),
      }) as const;
    match(
      await refusalOf(
        kernel.apply(await load("more", { hart: 1, budgetMs: 5 })),
      ),
      /hart 1: budgets do not fit: .*= 11 ms in an epoch of 10 ms; take off 1 ms/,
    );
    const { admissionAfter, refusals } = await run(
      kernel.prospect(await load("more", { hart: 1, budgetMs: 4 })),
    );
    deepStrictEqual(refusals, []);
    strictEqual(
      admissionAfter,
      "hart 0: front 8 = 8 of 10 ms; hart 1: behind 6 + more 4 = 10 of 10 ms",
    );
    // Without a wish it comes where there is most room.
    await run(kernel.apply(await load("more", { budgetMs: 3 })));
    strictEqual(world.status("more").hart, 1);
    await world.running("more");
    strictEqual(await world.add("more", 2), 2);
    await run(kernel.apply(terms("more", 4)));
    strictEqual(world.status("more").spec.budgetMs, 4);
    await run(kernel.apply({ kind: "unload", cell: "more" }));
    strictEqual(world.status("more").state, "unloaded");
    strictEqual(await world.add("more", 2), "refused");
    match(
      await refusalOf(kernel.apply(await load("more", { hart: 0 }))),
      /it lives on hart 1 until the node starts anew/,
    );
    await run(kernel.apply(await load("more", {})));
    strictEqual(await world.add("more", 1), 1);
  });
});

Deno.test("harts: a swap with another reservation is admitted on its cell's hart, with the way back", async () => {
  const cells = {
    behind: { hart: 1, budgetMs: 6 },
    beside: { hart: 1, budgetMs: 3 },
    other: { hart: 0, budgetMs: 1 },
  };
  await withWorld(1, cells, async (world) => {
    const { kernel } = world;
    const swapTo = async (own: Partial<ReturnType<typeof specOf>>) => ({
      kind: "swap" as const,
      cell: "behind",
      spec: specOf("behind", own),
      component: await component({ label: 1 }),
    });
    const eleven =
      /hart 1: budgets do not fit: behind 8 \+ beside 3 = 11 ms in an epoch of 10 ms; take off 1 ms/;
    // An entry that says nothing of a hart stays where its cell is.
    for (const place of [{ hart: 1 }, {}]) {
      const large = await swapTo({ ...place, budgetMs: 8 });
      match(await refusalOf(kernel.apply(large)), eleven);
      const { refusals } = await run(kernel.prospect(large));
      match(refusals.join(), eleven);
    }
    strictEqual(world.status("behind").generation, 1);
    match(
      await refusalOf(kernel.apply(await swapTo({ hart: 0, budgetMs: 1 }))),
      /it lives on hart 1 until the node starts anew/,
    );

    await run(kernel.apply(await swapTo({ budgetMs: 2 })));
    const { spec, hart } = world.status("behind");
    deepStrictEqual([spec.budgetMs, hart], [2, 1]);
    // The generation that stands by may come back with its 6 ms.
    const beside = (budgetMs: number) => ({
      kind: "set-budget" as const,
      cell: "beside",
      terms: { budgetMs },
    });
    match(
      await refusalOf(kernel.apply(beside(5))),
      /hart 1: budgets do not fit: behind 6 \+ beside 5 = 11 ms/,
    );
    // Whoever comes without a wish is not put where only that leaves room.
    await run(kernel.apply({
      kind: "load",
      cell: "more",
      spec: specOf("more", { budgetMs: 4 }),
      component: await component(),
    }));
    strictEqual(world.status("more").hart, 0);
    await run(kernel.apply(beside(4)));
    strictEqual(world.status("beside").spec.budgetMs, 4);
  });
});

Deno.test("harts: a hart that spins takes nothing from another one", async () => {
  const cells = {
    busy: { hart: 1, budgetMs: 10, stepMs: 60_000, knobs: { step: SPIN } },
    other: { hart: 0 },
  };
  await withWorld(1, cells, async (world) => {
    const { parks } = await world.until(
      "busy",
      "parked",
      (status) => status.parks > 3,
    );
    for (let at = 1; at <= 100; at += 1) {
      strictEqual(await world.add("other", 1), at);
    }
    const after = await world.until(
      "busy",
      "at it still",
      (status) => status.parks > parks + 3,
    );
    strictEqual(after.generation, 1);
  });
});

Deno.test("harts: a hart that ends takes its cells with it, and they come back", async () => {
  const cells = {
    behind: { hart: 1, checkpointS: 1 },
    front: PAIR.front,
    other: { hart: 0 },
    leaving: { hart: 1 },
  };
  await withWorld(1, cells, async (world) => {
    const { kernel } = world;
    await world.add("behind", 5);
    await world.add("other", 9);
    const { hash } = await run(
      kernel.swap("behind", await component({ label: 2 })),
    );
    await run(kernel.apply({ kind: "unload", cell: "leaving" }));
    await keptCheckpoint(world);
    const waiting = world.act("front", ASK_ON + SPIN);
    await world.until("behind", "called", () => true);
    world.breakHart(1);
    strictEqual(await waiting, ABSENT.gone);
    const before = world.status("behind");
    const { faults, hart, hash: after } = await world.until(
      "behind",
      "back",
      back(before.generation + 1),
    );
    deepStrictEqual([faults, hart, after], [1, 1, hash]);
    // From its last checkpoint; the others did not notice.
    strictEqual(await world.act("front", ASK_ON), 5);
    strictEqual(await world.add("other", 0), 9);
    strictEqual(world.status("front").generation, 1);
    const fault = world.events.find(({ kind }) => kind === "fault");
    ok(fault?.kind === "fault" && fault.epitaph.kind === "hart");
    strictEqual(await world.act("front", TELL_ON), 5);
    // What was unloaded stays so, and can be loaded on the new thread.
    strictEqual(world.status("leaving").state, "unloaded");
    await run(kernel.apply({
      kind: "load",
      cell: "leaving",
      spec: specOf("leaving"),
      component: await component(),
    }));
    strictEqual(await world.add("leaving", 1), 1);
    strictEqual(world.status("leaving").hart, 1);
  });
});

/** A checkpoint was taken that has what was added before. */
async function keptCheckpoint(world: World): Promise<void> {
  const { calls } = world.status("behind");
  // A heartbeat, a checkpoint and another heartbeat have passed by then.
  await world.until("behind", "kept", (status) => status.calls > calls + 3);
}

Deno.test("harts: a hart that ends again and again is not started any more", async () => {
  await withWorld(1, { ...PAIR, other: { hart: 0 } }, async (world) => {
    for (let end = 1; end <= FAULTS_MAX; end += 1) {
      await world.until(
        "behind",
        "back",
        ({ state, generation }) => state === "running" && generation === end,
      );
      world.breakHart(1);
      await world.until("behind", "down", ({ state }) => state !== "running");
    }
    const { detail } = await world.until(
      "behind",
      "given up",
      ({ state }) => state === "disabled",
    );
    match(detail, /its hart ended 5 times/);
    strictEqual(await world.act("front", ASK_ON), ABSENT.refused);
    strictEqual(await world.add("other", 1), 1);
    const swap = world.kernel.swap("behind", await component());
    match(await refusalOf(swap), /its hart does not run/);
  });
});

Deno.test("harts: callers stop before those whom they call, on whichever hart", async () => {
  for (const [behind, front] of [[1, 0], [0, 1]] as const) {
    const cells = {
      behind: { hart: behind },
      front: { ...PAIR.front, hart: front },
    };
    let lines: World["lines"] = [];
    await withWorld(1, cells, async (world) => {
      lines = world.lines;
      strictEqual(await world.act("front", ASK_ON), 0);
    });
    deepStrictEqual(
      lines.map(({ cell, message }) => `${cell} ${message}`),
      ["behind start", "front start", "front stop", "behind stop"],
    );
  }
});
