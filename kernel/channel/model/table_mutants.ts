/**
 * Known faults of tables, each as what it does to shared memory.
 */
import { CLOCK, NOTHING, PINS, TOMBSTONE } from "../table.ts";
import { Twist } from "./twist.ts";

/** A reader looks without saying so. */
export class LooksSecretly extends Twist {
  override store(at: number, value: number): void {
    super.store(at, at === PINS ? 0 : value);
  }
}

/** The writer uses entries again at once. */
export class UsesAgainAtOnce extends Twist {
  override load(at: number): number {
    return at === PINS ? 0 : super.load(at);
  }
}

/** The clock goes on before the bucket changes, so who comes late is missed. */
export class TicksFirst extends Twist {
  #late: [number, number] | undefined;

  override store(at: number, value: number): void {
    if (at === CLOCK) super.store(at, value);
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined) super.store(...late);
    if (at !== CLOCK) this.#late = [at, value];
  }

  override load(at: number): number {
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined) super.store(...late);
    return super.load(at);
  }
}

/** Deleting leaves nothing, so keys behind it are not found any more. */
export class LeavesNothing extends Twist {
  override store(at: number, value: number): void {
    super.store(at, value === TOMBSTONE ? NOTHING : value);
  }
}

/** The writer names an entry before it fills it. */
export class NamesFirst extends Twist {
  readonly #late: [number, number][] = [];

  override set(at: number, value: number): void {
    this.#late.push([at, value]);
  }

  override put(at: number, from: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.set(at + i, from[i] ?? 0);
  }

  override store(at: number, value: number): void {
    super.store(at, value);
    for (const [to, late] of this.#late.splice(0)) super.set(to, late);
  }
}
