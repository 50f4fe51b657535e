/**
 * The time that the device still has, and the one place that waits for it.
 *
 * There is no clock: whoever waits says how long it took.
 */
import { describe, wait } from "./gen/irq";

let leftUs: u64 = 0;
let waitMax: u64 = 0;

/** From now on the device has so much time. */
export function allow(us: u64): void {
  leftUs = us;
  if (waitMax == 0) waitMax = describe().waitMax;
}

export function isOver(): bool {
  return leftUs == 0;
}

/**
 * Waits for an interrupt, at most `us` and no longer than there is time. True
 * if one came; whether it means anything, the device has to be asked.
 */
export function waitInterrupt(us: u64): bool {
  const answer = wait(0, min(min(us, leftUs), waitMax));
  // A bus that does not even wait gives nobody any more time.
  if (!answer.isOk) {
    leftUs = 0;
    return false;
  }
  const waited = max<u64>(answer.value.waited, 1);
  leftUs -= min(leftUs, waited);
  return answer.value.times > 0;
}
