/** What the simulated node says of every proposal. */
import type { DryRunReport, ProposalReport } from "../api.ts";
import { identify } from "./simulated_record.ts";

/** A swap of rank that was handed in and executed at once. */
export function simulatedProposal(
  bundle: string,
  component: Uint8Array,
): ProposalReport {
  return {
    id: idOf(bundle),
    action: "swap",
    cell: "rank",
    component: identify(component),
    state: "executed",
    signers: ["governor"],
    threshold: 1,
    activation: { at: "once" },
    expires: "2027-01-01T00:00:00Z",
    note: bundle.slice(0, 40),
    pause_ms: 0.3,
  };
}

/** What the same swap would change. */
export function simulatedDryRun(
  bundle: string,
  component: Uint8Array,
): DryRunReport {
  return {
    id: idOf(bundle),
    action: "swap",
    cell: "rank",
    component: identify(component),
    running: "01cc",
    signers: ["governor"],
    threshold: 1,
    activation: { at: "once" },
    active: true,
    behind: [],
    effect: "restart",
    refusals: [],
    changes: {
      exports: { gained: [], lost: [] },
      imports: { gained: [], lost: [] },
      capabilities: { gained: [], lost: [] },
      admission: { before: "rank 2 = 2 of 10 ms", after: "same" },
    },
  };
}

const idOf = (bundle: string) =>
  identify(new TextEncoder().encode(bundle)).slice(2, 18);
