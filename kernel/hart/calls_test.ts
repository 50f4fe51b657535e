/** Calls across harts: the same as on one, for who calls and who is called. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  ABSENT,
  ASK_ON,
  CAREFUL,
  LONG,
  SPIN,
  TELL_ON,
  TRAP,
} from "../../conformance/kernel/cell/fixture.ts";
import { withWorld, type World } from "./testing/world.ts";

/** Some calls, and what each came to. */
async function transcript(world: World): Promise<unknown[]> {
  const told: unknown[] = [];
  const restarted = async (cell: string, generation: number) => {
    const isBack = (one: ReturnType<World["status"]>) =>
      one.state === "running" && one.generation === generation;
    told.push((await world.until(cell, "back", isBack)).faults);
  };
  told.push(await world.add("behind", 7));
  told.push(
    await world.act("front", ASK_ON),
    await world.act("front", TELL_ON),
  );
  told.push(await world.act("front", ASK_ON + LONG));
  told.push(await world.act("front", ASK_ON + TRAP));
  await restarted("behind", 2);
  told.push(await world.act("front", ASK_ON));
  told.push(await world.act("front", TELL_ON + TRAP));
  await restarted("behind", 3);
  await restarted("front", 2);
  told.push(await world.act("front", TELL_ON + TELL_ON));
  await restarted("behind", 4);
  await restarted("front", 3);
  told.push(await world.act("nobody", 0));
  const ends = world.events.flatMap((event) => {
    if (event.kind !== "fault") return [];
    const { cell, generation, kind, during } = event.epitaph;
    return [`${cell} ${generation} ${kind} ${during}`];
  });
  // What two harts tell comes in either order.
  told.push(ends.sort());
  told.push(world.said("behind"));
  return told;
}

const PAIR = {
  behind: { hart: 1 },
  front: { world: "middle", behind: "behind", hart: 0 },
} as const;

Deno.test("harts: a caller cannot tell on which hart its callee lives", async () => {
  const one: unknown[] = [];
  const none = { behind: { hart: 0 }, front: PAIR.front };
  await withWorld(0, none, async (world) => {
    one.push(...await transcript(world));
  });
  // Control: the calls came to something.
  deepStrictEqual(one.slice(0, 5), [7, 7, 7, 7, ABSENT.gone]);
  for (const [behind, front] of [[1, 0], [2, 1]] as const) {
    const cells = {
      behind: { hart: behind },
      front: { ...PAIR.front, hart: front },
    };
    await withWorld(2, cells, async (world) => {
      strictEqual(world.status("behind").hart, behind);
      strictEqual(world.status("front").hart, front);
      deepStrictEqual(await transcript(world), one);
    });
  }
});

