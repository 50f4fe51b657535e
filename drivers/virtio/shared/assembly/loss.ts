/**
 * Whether the device can be relied on, and why not.
 *
 * A device that is lost is told nothing but to reset itself. What it had been
 * given may have been carried out, or not.
 */

export let isLost: bool = true;
export let lossReason: string = "it was never set up";

/** The first reason is the one that counts. */
export function lose(reason: string): void {
  if (isLost) return;
  isLost = true;
  lossReason = reason;
}

export function found(): void {
  isLost = false;
  lossReason = "";
}
