/**
 * What runs on a hart: plain calls, and bursts of calls that may park.
 *
 * A burst is one uninterrupted run of a chain's code (chain.ts). The countdown
 * is armed while a burst runs and is nobody's between two. A burst that ends in
 * a trap is only known to have ended some microtasks later; until then other
 * code may run, so whoever enters a cell from outside settles first.
 */
import { must } from "../../../limits.ts";
import type { Countdown } from "../../ticker.ts";

/** What a hart knows of a chain. */
export interface Bursting {
  /** Given when it begins; not zero then. */
  id: number;
  /** Ticks left of the running slice. */
  left: number;
  /** Told when code of the chain begins and ends to run. */
  readonly watch: (isRunning: boolean) => void;
}

export class Hart {
  readonly countdown: Countdown;
  readonly #chains = new Map<number, Bursting>();
  #burst: Bursting | undefined;
  #hostDepth = 0;
  #lastId = 0;

  constructor(countdown: Countdown) {
    this.countdown = countdown;
  }

  /** The chain whose code called the host code that asks. */
  get running(): Bursting | undefined {
    return this.#burst;
  }

  /** The chain is about to begin: it gets a number that no other one has. */
  add(chain: Bursting): void {
    do {
      this.#lastId = this.#lastId % 0x7fff_ffff + 1;
    } while (this.#chains.has(this.#lastId));
    chain.id = this.#lastId;
    this.#chains.set(chain.id, chain);
  }

  remove(chain: Bursting): void {
    this.#chains.delete(chain.id);
  }

  /** Ends a burst that nobody is in any more. */
  settle(): void {
    if (this.#hostDepth === 0) this.end();
  }

  /** Code of a chain begins to run. */
  begin(chain: Bursting): void {
    this.settle();
    must(this.#burst === undefined, "bursts do not nest");
    this.#burst = chain;
    this.countdown.enter(chain.left);
    chain.watch(true);
  }

  end(): void {
    const chain = this.#burst;
    if (chain === undefined) return;
    this.#burst = undefined;
    chain.left = Math.max(this.countdown.ticksLeft, 0);
    this.countdown.allowParking(0);
    this.countdown.leave(0);
    chain.watch(false);
  }

  /** Called by a gate: code of that chain goes on, and may park again. */
  readonly resumed = (id: number): void => {
    const chain = this.#chains.get(id);
    must(chain !== undefined, "a chain that goes on is known");
    if (this.#burst !== chain) this.begin(chain);
    this.countdown.allowParking(id);
  };

  /** Code of a cell called host code: nothing in it may park the cell. */
  host<T>(job: () => T): T {
    const before = this.countdown.allowParking(0);
    this.#hostDepth += 1;
    try {
      return job();
    } finally {
      this.#hostDepth -= 1;
      // Without a burst its stack has been suspended: a gate says when it goes on.
      this.countdown.allowParking(this.#burst === undefined ? 0 : before);
    }
  }

  /**
   * Runs code of a chain that JavaScript called, and that therefore cannot park:
   * lowering and lifting. Its own time bounds it, the slice pays for it.
   */
  plain<T>(chain: Bursting, ticks: number, job: () => T): T {
    const isGoingOn = this.#burst === chain;
    if (!isGoingOn) this.begin(chain);
    const { countdown } = this;
    const sliceTicks = countdown.ticksLeft;
    countdown.allowParking(0);
    countdown.set(ticks);
    try {
      return job();
    } finally {
      countdown.set(sliceTicks - (ticks - countdown.ticksLeft));
      if (!isGoingOn) this.end();
    }
  }
}
