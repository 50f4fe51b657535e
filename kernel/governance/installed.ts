/**
 * What accepted proposals left behind: their records and their components.
 *
 * The composition root reads these before `Governance` starts, to boot each
 * cell with the component that its last lasting swap put in.
 */
import { Effect } from "effect";
import { identityOf, identityText } from "../crypto/mod.ts";
import {
  decodeRecord,
  type ProposalRecord,
  type ProposalStore,
} from "./record.ts";
import { StorageFailed } from "./refusals.ts";

export interface Installed {
  readonly cell: string;
  readonly component: string;
  /** The proposal that installed it. */
  readonly proposal: string;
}

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

/** The last lasting swap of each cell. */
export function installedBy(
  records: Iterable<ProposalRecord>,
): readonly Installed[] {
  const last = new Map<string, ProposalRecord>();
  for (const record of records) {
    if (record.state !== "executed") continue;
    const { cell } = record.bundle.proposal;
    if (record.order > (last.get(cell)?.order ?? 0)) last.set(cell, record);
  }
  return [...last].map(([cell, { bundle }]) => ({
    cell,
    component: identityText(bundle.proposal.component ?? new Uint8Array()),
    proposal: bundle.id,
  }));
}

/** The stored component of this hash, verified. */
export const storedComponent = Effect.fn("governance.component")(
  function* (store: ProposalStore, hash: string) {
    const octets = yield* store.component(hash);
    const failed = (reason: string) =>
      new StorageFailed({ what: `reading component ${hash}`, reason });
    if (octets === undefined) return yield* failed("it is not stored here");
    const found = identityText(identityOf(octets));
    if (found !== hash) return yield* failed(`its octets hash to ${found}`);
    return octets;
  },
);
