/**
 * What accepted proposals left behind: a node runs its system file with these.
 *
 * The executed proposals are gone through in their order; the composition root
 * reads this before `Governance` starts, to boot each cell as it was.
 */
import { Effect, Result } from "effect";
import { identityText } from "../crypto/mod.ts";
import {
  type BudgetChange,
  decodeBudget,
  decodeGrant,
  decodePolicy,
  decodeRevoke,
} from "./arguments.ts";
import { type Policy, policyFrom } from "./policy.ts";
import {
  decodeRecord,
  type ProposalRecord,
  type ProposalStore,
} from "./record.ts";
import { StorageFailed } from "./refusals.ts";
import { storedOctets } from "./stored.ts";

export interface Installed {
  readonly cell: string;
  readonly component: string;
  /** The proposal that installed it. */
  readonly proposal: string;
}

/** What executed proposals changed of one cell, beside the system file. */
export interface Standing {
  /** Its component and the proposal that brought it, if one did. */
  readonly installed: Installed | undefined;
  /** Hash of the entry that it was loaded with; none: the system file's. */
  readonly manifest: string | undefined;
  readonly unloaded: boolean;
  readonly budget: BudgetChange;
  /** Contract to provider. */
  readonly grants: ReadonlyMap<string, string>;
  readonly revoked: ReadonlySet<string>;
}

const AS_IN_FILE: Standing = {
  installed: undefined,
  manifest: undefined,
  unloaded: false,
  budget: {},
  grants: new Map(),
  revoked: new Set(),
};

/** Reads what the store kept; needed before `Governance` to boot the cells. */
export const readProposals = Effect.fn("governance.read")(
  function* (store: ProposalStore) {
    const records: ProposalRecord[] = [];
    for (const octets of yield* store.all) {
      records.push(yield* decodeRecord(octets));
    }
    return records.sort((a, b) => a.receivedMs - b.receivedMs);
  },
);

/** Executed proposals in their order. */
export function executed(
  records: Iterable<ProposalRecord>,
): ReadonlyArray<ProposalRecord> {
  return [...records].filter(({ state }) => state === "executed")
    .sort((a, b) => a.order - b.order);
}

/** What stands of each cell; cells that no proposal changed are not in it. */
export function standingOf(
  records: Iterable<ProposalRecord>,
): ReadonlyMap<string, Standing> {
  const cells = new Map<string, Standing>();
  for (const record of executed(records)) {
    const { action, cell } = record.bundle.proposal;
    if (action === "set-policy" || action === "withdraw") continue;
    cells.set(cell, after(cells.get(cell) ?? AS_IN_FILE, record));
  }
  return cells;
}

function after(standing: Standing, { bundle }: ProposalRecord): Standing {
  const { action, cell, component, manifest, argument } = bundle.proposal;
  const installed: Installed = {
    cell,
    component: identityText(component ?? new Uint8Array()),
    proposal: bundle.id,
  };
  switch (action) {
    case "swap":
      if (manifest === undefined) return { ...standing, installed };
      // A new entry stands for itself: what was changed of the old one is gone.
      return { ...AS_IN_FILE, installed, manifest: identityText(manifest) };
    case "load":
      return {
        ...AS_IN_FILE,
        installed,
        manifest: identityText(manifest ?? new Uint8Array()),
      };
    case "unload":
      return { ...standing, unloaded: true };
    case "set-budget": {
      const change = Result.getOrElse(decodeBudget(argument), () => ({}));
      return { ...standing, budget: { ...standing.budget, ...change } };
    }
    case "grant": {
      const change = decodeGrant(argument);
      if (Result.isFailure(change)) return standing;
      const { contract, provider } = change.success;
      const revoked = new Set(standing.revoked);
      revoked.delete(contract);
      const grants = new Map(standing.grants).set(contract, provider);
      return { ...standing, grants, revoked };
    }
    case "revoke": {
      const contract = Result.getOrElse(decodeRevoke(argument), () => "");
      const revoked = new Set(standing.revoked).add(contract);
      return { ...standing, revoked };
    }
    case "set-policy":
    case "withdraw":
      return standing;
  }
}

/** What the last lasting swap or load of each cell put in. */
export function installedBy(
  records: Iterable<ProposalRecord>,
): readonly Installed[] {
  return [...standingOf(records).values()]
    .flatMap(({ installed }) => installed === undefined ? [] : [installed]);
}

/** The record of a change that made a generation, if it was the cell's last. */
export function lastGeneration(
  records: Iterable<ProposalRecord>,
  cell: string,
): ProposalRecord | undefined {
  return executed(records).findLast(({ bundle: { proposal } }) =>
    proposal.cell === cell &&
    (proposal.action === "swap" || proposal.action === "grant")
  );
}

/** The policy in force: the last executed one, else `base`. */
export const policyIn = Effect.fn("governance.policy")(
  function* (
    store: ProposalStore,
    records: Iterable<ProposalRecord>,
    base: Policy,
  ) {
    let policy = base;
    for (const { bundle } of executed(records)) {
      if (bundle.proposal.action !== "set-policy") continue;
      const failed = (reason: string) =>
        new StorageFailed({ what: `reading policy ${bundle.id}`, reason });
      const outline = decodePolicy(bundle.proposal.argument);
      if (Result.isFailure(outline)) {
        return yield* failed(outline.failure.message);
      }
      const bundles = new Map(policy.governors);
      for (const id of outline.success.rights.keys()) {
        if (!bundles.has(id)) bundles.set(id, yield* storedOctets(store, id));
      }
      const next = policyFrom(outline.success, bundles);
      if (Result.isFailure(next)) return yield* failed(next.failure.what);
      policy = next.success;
    }
    return policy;
  },
);
