/** What a new component would change for its callers and its authority. */
import type { CompiledCell } from "../engine/engine.ts";
import type { CellSpec } from "../manifest/system_file.ts";

export interface ContractChanges {
  /** Contracts that the old one exported and the new one adds or drops. */
  readonly gained: ReadonlyArray<string>;
  readonly lost: ReadonlyArray<string>;
  /** Granted capabilities that the new one begins, or ceases, to use. */
  readonly uses: ReadonlyArray<string>;
  readonly leaves: ReadonlyArray<string>;
  /** Why the component may not replace the old one; empty if it may. */
  readonly refusals: ReadonlyArray<string>;
}

/** Compares a component with the one it would replace, and with its grants. */
export function contractChanges(
  old: CompiledCell | undefined,
  next: CompiledCell,
  spec: CellSpec,
): ContractChanges {
  const before = old?.exports ?? new Map<string, string>();
  const used = old?.imports ?? new Map<string, string>();
  const lost = [...before.keys()].filter((name) => !next.exports.has(name));
  const changed = [...before].filter(([name, signature]) =>
    next.exports.has(name) && next.exports.get(name) !== signature
  );
  const ungranted = [...next.imports.keys()]
    .filter((name) => !spec.grants.has(name));
  return {
    gained: [...next.exports.keys()].filter((name) => !before.has(name)),
    lost,
    uses: [...next.imports.keys()].filter((name) =>
      spec.grants.has(name) && !used.has(name)
    ),
    leaves: [...used.keys()].filter((name) => !next.imports.has(name)),
    refusals: [
      ...lost.map((name) => `it no longer exports ${name}`),
      ...changed.map(([name]) => `its ${name} has another signature`),
      ...ungranted.map((name) => `it imports ${name}, which is not granted`),
    ],
  };
}
