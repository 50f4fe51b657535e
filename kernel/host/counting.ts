/**
 * Counting down: what the ticker's thread does at each of its turns.
 *
 * A turn takes off every countdown the whole ticks that have passed, also those
 * that a late turn missed, but no more than `lateTicksMax` at once: where the whole
 * machine stood still, nobody's code ran. Ticks count from when a countdown was
 * first seen armed as it is (`Countdown` writes another number whenever it gives
 * time anew), and that turn takes one off, unless a turn took some within the last
 * tick. So n ticks are over n - 1 periods later or later, never sooner, however often
 * a part of that time is given to somebody else and given back.
 *
 * Deliberately absent: the clock and sleeping (ticker_worker.ts), so that a test
 * can be the clock.
 */

/** Mirrors part of `TickerSetup` of kernel/engine/ticker.ts. */
export interface Counted {
  /** The words of each hart; the first is its countdown, the second its arming. */
  readonly countdowns: readonly Int32Array[];
  /** Index of the word that says which word counts the ticks. */
  readonly running: number;
  readonly tickMs: number;
  /** Most ticks that one turn takes off. */
  readonly lateTicksMax: number;
}

/** Of a tick: what two sums of the same times may differ by. */
const ROUNDING = 1e-6;

class Hart {
  readonly words: Int32Array;
  /** Countdown and arming as one, so that neither changes unseen. */
  readonly #both: BigInt64Array;
  /** Another number than any that is written. */
  #arming = 0;
  /** Until when ticks were taken off this arming. */
  #untilMs = 0;
  /** The turn that last took some off any. */
  #takenMs = -Infinity;

  constructor(words: Int32Array) {
    this.words = words;
    this.#both = new BigInt64Array(words.buffer, words.byteOffset, 1);
  }

  /** When the next whole tick has passed. */
  dueMs(tickMs: number): number {
    return this.#untilMs + tickMs;
  }

  /** Takes off what has passed; how many ticks, nothing if none is armed. */
  turn(
    { tickMs, lateTicksMax }: Counted,
    nowMs: number,
    clock: () => number,
  ): number | undefined {
    for (;;) {
      const both = Atomics.load(this.#both, 0);
      if (Number(BigInt.asIntN(32, both)) < 0) {
        this.#arming = 0;
        return undefined;
      }
      const arming = Number(both >> 32n);
      const isNew = arming !== this.#arming;
      // Read behind the words: since then it is surely armed.
      const untilMs = isNew ? clock() : this.#untilMs;
      const passed = isNew
        ? Number(nowMs - this.#takenMs >= tickMs * (1 - ROUNDING))
        : Math.floor((nowMs - untilMs) / tickMs + ROUNDING);
      const ticks = Math.min(passed, lateTicksMax);
      if (ticks <= 0 && !isNew) return 0;
      if (!this.#take(both, ticks)) continue;
      this.#arming = arming;
      if (ticks > 0) this.#takenMs = nowMs;
      this.#untilMs = isNew ? untilMs : untilMs + passed * tickMs;
      return ticks;
    }
  }

  /** Takes it off, unless somebody changed the words meanwhile. */
  #take(both: bigint, ticks: number): boolean {
    const left = BigInt.asIntN(32, both) - BigInt(ticks);
    const next = (both >> 32n << 32n) | BigInt.asUintN(32, left);
    const before = Atomics.compareExchange(this.#both, 0, both, next);
    return before === both;
  }
}

export class Counting {
  readonly #counted: Counted;
  readonly #harts: readonly Hart[];
  readonly #clock: () => number;

  constructor(counted: Counted, clock: () => number) {
    this.#counted = counted;
    this.#harts = counted.countdowns.map((words) => new Hart(words));
    this.#clock = clock;
  }

  /**
   * Takes off every countdown what has passed, and adds it to who runs; when the
   * next turn should be, or nothing if no countdown is armed.
   */
  turn(): number | undefined {
    const { running, tickMs } = this.#counted;
    const nowMs = this.#clock();
    let nextMs: number | undefined;
    for (const hart of this.#harts) {
      const ticks = hart.turn(this.#counted, nowMs, this.#clock);
      if (ticks === undefined) continue;
      const { words } = hart;
      const tally = Atomics.load(words, running);
      if (tally > 0 && ticks > 0) Atomics.add(words, tally, ticks);
      nextMs = Math.min(nextMs ?? Infinity, hart.dueMs(tickMs));
    }
    return nextMs && Math.max(nextMs, nowMs + tickMs / 2);
  }
}
