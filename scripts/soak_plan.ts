/**
 * The cells of a soak, and what may be done to each.
 *
 * `ledger` and `client` are swapped and never harmed, so every call of them has
 * to be answered; `flaky` and `asker` are harmed; `spinner` never ends its step;
 * `hard` must never be late; `guest` comes and goes.
 */
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import {
  bindings,
  BLUNT,
  CAREFUL,
  FAILED,
  fixture,
  type Knobs,
  OFTEN,
  RECURSE,
  REFUSE,
  REFUSE_STATE,
  SPIN,
  type Tally,
  TRAP,
  TRAP_ON_STATE,
} from "../conformance/kernel/cell/fixture.ts";
import type { CellGiven } from "./bench_kernel.ts";

export type Harmed = "flaky" | "asker" | "guest";
export const HARMED: readonly Harmed[] = ["flaky", "asker", "guest"];
export const SWAPPED = ["ledger", "client", ...HARMED] as const;
export type Swapped = (typeof SWAPPED)[number];

/**
 * What cannot be parked, a start for example, keeps the hart: within this, a
 * hard deadline is still kept.
 */
const SHORT_MS = 4;
const CALL_MS = 30_000;

/** What a call may be told to do that ends its cell's generation. */
export const FATAL_ACTS: readonly number[] = [TRAP, SPIN, RECURSE];

/** Turned in a live cell: each ends its generation a little later. */
export const FATAL_KNOBS: ReadonlyArray<readonly ["health" | "step", number]> =
  [["health", FAILED], ["health", TRAP], ["health", SPIN], ["step", TRAP]];

/** New versions that are refused; the old one goes on. */
const REFUSED_AT_ONCE: readonly Knobs[] = [
  { start: REFUSE },
  { start: REFUSE_STATE },
  { start: TRAP },
  { start: TRAP_ON_STATE },
  { version: 1, migrate: REFUSE },
  { version: 1, migrate: TRAP },
];

/** The same, when their time is over: for cells whose start has little. */
const REFUSED_LATE: readonly Knobs[] = [
  { start: SPIN },
  { version: 1, migrate: SPIN },
];

/** New versions that start well and fail on probation. */
const ROLLED_BACK: readonly Knobs[] = [
  { step: TRAP, label: 3 },
  { health: FAILED, label: 3 },
];

/** All that a soak runs, made once. */
export interface Plan {
  readonly cells: Readonly<Record<string, CellGiven>>;
  readonly tally: InterfaceBinding<Tally>;
  readonly contracts: ReadonlyArray<InterfaceBinding<unknown>>;
  readonly good: (cell: Swapped, label: number) => Promise<Uint8Array>;
  /** For a cell that must not wait for it, and for another. */
  readonly refusedAtOnce: ReadonlyArray<Uint8Array>;
  readonly refused: ReadonlyArray<Uint8Array>;
  readonly rolledBack: ReadonlyArray<Uint8Array>;
}

export async function soakPlan(): Promise<Plan> {
  const { tally, all } = await bindings();
  const leaf = await fixture("leaf");
  const middle = await fixture("middle");
  const behind = (cell: string) => ({
    [CAREFUL]: `cell:${cell}`,
    [BLUNT]: `cell:${cell}`,
  });
  const safe = { callMs: CALL_MS, startMs: CALL_MS, checkpointS: 1 };
  const harmed = {
    checkpointS: 1,
    callMs: SHORT_MS,
    stepMs: SHORT_MS,
    startMs: SHORT_MS,
  };
  const cells = {
    ledger: { ...safe, bytes: leaf },
    client: { ...safe, bytes: middle, grants: behind("ledger") },
    flaky: { ...harmed, bytes: leaf },
    asker: { ...harmed, bytes: middle, grants: behind("flaky") },
    guest: { ...harmed, bytes: leaf },
    spinner: {
      bytes: await fixture("leaf", { step: SPIN }),
      budgetMs: 2,
      stepMs: Number.MAX_SAFE_INTEGER,
    },
    hard: {
      bytes: await fixture("leaf", { step: OFTEN }),
      class: "hard",
      budgetMs: 5,
    },
  } as const;
  const variants = (knobs: readonly Knobs[]) =>
    Promise.all(knobs.map((each) => fixture("leaf", each)));
  return {
    cells,
    tally,
    contracts: [...all.values()],
    good: (cell, label) =>
      fixture(cell === "client" || cell === "asker" ? "middle" : "leaf", {
        label,
      }),
    refusedAtOnce: await variants(REFUSED_AT_ONCE),
    refused: await variants([...REFUSED_AT_ONCE, ...REFUSED_LATE]),
    rolledBack: await variants(ROLLED_BACK),
  };
}
