/**
 * The end of a probation: the new generation is kept, or the old one is back.
 *
 * Where the cell owns a device the old generation's memory is not used again,
 * because the new one may have written meanwhile: its component is started
 * anew and reads the device. So it is where the node itself was started anew
 * during the probation: there is only the component to go back to.
 */
import type { Nursery } from "../cell/nursery.ts";
import type { Slot } from "../cell/slot.ts";
import { must } from "../limits.ts";

/** The new generation stays. */
export function keep(nursery: Nursery, slot: Slot): void {
  const { standby } = slot;
  must(standby !== undefined, "a probation has a standby");
  slot.standby = undefined;
  slot.probationEndsMs = Infinity;
  retire(nursery, slot, standby.generation);
}

/**
 * The slot is what it was before the swap. Returns true if a generation serves
 * at once; false if one has to be started from the slot's image.
 */
export function revert(
  nursery: Nursery,
  slot: Slot,
  nowMs: number,
): boolean {
  const { standby, current } = slot;
  must(standby !== undefined, "a probation has a standby");
  slot.standby = undefined;
  slot.probationEndsMs = Infinity;
  slot.image = standby.image;
  slot.checkpoint = standby.checkpoint;
  slot.recentFaults = standby.recentFaults;
  slot.spec = standby.spec ?? { ...slot.spec, grants: standby.grants };
  // What was revoked meanwhile stays so.
  for (const contract of standby.withdrawn) slot.withdrawn.add(contract);
  slot.wakeAtMs = nowMs;
  slot.heartbeatAtMs = 0;
  slot.current = undefined;
  if (current !== undefined) nursery.stop(slot, current);
  if (standby.generation === undefined || slot.ownsDevice) {
    standby.generation?.end();
    return false;
  }
  slot.current = standby.generation;
  slot.installedAtMs = nowMs;
  slot.state = "running";
  return true;
}

/** An old generation's `stop` must not touch a device that is another's now. */
export function retire(
  nursery: Nursery,
  slot: Slot,
  generation: Slot["current"],
): void {
  if (generation === undefined) return;
  if (slot.ownsDevice) generation.end();
  else nursery.stop(slot, generation);
}
