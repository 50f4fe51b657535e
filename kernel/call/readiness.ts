/**
 * Whether the generation that fills a slot answers a contract now.
 *
 * One that still reads back what it keeps on a device knows a part of it only.
 * Its answers would look whole, so it gives none: who calls it is refused, with
 * how far it has come, and asks again. The kernel's own calls (`lifecycle`,
 * `background`) do not come this way.
 *
 * Deliberately absent: an empty slot. The door says what is wrong with it.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import type { Slot } from "../cell/slot.ts";

/** Why this contract is not answered, whatever is asked. */
export function unready(
  { current }: Slot,
  binding: InterfaceBinding<unknown>,
): string | undefined {
  if (current === undefined) return undefined;
  if (!current.offers(binding)) {
    return `it does not export this ${binding.name}`;
  }
  return current.restoring === undefined
    ? undefined
    : `it is restoring its state: ${current.restoring}`;
}
