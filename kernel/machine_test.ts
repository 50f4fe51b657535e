/** What a generation is given, and that it is taken back when it ends. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Effect } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { Unwound } from "./call/errors.ts";
import type { Endow } from "./cell/nursery.ts";
import type { CompiledCell, Engine, Grants } from "./engine/engine.ts";
import { EngineRefusal } from "./engine/engine.ts";
import { Machine } from "./machine.ts";
import type { CellSpec } from "./manifest/system_file.ts";

interface Disk {
  read(): number;
}

const disk: InterfaceBinding<Disk> = {
  name: "karyon:fixture/disk@0.1.0",
  signature: "read",
  functions: [{ name: "read", method: "read", absence: false }],
  bind: () => ({ read: () => 7 }),
  lower: () => ({}),
  exportIntrinsics: () => ({}),
};

const careful: InterfaceBinding<{ ask(): unknown }> = {
  ...disk,
  name: "karyon:fixture/careful@0.1.0",
  functions: [{ name: "ask", method: "ask", absence: true }],
  bind: () => ({ ask: () => undefined }),
  lower: () => ({}),
};

const cell = (name: string, grants: Record<string, string>): CellSpec => ({
  name,
  component: "",
  class: "soft",
  budgetMs: 0,
  callMs: 10,
  stepMs: 1_000,
  startMs: 10,
  memoryMib: 1,
  checkpointS: undefined,
  config: [],
  grants: new Map(Object.entries(grants)),
});

/** A machine whose engine keeps what it is offered, and makes nothing. */
function world() {
  const offered: Grants[] = [];
  const engine: Engine["Service"] = {
    name: "none",
    cannotPark: "it is a test",
    settle: () => {},
    compile: () => Effect.never,
    instantiate: (_, grants) => {
      offered.push(grants);
      const refusal = { kind: "unsupported", reason: "a test" } as const;
      return Effect.fail(new EngineRefusal(refusal));
    },
  };
  const specs = [
    cell("behind", {}),
    cell("front", {
      [disk.name]: "driver:disk",
      [careful.name]: "cell:behind",
      "karyon:unknown/thing@0.1.0": "kernel",
    }),
  ];
  const machine = new Machine(
    {
      system: {
        network: "test",
        drivers: new Map(),
        cells: new Map(specs.map((spec) => [spec.name, spec])),
      },
      contracts: new Map<string, InterfaceBinding<unknown>>([
        [disk.name, disk as InterfaceBinding<unknown>],
        [careful.name, careful as InterfaceBinding<unknown>],
      ]),
      drivers: new Map([["disk", new Map([[disk.name, { read: () => 7 }]])]]),
      components: () => Effect.never,
      log: () => {},
      emit: () => {},
    },
    engine,
    {
      monotonicMs: () => 0,
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
  const endow: Endow = machine.nursery.endow;
  return { machine, front, endow, offered };
}

const hostOf = <I>(
  { grants }: ReturnType<Endow>,
  binding: InterfaceBinding<I>,
): I => grants.get(binding.name)?.host as I;

Deno.test("control: a generation gets what was granted, no more", () => {
  const { front, endow } = world();
  const given = endow(front, 1);
  deepStrictEqual([...given.grants.keys()], [disk.name, careful.name]);
  strictEqual(hostOf(given, disk).read(), 7);
  const asked = hostOf(given, careful).ask();
  deepStrictEqual(asked, { tag: "err", val: "refused" });
});

Deno.test("capabilities are each generation's own and end with it", () => {
  const { front, endow } = world();
  const [first, second] = [endow(front, 1), endow(front, 2)];
  first.revoke();
  throws(() => hostOf(first, disk).read(), Unwound);
  strictEqual(hostOf(second, disk).read(), 7);
});

Deno.test("a withdrawn grant ends for live generations and later ones", () => {
  const { machine, front, endow } = world();
  const before = endow(front, 1);
  strictEqual(machine.withdraw(front, disk.name), true);
  throws(() => hostOf(before, disk).read(), Unwound);
  throws(() => hostOf(endow(front, 2), disk).read(), Unwound);
  strictEqual(machine.withdraw(front, "karyon:other/thing@0.1.0"), false);
});

Deno.test("an instance that is refused leaves no capability behind", () => {
  const { machine, front, offered } = world();
  const image: CompiledCell = {
    hash: "",
    size: 0,
    imports: new Map(),
    exports: new Map(),
  };
  const refused = Effect.runSync(
    Effect.flip(machine.nursery.conceive(front, image, "1")),
  );
  strictEqual(refused.stage, "link");
  const host = offered[0]?.get(disk.name)?.host as Disk;
  throws(() => host.read(), Unwound);
});
