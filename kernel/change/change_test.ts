/**
 * Changes of a machine whose engine makes nothing: what they refuse, when they
 * are in force, and what a rollback takes back.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { lifecycle } from "../../wit/gen/kernel_lifecycle.ts";
import { log } from "../../wit/gen/kernel_log.ts";
import { type CompiledCell, EngineRefusal } from "../engine/engine.ts";
import { EPOCH_MS } from "../limits.ts";
import { Machine } from "../machine.ts";
import type { CellSpec } from "../manifest/system_file.ts";
import { apply, type Change, preview } from "./change.ts";
import { putInForce } from "./terms.ts";

const READS = "karyon:fixture/reads@0.1.0";

const IMAGE: CompiledCell = {
  hash: "aa",
  size: 1,
  imports: new Map([[log.name, log.signature], [READS, "reads"]]),
  exports: new Map([
    [lifecycle.name, lifecycle.signature],
    [READS, "reads"],
  ]),
};

const cell = (
  name: string,
  budgetMs: number,
  grants: Record<string, string> = {},
): CellSpec => ({
  name,
  component: "",
  class: "soft",
  budgetMs,
  callMs: 10,
  stepMs: 1_000,
  startMs: 10,
  memoryMib: 1,
  checkpointS: undefined,
  config: [],
  grants: new Map(Object.entries(grants)),
});

function world() {
  let nowMs = 0;
  const specs = [
    cell("behind", 3),
    cell("front", 4, { [log.name]: "kernel", [READS]: "cell:behind" }),
  ];
  const machine = new Machine(
    {
      system: {
        network: "test",
        drivers: new Map(),
        cells: new Map(specs.map((spec) => [spec.name, spec])),
      },
      contracts: new Map(),
      drivers: new Map(),
      components: () => Effect.never,
      log: () => {},
      emit: () => {},
    },
    {
      name: "none",
      cannotPark: "it is a test",
      settle: () => {},
      compile: () => Effect.succeed(IMAGE),
      instantiate: () => {
        const refusal = { kind: "unsupported", reason: "a test" } as const;
        return Effect.fail(new EngineRefusal(refusal));
      },
    },
    {
      monotonicMs: () => nowMs,
      wallMs: () => 0,
      entropy: () => {},
      turn: () => Promise.resolve(),
      panic: (error) => {
        throw error;
      },
    },
  );
  const front = machine.slotByName.get("front");
  ok(front !== undefined);
  for (const slot of machine.slots) {
    slot.image = { compiled: IMAGE, version: "1" };
    slot.state = "running";
  }
  const parts = {
    nursery: machine.nursery,
    now: () => nowMs,
    turn: () => Promise.resolve(),
    hardDue: () => {},
    atBoundary: () => Effect.succeed(true),
    changes: machine.changes.bind(machine),
    install: () => {},
  };
  const attempt = (change: Change) =>
    Effect.runPromise(Effect.flip(apply(machine, parts, change)));
  const look = (change: Change) => Effect.runSync(preview(machine, change));
  const at = (ms: number) => {
    nowMs = ms;
    putInForce(machine, ms);
  };
  return { machine, front, parts, attempt, look, at };
}

const budget = (budgetMs: number): Change => ({
  kind: "set-budget",
  cell: "front",
  terms: { budgetMs },
});

Deno.test("terms are in force from the next epoch on, not in the middle of one", async () => {
  const { machine, front, parts, at } = world();
  at(EPOCH_MS / 2);
  const applied = Effect.runPromise(apply(machine, parts, budget(5)));
  at(EPOCH_MS - 1);
  strictEqual(front.spec.budgetMs, 4);
  at(EPOCH_MS);
  strictEqual(front.spec.budgetMs, 5);
  match((await applied).detail, /front is soft with 5 ms per epoch/);
});

Deno.test("what is planned counts in the admission test", async () => {
  const { machine, parts, attempt, look, at } = world();
  const applied = Effect.runPromise(apply(machine, parts, budget(7)));
  const more: Change = {
    kind: "set-budget",
    cell: "behind",
    terms: { budgetMs: 4 },
  };
  match(
    (await attempt(more)).message,
    /behind 4 \+ front 7 = 11 ms in an epoch of 10 ms; take off 1 ms/,
  );
  strictEqual(look(more).admissionBefore, "behind 3 + front 7 = 10 of 10 ms");
  at(EPOCH_MS);
  await applied;
});

Deno.test("refused: terms out of bounds, and grants of no use", async () => {
  const { attempt, look } = world();
  const cases: ReadonlyArray<readonly [Change, RegExp]> = [
    [budget(11), /budgetMs 11 is not a whole number from 0 to 10/],
    [
      { kind: "set-budget", cell: "front", terms: { callMs: 0 } },
      /callMs 0/,
    ],
    [
      { kind: "grant", cell: "front", contract: log.name, provider: "kernel" },
      /already/,
    ],
    [
      {
        kind: "grant",
        cell: "behind",
        contract: READS,
        provider: "cell:front",
      },
      /in a circle/,
    ],
    [{ kind: "revoke", cell: "behind", contract: READS }, /granted nothing/],
    [{ kind: "unload", cell: "none" }, /no such cell/],
  ];
  for (const [change, why] of cases) {
    match((await attempt(change)).message, why);
    if (change.cell !== "none") {
      match(look(change).refusals.join(), why);
    }
  }
});

Deno.test("a grant that fails leaves what was granted, and what was revoked", async () => {
  const { machine, front, attempt } = world();
  machine.withdraw(front, log.name);
  const refusal = await attempt({
    kind: "grant",
    cell: "front",
    contract: log.name,
    provider: "kernel",
  });
  strictEqual(refusal.stage, "link");
  ok(front.withdrawn.has(log.name));
  deepStrictEqual([...front.spec.grants.values()], ["kernel", "cell:behind"]);
});

Deno.test("a rollback takes a grant back, and no revocation", () => {
  const { machine, front } = world();
  const before = front.spec.grants;
  front.spec = {
    ...front.spec,
    budgetMs: 6,
    grants: new Map([...before, ["karyon:fixture/more@0.1.0", "kernel"]]),
  };
  front.standby = {
    generation: undefined,
    image: { compiled: IMAGE, version: "0" },
    grants: before,
    withdrawn: [log.name],
    spec: undefined,
    checkpoint: undefined,
    recentFaults: [],
    degraded: false,
  };
  machine.withdraw(front, READS);
  machine.supervisor.rollBack(front, "it is a test");
  deepStrictEqual([...front.spec.grants], [...before]);
  deepStrictEqual([...front.withdrawn].sort(), [READS, log.name].sort());
  strictEqual(front.spec.budgetMs, 6, "a budget is not the generation's");
  strictEqual(front.state, "restarting");
});

Deno.test("an unloaded cell reserves and holds nothing; a bad load leaves it so", async () => {
  const { machine, front, parts, attempt, look } = world();
  await Effect.runPromise(
    apply(machine, parts, { kind: "unload", cell: "front" }),
  );
  strictEqual(front.state, "unloaded");
  strictEqual(front.spec.budgetMs, 0);
  const load = (name: string): Change => ({
    kind: "load",
    cell: name,
    spec: cell(name, 7, { [log.name]: "kernel", [READS]: "cell:behind" }),
    component: { bytes: new Uint8Array(), version: "2" },
  });
  strictEqual(
    look(load("front")).admissionAfter,
    "behind 3 + front 7 = 10 of 10 ms",
  );
  strictEqual((await attempt(load("front"))).stage, "link");
  strictEqual(front.state, "unloaded");
  strictEqual(front.spec.grants.size, 0);
  strictEqual((await attempt(load("other"))).stage, "link");
  deepStrictEqual([...machine.slotByName.keys()], ["behind", "front"]);
  for (
    const change of [budget(1), { ...budget(1), kind: "unload" } as Change]
  ) {
    match((await attempt(change)).message, /is unloaded/);
  }
});
