/**
 * What must hold of the cell that runs when its change is judged.
 *
 * The cell is there, it is the one that the governors meant, it becomes another
 * one, and it does not become an older one unless that is signed.
 *
 * Deliberately absent: what the kernel itself would refuse (`Executor.preview`).
 */
import { Effect } from "effect";
import { identityText } from "../crypto/mod.ts";
import type { Proposal } from "./proposal.ts";
import type { ProposalRecord } from "./record.ts";
import { refuse } from "./refusals.ts";

/** Accepted proposals by id. */
export type Records = ReadonlyMap<string, ProposalRecord>;

/** Components that served this cell before, by accepted proposals. */
function earlier(records: Records, cell: string): ReadonlySet<string> {
  const hashes = new Set<string>();
  for (const { bundle, state, replaced } of records.values()) {
    if (bundle.proposal.cell !== cell) continue;
    if (state !== "executed" && state !== "rolled-back") continue;
    const { component } = bundle.proposal;
    if (component !== undefined) hashes.add(identityText(component));
    if (replaced !== undefined) hashes.add(replaced);
  }
  return hashes;
}

/** Refuses a proposal that the cell of now, or its past, does not fit. */
export const checkRunning = Effect.fnUntraced(
  function* (
    records: Records,
    proposal: Proposal,
    running: string | undefined,
  ) {
    const { action, cell } = proposal;
    if (action === "set-policy" || action === "withdraw") return;
    if (running === undefined && action !== "load") {
      return yield* refuse(
        "no-such-cell",
        "document octet 173",
        `no cell ${cell} runs here`,
        "see `cells` for those that do",
      );
    }
    if (action === "swap") yield* checkSwap(records, proposal, running ?? "");
  },
);

const checkSwap = Effect.fnUntraced(
  function* (records: Records, proposal: Proposal, running: string) {
    const { cell, replaces, component, manifest } = proposal;
    const hash = identityText(component ?? new Uint8Array());
    if (replaces !== undefined && identityText(replaces) !== running) {
      return yield* refuse(
        "replaces-another",
        "document octet 106",
        `it replaces ${identityText(replaces)}, but ${running} runs`,
        "propose anew against what runs now",
      );
    }
    if (running === hash && manifest !== undefined) return;
    if (running === hash) {
      return yield* refuse(
        "no-change",
        "document octet 40",
        `${cell} runs this very component`,
        "there is nothing to do",
      );
    }
    if (!proposal.downgrade && earlier(records, cell).has(hash)) {
      return yield* refuse(
        "downgrade",
        "document octet 40",
        `${hash} ran as ${cell} before`,
        "if going back is meant, propose it with the downgrade flag",
      );
    }
  },
);
