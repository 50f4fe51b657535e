/**
 * A chain: one call that may park, with the calls into other cells under it.
 *
 * It runs in slices. A slice ends when a check finds its time over: the stack of
 * the innermost cell is suspended, and with it all that wait for its answer. The
 * next slice goes on at that instruction.
 */
import { must } from "../../../limits.ts";
import {
  CellTrap,
  type Guarded,
  type ParkableCall,
  type Slice,
} from "../../engine.ts";
import { ticksOf } from "../../ticker.ts";
import type { Bursting, Hart } from "./hart.ts";

/** One cell's part in a chain. */
export class Frame {
  /** Ticks for what cannot park: lowering and lifting. */
  readonly ticks: number;
  /** Why it is to end, once somebody has said so. */
  cancelled: CellTrap | undefined;
  /** A check stopped it where it could not park. */
  wasStopped = false;

  constructor(readonly chain: Chain, readonly limitMs: number) {
    this.ticks = ticksOf(limitMs);
  }
}

/** A suspended stack. */
interface Parked {
  readonly goOn: () => void;
  readonly unwind: (reason: CellTrap) => void;
}

const UNWOUND = "a call that it was in was cancelled";

export class Chain implements Bursting {
  left = 0;
  #parked: Parked | undefined;
  #sliceEnd: ((isParked: true) => void) | undefined;
  #isCancelled = false;

  constructor(
    readonly id: number,
    readonly hart: Hart,
    readonly watch: (isRunning: boolean) => void,
  ) {}

  /** Resolves at the next time that it is parked. Called before it goes on. */
  slice(ms: number): Promise<true> {
    must(this.#sliceEnd === undefined, "a slice is under way");
    this.left = ticksOf(ms);
    return new Promise((resolve) => this.#sliceEnd = resolve);
  }

  /** Suspends the stack that asks; the gate's answer to a check. */
  park(): Promise<void> {
    this.hart.end();
    return new Promise((resolve, reject) => {
      this.#parked = { goOn: resolve, unwind: reject };
      const end = this.#sliceEnd;
      this.#sliceEnd = undefined;
      end?.(true);
    });
  }

  goOn(): void {
    const parked = this.#parked;
    must(parked !== undefined, "only a parked chain goes on");
    this.#parked = undefined;
    if (!this.#isCancelled) return parked.goOn();
    this.#isCancelled = false;
    parked.unwind(new CellTrap("cancelled", UNWOUND, undefined));
  }

  /** The innermost stack unwinds when the chain goes on, and so up to `frame`. */
  cancel(frame: Frame, reason: CellTrap): void {
    frame.cancelled ??= reason;
    this.#isCancelled = true;
  }

  /** No slice follows: a suspended stack is given up. */
  drop(): void {
    const parked = this.#parked;
    this.#parked = undefined;
    parked?.unwind(new CellTrap("cancelled", UNWOUND, undefined));
  }
}

/** A chain and its outermost call, as the kernel sees them. */
export class RootCall<T> implements ParkableCall<T> {
  readonly #chain: Chain;
  readonly #frame: Frame;
  readonly #enter: (frame: Frame) => Promise<Guarded<unknown>>;
  #ending: Promise<Guarded<T>> | undefined;

  constructor(
    chain: Chain,
    limitMs: number,
    enter: (frame: Frame) => Promise<Guarded<unknown>>,
  ) {
    this.#chain = chain;
    this.#frame = new Frame(chain, limitMs);
    this.#enter = enter;
  }

  async run(sliceMs: number): Promise<Slice<T>> {
    const chain = this.#chain;
    const parked = chain.slice(sliceMs);
    if (this.#ending === undefined) {
      chain.hart.begin(chain);
      // The binding's method says what the stages lift.
      this.#ending = this.#enter(this.#frame) as Promise<Guarded<T>>;
      chain.hart.end();
    } else chain.goOn();
    const ended = await Promise.race([parked, this.#ending]);
    if (ended === true) return { parked: true };
    chain.hart.settle();
    chain.hart.remove(chain);
    return { parked: false, guarded: ended };
  }

  cancel(reason: CellTrap): void {
    this.#chain.cancel(this.#frame, reason);
  }
}
