/** What one cell has used: calls, steps, parks, time in the running epoch. */
import { Histogram } from "./histogram.ts";

export class Meter {
  /** Durations of calls and steps alike: a job is a job. */
  readonly jobs = new Histogram();
  /** How much longer than it was given a job ran that was parked or stopped. */
  readonly overshoot = new Histogram();
  overshootMaxMs = 0;
  /** How late the latest of `missed` was. */
  missedMaxMs = 0;
  /** How often it was parked. */
  parks = 0;
  /** Steps of a hard cell that ended after their epoch. */
  missed = 0;
  #epoch = -1;
  #usedMs = 0;
  #lastUsedMs = 0;

  /** Adds a finished job to the epoch it began in. */
  add(epoch: number, durationMs: number): void {
    this.use(epoch, durationMs);
    this.jobs.record(durationMs * 1_000);
  }

  /** Adds a part of a job that is not finished. */
  use(epoch: number, durationMs: number): void {
    this.#roll(epoch);
    this.#usedMs += durationMs;
  }

  /**
   * Adds time in direct calls, as the ticker counted it. Nobody timed each of
   * them, so they are not among `jobs`.
   */
  addDirect(epoch: number, usedMs: number): void {
    this.#roll(epoch);
    this.#usedMs += usedMs;
  }

  /** A job was parked or stopped so long after its time was over. */
  overran(lateMs: number): void {
    this.overshoot.record(lateMs * 1_000);
    this.overshootMaxMs = Math.max(this.overshootMaxMs, lateMs);
  }

  /** A step of a hard cell ended so long after its last moment. */
  miss(lateMs: number): void {
    this.missed += 1;
    this.missedMaxMs = Math.max(this.missedMaxMs, lateMs);
  }

  /** Time used so far in `epoch`. */
  usedMs(epoch: number): number {
    this.#roll(epoch);
    return this.#usedMs;
  }

  /** Time used in the last epoch in which the cell ran at all. */
  get lastUsedMs(): number {
    return this.#usedMs > 0 ? this.#usedMs : this.#lastUsedMs;
  }

  #roll(epoch: number): void {
    if (epoch === this.#epoch) return;
    if (this.#usedMs > 0) this.#lastUsedMs = this.#usedMs;
    this.#epoch = epoch;
    this.#usedMs = 0;
  }
}