Deno.test("harts: who restores after a fault is called from no hart", async () => {
  const slow = { hart: 1, knobs: { restores: 10 } };
  await withWorld(1, { ...PAIR, behind: slow }, async (world) => {
    await world.running("behind");
    await world.add("behind", 7);
    strictEqual(await world.act("front", ASK_ON), 7);
    strictEqual(await world.act("front", ASK_ON + TRAP), ABSENT.gone);
    for (;;) {
      const { state, generation } = world.status("behind");
      const came = await world.act("front", ASK_ON);
      if (state === "running" && generation === 2) break;
      ok(came === ABSENT.refused || came === 0, `${came}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    strictEqual(await world.act("front", ASK_ON), 0);
    strictEqual(world.status("behind").faults, 1);
  });
});

Deno.test("harts: who waits for another hart leaves its own to others", async () => {
  await withWorld(1, { ...PAIR, other: { hart: 0 } }, async (world) => {
    let isOver = false;
    const waiting = world.act("front", ASK_ON + SPIN).then((came) => {
      isOver = true;
      return came;
    });
    await world.until("behind", "parked", ({ parks }) => parks > 0);
    for (let at = 1; at <= 50; at += 1) {
      strictEqual(await world.add("other", 1), at);
    }
    strictEqual(isOver, false);
    world.breakHart(1);
    strictEqual(await waiting, ABSENT.gone);
  });
});

Deno.test("harts: a deadline crosses with the call, and who broke it is told apart", async () => {
  // The callee is to blame for its own deadline, not for its caller's.
  deepStrictEqual(await spun((callMs) => [{ callMs }, {}]), true);
  deepStrictEqual(await spun((callMs) => [{}, { callMs }]), false);
});

/** Whether who spins behind is to blame, with so much time for one of them. */
async function spun(
  how: (callMs: number) => readonly [object, object],
): Promise<boolean> {
  // A slow machine may use the time up before anything has begun.
  for (let callMs = 250; callMs < 60_000; callMs *= 2) {
    const [behind, front] = how(callMs);
    const cells = {
      behind: { ...PAIR.behind, ...behind },
      front: { ...PAIR.front, ...front },
    };
    let blame: boolean | undefined;
    await withWorld(1, cells, async (world) => {
      await world.act("front", ASK_ON + SPIN);
      // What the two harts tell comes a little later.
      const ended = () =>
        world.events.some((event) =>
          event.kind === "fault" && event.epitaph.cell === "behind"
        );
      for (let beat = 0; beat < 20 && !ended(); beat += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      if (!ended()) return;
      const { faults } = await world.until(
        "behind",
        "back",
        (status) => status.generation > 1 && status.state === "running",
      );
      blame = faults > 0;
    });
    if (blame !== undefined) return blame;
  }
  throw new Error("nothing has begun in half a minute");
}

Deno.test("harts: calls at once of one cell are each answered, in turns", async () => {
  const cells = {
    behind: { hart: 2 },
    a: { ...PAIR.front, hart: 0 },
    b: { ...PAIR.front, hart: 1 },
  };
  await withWorld(2, cells, async (world) => {
    strictEqual(await world.add("behind", 3), 3);
    const calls = Array.from(
      { length: 200 },
      (_, at) =>
        world.act(at % 2 === 0 ? "a" : "b", at % 3 === 0 ? TELL_ON : ASK_ON),
    );
    deepStrictEqual(new Set(await Promise.all(calls)), new Set([3]));
    strictEqual((await world.running("behind")).faults, 0);
  });
});

Deno.test("harts: of calls that wait for one cell the earliest deadline goes first", async () => {
  const cells = {
    behind: { hart: 1, callMs: 60_000 },
    patient: { ...PAIR.front, callMs: 30_000 },
    hasty: { ...PAIR.front, callMs: 10_000 },
  };
  await withWorld(1, cells, async (world) => {
    const order: string[] = [];
    const noted = async (name: string, cell: string, what: number) => {
      strictEqual(await world.act(cell, what), 0);
      order.push(name);
    };
    const calls = Array.from(
      { length: 20 },
      () => noted("long", "behind", LONG),
    );
    // In the middle of a cell when the others come.
    await world.until("behind", "parked", ({ parks }) => parks > 0);
    calls.push(noted("patient", "patient", ASK_ON));
    calls.push(noted("hasty", "hasty", ASK_ON));
    await Promise.all(calls);
    const at = (name: string) => order.indexOf(name);
    ok(at("hasty") < at("patient"), order.join());
    ok(at("patient") < order.lastIndexOf("long"), order.join());
  });
});

Deno.test("harts: who waits for a waiting cell is waited for no longer than that", async () => {
  // The step of `middle` waits for `last`, which is in a long call of nobody's.
  const cells = {
    last: { hart: 1, budgetMs: 1 },
    middle: { world: "middle", behind: "last", hart: 2 },
    front: { world: "middle", behind: "middle", hart: 0 },
  } as const;
  await withWorld(2, cells, async (world) => {
    const first = world.act("front", ASK_ON + TELL_ON + LONG);
    const second = world.act("middle", ASK_ON);
    const third = world.act("front", TELL_ON + ASK_ON);
    deepStrictEqual(await Promise.all([first, second, third]), [0, 0, 0]);
  });
});

Deno.test("harts: a call of lifecycle waits for no other hart, and says so", async () => {
  const cells = {
    behind: { hart: 1 },
    front: { ...PAIR.front, knobs: { start: 6 } },
  };
  await withWorld(1, cells, async (world) => {
    const { detail } = await world.until(
      "front",
      "waiting",
      ({ state }) => state === "restarting",
    );
    match(detail, /behind brought no answer: refused.*can be parked/);
    strictEqual(await world.add("behind", 1), 1);
  });
});

Deno.test("harts: a withdrawn grant is refused at once", async () => {
  for (const [behind, front] of [[1, 0], [0, 1]] as const) {
    const cells = {
      behind: { hart: behind },
      front: { ...PAIR.front, hart: front },
    };
    await withWorld(1, cells, async (world) => {
      strictEqual(await world.act("front", ASK_ON), 0);
      await Effect.runPromise(world.kernel.withdraw("front", CAREFUL));
      strictEqual(await world.act("front", ASK_ON), ABSENT.refused);
      strictEqual(await world.act("front", TELL_ON), 0);
    });
  }
});
