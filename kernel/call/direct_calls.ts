/**
 * What the door knows of calls that the engine makes directly: how deep they
 * nest, how much time they leave, and whose time is still to be booked.
 */
import type { Generation } from "../cell/generation.ts";
import type { Slot } from "../cell/slot.ts";

export class DirectCalls {
  #depth = 0;
  #inner: Generation | undefined;
  readonly #unsettled: { slot: Slot; generation: Generation }[] = [];

  /** Direct calls in the chain that runs. */
  get depth(): number {
    return this.#depth;
  }

  /** Time that the deadlines of direct calls leave, as the engine counts it. */
  get leftMs(): number {
    return this.#depth > 0 && this.#inner !== undefined
      ? this.#inner.instance.leftMs()
      : Infinity;
  }

  enter(slot: Slot, generation: Generation): void {
    this.#depth += 1;
    this.#inner = generation;
    if (generation.hasDirectTime) return;
    generation.hasDirectTime = true;
    this.#unsettled.push({ slot, generation });
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Books the time of direct calls; to be asked when no call is left. */
  book(epoch: number): void {
    this.#inner = undefined;
    if (this.#unsettled.length === 0) return;
    for (const { slot, generation } of this.#unsettled) {
      generation.hasDirectTime = false;
      slot.meter.addDirect(epoch, generation.instance.takeDirectMs());
    }
    this.#unsettled.length = 0;
  }
}
