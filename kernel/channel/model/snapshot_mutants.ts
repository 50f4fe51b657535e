/**
 * Known faults of snapshots, each as what it does to shared memory.
 */
import { CURRENT, HELD } from "../snapshot.ts";
import { Twist } from "./twist.ts";

/** A reader takes a version without saying so. */
export class ReadsSecretly extends Twist {
  override or(at: number, _bits: number): number {
    return super.load(at);
  }
}

/** The writer forgets who took a version. */
export class ForgetsReaders extends Twist {
  override store(at: number, value: number): void {
    if (at < HELD || at >= HELD + 32) super.store(at, value);
  }
}

/** The writer swaps the current version in without looking who came late. */
export class SwapsBlindly extends Twist {
  override compareExchange(at: number, seen: number, next: number): number {
    if (at !== CURRENT) return super.compareExchange(at, seen, next);
    super.store(at, next);
    return seen;
  }
}

/** The writer publishes before it fills. */
export class ShowsFirst extends Twist {
  readonly #late: [number, number][] = [];

  override set(at: number, value: number): void {
    this.#late.push([at, value]);
  }

  override compareExchange(at: number, seen: number, next: number): number {
    const found = super.compareExchange(at, seen, next);
    for (const [to, value] of this.#late.splice(0)) super.set(to, value);
    return found;
  }
}
