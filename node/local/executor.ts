/** The kernel, as governance asks for changes of it. */
import { Effect } from "effect";
import type { Change, Preview } from "../../kernel/change/change.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import {
  type CellChange,
  type ChangePreview,
  ExecutionRefused,
  Executor,
} from "../../kernel/governance/mod.ts";
import { identityOf, identityText } from "../../kernel/crypto/mod.ts";
import { readEntry } from "../../kernel/manifest/system_file.ts";
import { versionOf } from "./components.ts";
import { ROLES } from "./system.ts";

/** Stands for the component of a slot that has none. */
const NOTHING = "0".repeat(66);

export function executorOver(kernel: Kernel["Service"]): Executor["Service"] {
  return Executor.of({
    running: (cell) =>
      Effect.sync(() => {
        const status = kernel.cells().find(({ name }) => name === cell);
        if (status === undefined) return undefined;
        // A cell that never compiled can be repaired like any other.
        return status.hash === "" ? NOTHING : `01${status.hash}`;
      }),
    preview: (change) =>
      asked(change).pipe(
        Effect.flatMap((one) => Effect.mapError(kernel.prospect(one), refusal)),
        Effect.map((preview) => told(preview, nodeFault(change))),
      ),
    execute: (change) =>
      Effect.gen(function* () {
        const reason = nodeFault(change);
        if (reason !== undefined) {
          const { cell, action } = change;
          return yield* new ExecutionRefused({ cell, stage: action, reason });
        }
        const one = yield* asked(change);
        return yield* Effect.mapError(kernel.apply(one), refusal);
      }),
  });
}

/** What the kernel may do and a node may not. */
function nodeFault({ action, cell }: CellChange): string | undefined {
  return action === "unload" && cell === ROLES.graph
    ? "a node cannot open without its graph"
    : undefined;
}

/** The change in the kernel's words. */
function asked(change: CellChange): Effect.Effect<Change, ExecutionRefused> {
  const { cell } = change;
  switch (change.action) {
    case "swap": {
      const component = componentOf(change.component);
      if (change.manifest === undefined) {
        return Effect.succeed({ kind: "swap", cell, component });
      }
      return entryOf(cell, change.manifest).pipe(
        Effect.map((spec) => ({ kind: "swap", cell, component, spec })),
      );
    }
    case "load":
      return entryOf(cell, change.manifest).pipe(
        Effect.map((spec) => ({
          kind: "load",
          cell,
          spec,
          component: componentOf(change.component),
        })),
      );
    case "unload":
      return Effect.succeed({ kind: "unload", cell });
    case "set-budget":
      return Effect.succeed({ kind: "set-budget", cell, terms: change.budget });
    case "grant":
      return Effect.succeed({ kind: "grant", cell, ...change.grant });
    case "revoke": {
      const { contract } = change;
      return Effect.succeed({ kind: "revoke", cell, contract });
    }
  }
}

function entryOf(cell: string, manifest: string) {
  return Effect.fromResult(readEntry(cell, manifest)).pipe(
    Effect.mapError(({ message }) =>
      new ExecutionRefused({ cell, stage: "manifest", reason: message })
    ),
  );
}

function told(preview: Preview, fault: string | undefined): ChangePreview {
  const { contracts } = preview;
  return {
    exportsGained: contracts.gained,
    exportsLost: contracts.lost,
    importsGained: contracts.uses,
    importsLost: contracts.leaves,
    capabilitiesGained: preview.capabilitiesGained,
    capabilitiesLost: preview.capabilitiesLost,
    termsBefore: preview.before,
    termsAfter: preview.after,
    admissionBefore: preview.admissionBefore,
    admissionAfter: preview.admissionAfter,
    effect: preview.effect,
    refusals: fault === undefined
      ? preview.refusals
      : [fault, ...preview.refusals],
  };
}

function componentOf(bytes: Uint8Array) {
  return { bytes, version: versionOf(identityText(identityOf(bytes))) };
}

function refusal(
  error: { readonly cell: string; stage: string; reason: string },
): ExecutionRefused {
  const { cell, stage, reason } = error;
  return new ExecutionRefused({ cell, stage, reason });
}
