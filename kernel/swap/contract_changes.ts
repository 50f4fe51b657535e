/** What a new component would change for its callers and its authority. */
import type { CompiledCell } from "../engine/engine.ts";
import type { Slot } from "../cell/slot.ts";

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

/** What the rest of the system takes for granted about a slot's cell. */
export interface Expectations {
  /** Contract to signature, of every contract that this node knows. */
  readonly known: ReadonlyMap<string, string>;
  /** Contracts of this slot's cell that others call, and who does. */
  readonly called: ReadonlyMap<string, ReadonlyArray<string>>;
  /**
   * True for the component that a slot starts with: a grant that was revoked
   * does not keep it from starting, the calls are refused.
   */
  readonly starts?: boolean;
}

/** Compares a component with the one it would replace, and with its grants. */
export function contractChanges(
  slot: Slot,
  next: CompiledCell,
  { known, called, starts = false }: Expectations,
): ContractChanges {
  const before = slot.image?.compiled.exports ?? new Map<string, string>();
  const used = slot.image?.compiled.imports ?? new Map<string, string>();
  const isGranted = (name: string) =>
    slot.spec.grants.has(name) && (starts || !slot.withdrawn.has(name));
  const lost = [...before.keys()].filter((name) => !next.exports.has(name));
  // With an old one the callers have what it exports; `lost` says the rest.
  const missing = slot.image !== undefined
    ? []
    : [...called].filter(([name]) => !next.exports.has(name));
  const changed = [...next.exports].filter(([name, signature]) =>
    (before.get(name) ?? known.get(name) ?? signature) !== signature
  );
  const ungranted = [...next.imports.keys()].filter((name) => !isGranted(name));
  return {
    gained: [...next.exports.keys()].filter((name) => !before.has(name)),
    lost,
    uses: [...next.imports.keys()].filter((name) =>
      isGranted(name) && !used.has(name)
    ),
    leaves: [...used.keys()].filter((name) => !next.imports.has(name)),
    refusals: [
      ...lost.map((name) => `it no longer exports ${name}`),
      ...missing.map(([name, callers]) =>
        `it does not export ${name}, which ${callers.join(", ")} calls`
      ),
      ...changed.map(([name]) => `its ${name} has another signature`),
      ...ungranted.map((name) => `it imports ${name}, which is not granted`),
    ],
  };
}
