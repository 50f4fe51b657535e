/** Governance in the words of `NodeApi`, and the kernel as its executor. */
import { Effect, Result } from "effect";
import type { Kernel } from "../../kernel/kernel.ts";
import {
  Governance,
  parseBundle,
  type ProposalRecord,
  type ProposalRefused,
  SwapExecutor,
  SwapRefusal,
} from "../../kernel/governance/mod.ts";
import { identityOf, identityText } from "../../kernel/crypto/mod.ts";
import { type NodeApi, type ProposalReport, Refusal } from "../api.ts";
import { versionOf } from "./components.ts";

/** Stands for the component of a slot that has none. */
const NOTHING = "0".repeat(66);

/** Proposals that one list shows. */
const LISTED_MAX = 1_000;

/** The kernel's hot swap, as governance asks for it. */
export function executorOver(
  kernel: Kernel["Service"],
): SwapExecutor["Service"] {
  const componentOf = (bytes: Uint8Array) => ({
    bytes,
    version: versionOf(identityText(identityOf(bytes))),
  });
  const refusal = (error: { cell: string; stage: string; reason: string }) =>
    new SwapRefusal({
      cell: error.cell,
      stage: error.stage,
      reason: error.reason,
    });
  return SwapExecutor.of({
    running: (cell) =>
      Effect.sync(() => {
        const slot = kernel.slots.find(({ name }) => name === cell);
        if (slot === undefined) return undefined;
        const image = slot.current?.image ?? slot.image?.compiled;
        // A cell that never compiled can be repaired like any other.
        return image === undefined ? NOTHING : `01${image.hash}`;
      }),
    preview: (cell, component) =>
      kernel.preview(cell, componentOf(component)).pipe(
        Effect.mapError(refusal),
        Effect.map((changes) => ({
          exportsGained: changes.gained,
          exportsLost: changes.lost,
          importsGained: changes.uses,
          importsLost: changes.leaves,
          refusals: changes.refusals,
        })),
      ),
    swap: (cell, component) =>
      kernel.swap(cell, componentOf(component)).pipe(
        Effect.mapError(refusal),
      ),
  });
}

export type GovernanceApi = Pick<
  NodeApi,
  "propose" | "proposals" | "proposal"
>;

export function governanceOver(
  governance: Governance["Service"],
): GovernanceApi {
  return {
    propose: (text, component) =>
      Effect.gen(function* () {
        const bundle = parseBundle(text);
        if (Result.isFailure(bundle)) return yield* refused(bundle.failure);
        return yield* governance.submit(bundle.success, component).pipe(
          Effect.mapError(refused),
          Effect.map(report),
        );
      }),
    proposals: () =>
      governance.list(LISTED_MAX).pipe(
        Effect.map((records) => records.map(report)),
      ),
    proposal: (id) =>
      governance.get(id).pipe(
        Effect.flatMap((record) =>
          record === undefined
            ? Effect.fail(
              new Refusal({
                kind: "not-found",
                message: "this node has accepted no such proposal",
                fix: "what was refused is on the audit log only",
              }),
            )
            : Effect.succeed(report(record))
        ),
      ),
  };
}

const KINDS: Readonly<Record<string, Refusal["kind"]>> = {
  "malformed": "invalid",
  "busy": "conflict",
  "replayed": "conflict",
  "full": "full",
  "storage": "failed",
  "swap-refused": "conflict",
};

function refused(refusal: ProposalRefused): Refusal {
  return new Refusal({
    kind: KINDS[refusal.rule] ?? "unauthorised",
    message: `${refusal.rule} at ${refusal.place}: ${refusal.what}`,
    fix: refusal.fix,
  });
}

function report(record: ProposalRecord): ProposalReport {
  const { id, proposal } = record.bundle;
  return {
    id,
    action: proposal.action,
    cell: proposal.cell,
    component: proposal.component === undefined
      ? ""
      : identityText(proposal.component),
    state: record.state,
    ...(record.detail === "" ? {} : { detail: record.detail }),
    signers: record.signers,
    threshold: record.threshold,
    expires: new Date(Number(proposal.expiryMs)).toISOString(),
    note: proposal.note,
    ...(record.pauseMs === undefined ? {} : { pause_ms: record.pauseMs }),
  };
}
