/** Grants that are given to, and taken from, a cell that runs. */
import { Effect } from "effect";
import type { Slot } from "../cell/slot.ts";
import { KERNEL_CONTRACTS } from "../contracts.ts";
import type { Machine } from "../machine.ts";
import { swap, type SwapParts } from "../swap/swap.ts";
import { LoadRefused } from "../cell/nursery.ts";

export interface GrantChange {
  readonly contract: string;
  readonly provider: string;
}

/** Why the grant would be of no use, or could not be kept. */
export function grantFault(
  machine: Machine,
  slot: Slot,
  { contract, provider }: GrantChange,
): string | undefined {
  const { image, spec, withdrawn } = slot;
  if (image === undefined) return `${slot.name} has no component that fits`;
  if (!image.compiled.imports.has(contract)) {
    const all = [...image.compiled.imports.keys()].join(", ") || "nothing";
    return `its component does not import ${contract}; it imports ${all}`;
  }
  if (spec.grants.get(contract) === provider && !withdrawn.has(contract)) {
    return `it is granted ${contract} from ${provider} already`;
  }
  return provides(machine, contract, provider)
    ? undefined
    : `${provider} does not export ${contract}`;
}

function provides(
  machine: Machine,
  contract: string,
  provider: string,
): boolean {
  const [kind, name = ""] = provider.split(":");
  if (kind === "none") return machine.options.contracts.has(contract);
  if (kind === "kernel") return KERNEL_CONTRACTS.has(contract);
  if (kind === "driver") {
    return machine.options.drivers.get(name)?.has(contract) === true;
  }
  return machine.exportsOf(name)?.has(contract) === true;
}

/** Why there is nothing to take back. */
export function revocable(slot: Slot, contract: string): string[] {
  const held = [...slot.spec.grants.keys()]
    .filter((name) => !slot.withdrawn.has(name));
  if (held.includes(contract)) return [];
  return [
    `it is not granted ${contract}; it is granted ${
      held.join(", ") || "nothing"
    }`,
  ];
}

/**
 * A hot swap with the component that the cell has, and with the grant. Where it
 * is refused, or the probation fails, the grants are what they were.
 */
export const grantOf = Effect.fnUntraced(
  function* (
    machine: Machine,
    parts: SwapParts,
    slot: Slot,
    { contract, provider }: GrantChange,
  ) {
    const { image } = slot;
    if (image === undefined) {
      const reason = "it has no component that fits";
      return yield* new LoadRefused({
        cell: slot.name,
        stage: "grant",
        reason,
      });
    }
    const attempt = swap(parts, slot, image, {
      terms: false,
      next: ({ spec, withdrawn }) => {
        machine.forgetReach();
        const held = new Set(withdrawn);
        held.delete(contract);
        const grants = new Map(spec.grants).set(contract, provider);
        return { spec: { ...spec, grants }, withdrawn: held };
      },
    });
    // Who cannot even hand over its state without the grant has fallen by now:
    // it starts from its last checkpoint, like after any other fall.
    return yield* attempt.pipe(
      Effect.catch((refusal) =>
        refusal.stage === "snapshot" && !slot.serves
          ? attempt
          : Effect.fail(refusal)
      ),
    );
  },
);

/** Takes a grant back until the node starts again. */
export const withdrawOf = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot, contract: string) {
    if (machine.withdraw(slot, contract)) return;
    const granted = [...slot.spec.grants.keys()].join(", ") || "nothing";
    return yield* new LoadRefused({
      cell: slot.name,
      stage: "withdraw",
      reason: `it is not granted ${contract}; it is granted ${granted}`,
    });
  },
);
