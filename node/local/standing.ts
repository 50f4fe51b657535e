/**
 * The system that a node runs: its system file, and every accepted proposal in
 * order. The file itself is never edited.
 *
 * Checked whole, by the rules of a system file: where the file was changed
 * meanwhile so that they do not fit together, the node does not start and says
 * why. A proposal for a cell that the file no longer has changes nothing.
 */
import { Effect } from "effect";
import { fromUtf8 } from "../../kernel/crypto/mod.ts";
import {
  lastGeneration,
  type ProposalRecord,
  type ProposalStore,
  readProposals,
  type Standing,
  standingOf,
  storedOctets,
} from "../../kernel/governance/mod.ts";
import { unloadedSpec } from "../../kernel/change/loading.ts";
import { KERNEL_CONTRACTS } from "../../kernel/contracts.ts";
import type { KernelOptions, WayBack } from "../../kernel/kernel.ts";
import { checkSystem } from "../../kernel/manifest/check.ts";
import {
  type CellSpec,
  readEntry,
  type System,
} from "../../kernel/manifest/system_file.ts";
import { Refusal } from "../api.ts";
import { componentFor } from "./components.ts";
import { DRIVER_CONTRACTS } from "./drivers.ts";
import { inWords } from "./refusals.ts";

export type SystemInForce = Pick<
  KernelOptions,
  "system" | "unloaded" | "withdrawn" | "wayBack" | "components"
>;

/** What the kernel boots; `folder` is where the file's components lie. */
export const systemInForce = Effect.fn("node.system_in_force")(
  function* (file: System, folder: string, store: ProposalStore) {
    const records = yield* readProposals(store);
    const standing = standingOf(records);
    const cells = yield* cellsWith(file, standing, store);
    const { system, faults } = checkSystem({ ...file, cells }, {
      kernel: KERNEL_CONTRACTS,
      drivers: DRIVER_CONTRACTS,
    });
    if (faults.length > 0) {
      const all = faults.map(({ path, reason }) =>
        `${path.join(".")}: ${reason}`
      );
      return yield* new Refusal({
        kind: "failed",
        message: `system file and accepted proposals do not fit together:\n  ${
          all.join("\n  ")
        }`,
        fix: "the file was changed after the proposals: change it back, or " +
          "make room in it",
      });
    }
    const inForce: SystemInForce = {
      system,
      unloaded: new Set(
        [...standing].filter(([, one]) => one.unloaded).map(([name]) => name),
      ),
      withdrawn: new Map(
        [...standing].map(([name, { revoked }]) => [name, revoked]),
      ),
      components: (spec) =>
        componentFor(folder, store, spec, standing.get(spec.name)),
      wayBack: (cell) => wayBackOf(file, folder, store, records, cell),
    };
    return inForce;
  },
  Effect.mapError(inWords),
);

/** The file's cells with what stands of each, and those that were loaded. */
const cellsWith = Effect.fnUntraced(
  function* (
    file: System,
    standing: ReadonlyMap<string, Standing>,
    store: ProposalStore,
  ) {
    const cells = new Map(file.cells);
    for (const [name, one] of standing) {
      const base = yield* baseOf(file, name, one, store);
      if (base === undefined) continue;
      const spec: CellSpec = {
        ...base,
        ...one.budget,
        grants: new Map([...base.grants, ...one.grants]),
      };
      cells.set(name, one.unloaded ? unloadedSpec(spec) : spec);
    }
    return cells;
  },
);

const baseOf = Effect.fnUntraced(
  function* (
    file: System,
    name: string,
    { manifest }: Standing,
    store: ProposalStore,
  ) {
    if (manifest === undefined) return file.cells.get(name);
    const text = fromUtf8(yield* storedOctets(store, manifest)) ?? "";
    return yield* Effect.fromResult(readEntry(name, text));
  },
);

/**
 * What there was before the cell's last change, if its probation was cut short
 * by the end of the node. None where it can no longer be had.
 */
const wayBackOf = Effect.fnUntraced(
  function* (
    file: System,
    folder: string,
    store: ProposalStore,
    records: ReadonlyArray<ProposalRecord>,
    cell: string,
  ): Effect.fn.Return<WayBack | undefined> {
    const last = lastGeneration(records, cell);
    if (last?.probation !== true) return undefined;
    const before = standingOf(records.filter((record) => record !== last));
    const found = yield* Effect.option(Effect.gen(function* () {
      const cells = yield* cellsWith(file, before, store);
      const spec = cells.get(cell);
      if (spec === undefined) return undefined;
      const standing = before.get(cell);
      const way: WayBack = {
        component: yield* componentFor(
          folder,
          store,
          spec,
          standing,
          last.replaced,
        ),
        grants: spec.grants,
        withdrawn: [...standing?.revoked ?? []],
        spec: last.bundle.proposal.manifest === undefined ? undefined : spec,
      };
      return way;
    }));
    return found._tag === "Some" ? found.value : undefined;
  },
);
