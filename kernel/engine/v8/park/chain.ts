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
  /** Whether what it waits for is there. */
  readonly isReady: () => boolean;
  readonly goOn: () => void;
  readonly unwind: (reason: CellTrap) => void;
}

const PARKED = { parked: true } as const;
const UNWOUND = "a call that it was in was cancelled";

export class Chain implements Bursting {
  id = 0;
  left = 0;
  #parked: Parked | undefined;
  #parkedTell: ((until?: Promise<void>) => void) | undefined;
  #isCancelled = false;

  constructor(
    readonly hart: Hart,
    readonly watch: (isRunning: boolean) => void,
  ) {}

  /** `parked` is told when it is parked; to be called before it goes on. */
  slice(ms: number, parked: (until?: Promise<void>) => void): void {
    must(this.#parkedTell === undefined, "a slice is under way");
    this.left = ticksOf(ms);
    this.#parkedTell = parked;
  }

  /** Suspends the stack that asks; the gate's answer to a check. */
  park(): Promise<void> {
    this.hart.end();
    return new Promise((resolve, reject) => {
      this.#suspend({ isReady: () => true, goOn: resolve, unwind: reject });
    });
  }

  /**
   * Suspends the stack that asks until a slice begins after `answer` is there:
   * the gate's answer to a call that other threads work on.
   */
  wait(answer: Promise<unknown>): Promise<unknown> {
    this.hart.end();
    return new Promise((resolve, reject) => {
      let end: (() => void) | undefined;
      const until = answer.then(
        (value) => {
          end = () => resolve(value);
        },
        (error) => {
          end = () => reject(error);
        },
      );
      const isReady = () => end !== undefined;
      const goOn = () => end?.();
      this.#suspend({ isReady, goOn, unwind: reject }, until);
    });
  }

  #suspend(parked: Parked, until?: Promise<void>): void {
    this.#parked = parked;
    const tell = this.#parkedTell;
    this.#parkedTell = undefined;
    tell?.(until);
  }

  goOn(): void {
    const parked = this.#parked;
    must(parked !== undefined, "only a parked chain goes on");
    must(this.#isCancelled || parked.isReady(), "who goes on has its answer");
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

/** Runs a frame; tells once, now or later, what it came to. */
export type Enter = (
  frame: Frame,
  over: (guarded: Guarded<unknown>) => void,
) => void;

/** A chain and its outermost call, as the kernel sees them. */
export class RootCall<T> implements ParkableCall<T> {
  readonly #chain: Chain;
  readonly #frame: Frame;
  readonly #enter: Enter;
  #tell: ((slice: Slice<T>) => void) | undefined;
  #hasBegun = false;

  constructor(chain: Chain, limitMs: number, enter: Enter) {
    this.#chain = chain;
    this.#frame = new Frame(chain, limitMs);
    this.#enter = enter;
  }

  run(sliceMs: number): Promise<Slice<T>> {
    const chain = this.#chain;
    return new Promise((resolve) => {
      this.#tell = resolve;
      chain.slice(
        sliceMs,
        (until) => resolve(until === undefined ? PARKED : { ...PARKED, until }),
      );
      if (this.#hasBegun) return chain.goOn();
      this.#hasBegun = true;
      chain.hart.add(chain);
      chain.hart.begin(chain);
      this.#enter(this.#frame, this.#over);
      chain.hart.end();
    });
  }

  cancel(reason: CellTrap): void {
    this.#chain.cancel(this.#frame, reason);
  }

  readonly #over = (guarded: Guarded<unknown>): void => {
    const chain = this.#chain;
    chain.hart.settle();
    chain.hart.remove(chain);
    // The binding's method says what the stages lift.
    this.#tell?.({ parked: false, guarded: guarded as Guarded<T> });
  };
}
