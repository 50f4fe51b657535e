import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Slot } from "../cell/slot.ts";
import type { CompiledCell } from "../engine/engine.ts";
import { contractChanges, type Expectations } from "./contract_changes.ts";

const ECHO = "karyon:echo/echo@0.1.0";
const LOG = "karyon:kernel/log@0.1.0";
const DISK = "karyon:hal/block@0.1.0";

type Contracts = Record<string, string>;

const image = (exports: Contracts, imports: Contracts = {}): CompiledCell => ({
  hash: "",
  size: 0,
  imports: new Map(Object.entries(imports)),
  exports: new Map(Object.entries(exports)),
});

function slotWith(old: CompiledCell | undefined): Slot {
  const slot = new Slot({
    name: "a",
    component: "",
    class: "soft",
    budgetMs: 0,
    callMs: 1,
    stepMs: 1_000,
    startMs: 1,
    memoryMib: 1,
    checkpointS: undefined,
    config: [],
    grants: new Map([[LOG, "kernel"], [DISK, "driver:disk"]]),
  });
  if (old !== undefined) slot.image = { compiled: old, version: "1" };
  return slot;
}

const NOTHING: Expectations = { known: new Map(), called: new Map() };
const CALLED: Expectations = {
  known: new Map([[ECHO, "say"]]),
  called: new Map([[ECHO, ["b", "c"]]]),
};

Deno.test("control: the same contracts change nothing", () => {
  const same = image({ [ECHO]: "say" }, { [LOG]: "write" });
  deepStrictEqual(contractChanges(slotWith(same), same, CALLED), {
    gained: [],
    lost: [],
    uses: [],
    leaves: [],
    refusals: [],
  });
});

Deno.test("gained and left contracts are told and allowed", () => {
  const old = image({ [ECHO]: "say" }, { [LOG]: "write" });
  const next = image({ [ECHO]: "say", more: "m" }, { [DISK]: "read" });
  deepStrictEqual(contractChanges(slotWith(old), next, CALLED), {
    gained: ["more"],
    lost: [],
    uses: [DISK],
    leaves: [LOG],
    refusals: [],
  });
});

const REFUSED: ReadonlyArray<
  readonly [string, CompiledCell | undefined, CompiledCell, string]
> = [
  [
    "a contract is dropped",
    image({ [ECHO]: "say" }),
    image({}),
    `it no longer exports ${ECHO}`,
  ],
  [
    "a contract is changed",
    image({ [ECHO]: "say" }),
    image({ [ECHO]: "shout" }),
    `its ${ECHO} has another signature`,
  ],
  [
    "a first component has another contract than the node",
    undefined,
    image({ [ECHO]: "shout" }),
    `its ${ECHO} has another signature`,
  ],
  [
    "a first component lacks what others call",
    undefined,
    image({}),
    `it does not export ${ECHO}, which b, c calls`,
  ],
  [
    "an import is not granted",
    image({ [ECHO]: "say" }),
    image({ [ECHO]: "say" }, { "karyon:hal/net@0.1.0": "send" }),
    "it imports karyon:hal/net@0.1.0, which is not granted",
  ],
];

for (const [what, old, next, reason] of REFUSED) {
  Deno.test(`refused: ${what}`, () => {
    deepStrictEqual(contractChanges(slotWith(old), next, CALLED).refusals, [
      reason,
    ]);
  });
}

Deno.test("refused: an import whose grant was withdrawn", () => {
  const slot = slotWith(undefined);
  const next = image({}, { [LOG]: "write" });
  strictEqual(contractChanges(slot, next, NOTHING).refusals.length, 0);
  slot.withdrawn.add(LOG);
  deepStrictEqual(contractChanges(slot, next, NOTHING).refusals, [
    `it imports ${LOG}, which is not granted`,
  ]);
});
