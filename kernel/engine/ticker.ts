/**
 * Time for running cells: countdowns, and the thread that counts them down.
 *
 * Each hart has a `Countdown`: a word that every check in every cell of the
 * hart reads. Code of a cell runs only while it is not negative, so there is no
 * call without a deadline: outside `enter` and `leave` it is, and the first check
 * stops whatever runs. A deadline of n ticks is over after n - 1 of the ticker's
 * periods at the earliest, and after n where its thread is in time.
 *
 * The thread itself belongs to the host (kernel/host), because making one and
 * reading the time do.
 */
import { must } from "../limits.ts";
import {
  DEADLINE_TICKS_MAX,
  IDLE_TICKS_MAX,
  LATE_TICKS_MAX,
  PAGE_OCTETS,
  TICK_MS,
} from "./limits.ts";
import { PARK, RUNNING } from "./hart_words.ts";
import { COUNTDOWN_ADDRESS, STOPPED_ADDRESS } from "./rewriter/checks.ts";

const COUNTDOWN = COUNTDOWN_ADDRESS / 4;
/**
 * The number of the arming: another one whenever time is given anew, so that the
 * ticker does not take off what passed before. `HIT` once a check stopped the code.
 */
const ARMING = STOPPED_ADDRESS / 4;
const HIT = 1;
/** The word while no call runs. With n ticks left it is n more. */
export const AT_REST = -1;

/** Values of the control word. */
const STATE = { asleep: 0, running: 1, stopped: 2 } as const;

/** Why a page has no memory that two threads share. */
const NOT_SHARED = "no shared memory; a page has it only with cross-origin " +
  "isolation: serve it with the headers Cross-Origin-Opener-Policy (COOP): " +
  "same-origin and Cross-Origin-Embedder-Policy (COEP): require-corp";

/** What the ticker's thread is given; it may keep nothing else. */
export interface TickerSetup {
  /** One word: what the thread does. */
  readonly control: Int32Array;
  /** The words of each hart; the first is its countdown. */
  readonly countdowns: readonly Int32Array[];
  /** Index of the word that says which word counts the ticks. */
  readonly running: number;
  readonly tickMs: number;
  /** Most ticks that one turn takes off, however late it is. */
  readonly lateTicksMax: number;
  readonly idleTicksMax: number;
  readonly state: typeof STATE;
}

/** A thread that has begun to tick. */
export interface TickerThread {
  /** Returns when the thread is gone; the control word says so before. */
  stop(): Promise<void>;
}

/** Starts a thread, or rejects with the platform's reason. */
export type StartTicker = (setup: TickerSetup) => Promise<TickerThread>;

/** What a countdown is made of: it can be posted to the thread that uses it. */
export interface CountdownSeat {
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
}

/** The time left to the cells of one hart. One thread may use it. */
export class Countdown {
  /** Imported by every module that was rewritten to be stopped. */
  readonly memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #control: Int32Array;
  #depth = 0;
  #arming = HIT;

  constructor(
    control: Int32Array,
    memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
  ) {
    this.memory = memory;
    must(this.memory.buffer.byteLength === PAGE_OCTETS, "one page is shared");
    this.#words = new Int32Array(this.memory.buffer);
    this.#control = control;
    this.#words[COUNTDOWN] = AT_REST;
  }

  /** The countdown of a hart, on its own thread; nothing runs on it yet. */
  static over({ memory, control }: CountdownSeat): Countdown {
    return new Countdown(control, memory);
  }

  get seat(): CountdownSeat {
    return { memory: this.memory, control: this.#control };
  }

  get words(): Int32Array {
    return this.#words;
  }

  /** Ticks left to the running call; zero or less if none runs or it is over. */
  get ticksLeft(): number {
    return Atomics.load(this.#words, COUNTDOWN) - AT_REST;
  }

  /** Whether a call runs, so that the next one is nested in it. */
  get isEntered(): boolean {
    return this.#depth > 0;
  }

  /**
   * A call begins. The first one on the hart sets the countdown (two atomic
   * operations); a nested one only shortens it. Returns what to give `leave`.
   */
  enter(ticks: number): number {
    if (this.#depth++ > 0) return this.#shorten(ticks);
    this.rearm();
    Atomics.store(this.#words, COUNTDOWN, ticks + AT_REST);
    if (Atomics.load(this.#control, 0) === STATE.asleep) this.#wake();
    return 0;
  }

  /** The call ended: its caller goes on with what is left, or nothing runs. */
  leave(shortened: number): void {
    if (--this.#depth === 0) this.#words[COUNTDOWN] = AT_REST;
    else if (shortened > 0) {
      // Adding, not setting: what passed meanwhile has passed for the caller.
      Atomics.add(this.#words, COUNTDOWN, shortened);
    }
  }

  /** What is left of the one call that runs is this now. */
  set(ticks: number): void {
    must(this.#depth === 1, "the countdown of a nested call is not set");
    this.rearm();
    Atomics.store(this.#words, COUNTDOWN, ticks + AT_REST);
  }

  /**
   * Time is about to be given anew; whoever does it next writes the countdown. No
   * stop is forgotten: the code that was stopped does not run.
   */
  rearm(): void {
    this.#arming = this.#arming % 0x7fff_ffff + 1;
    if (this.#arming <= HIT) this.#arming = HIT + 1;
    this.#words[ARMING] = this.#arming;
  }

  /** The chain whose code may park from now on, or zero; returns which could. */
  allowParking(chain: number): number {
    const before = this.#words[PARK] ?? 0;
    this.#words[PARK] = chain;
    return before;
  }

  /** Gives back what a call took off that does not come through `enter`. */
  lengthen(shortened: number): void {
    if (shortened > 0) Atomics.add(this.#words, COUNTDOWN, shortened);
  }

  /** Runs `job` apart from the call that runs: with time of its own. */
  apart(ticks: number, job: () => void): void {
    const wasStopped = this.takeStopped();
    const given = ticks - Math.min(this.ticksLeft, 0);
    Atomics.add(this.#words, COUNTDOWN, given);
    try {
      job();
    } finally {
      Atomics.sub(this.#words, COUNTDOWN, given);
      this.rearm();
      if (wasStopped) this.#words[ARMING] = HIT;
    }
  }

  /** Whether a check stopped the code that just trapped; asked once. */
  takeStopped(): boolean {
    const wasStopped = this.#words[ARMING] === HIT;
    this.rearm();
    return wasStopped;
  }

  #shorten(ticks: number): number {
    const less = this.ticksLeft - ticks;
    if (less <= 0) return 0;
    this.rearm();
    Atomics.sub(this.#words, COUNTDOWN, less);
    return less;
  }

  #wake(): void {
    const { asleep, running } = STATE;
    Atomics.compareExchange(this.#control, 0, asleep, running);
    Atomics.notify(this.#control, 0);
  }
}

/** Countdowns of all harts and the one thread that serves them. */
export class Ticker {
  readonly countdowns: readonly Countdown[];
  readonly #control: Int32Array;
  readonly #thread: TickerThread;

  private constructor(
    countdowns: readonly Countdown[],
    control: Int32Array,
    thread: TickerThread,
  ) {
    this.countdowns = countdowns;
    this.#control = control;
    this.#thread = thread;
  }

  /** Rejects where there is no thread: without one no cell may run. */
  static async start(harts: number, start: StartTicker): Promise<Ticker> {
    if (typeof SharedArrayBuffer === "undefined") throw new Error(NOT_SHARED);
    const control = new Int32Array(new SharedArrayBuffer(4));
    Atomics.store(control, 0, STATE.running);
    const countdowns = Array.from(
      { length: harts },
      () => new Countdown(control),
    );
    const thread = await start({
      control,
      countdowns: countdowns.map((countdown) => countdown.words),
      running: RUNNING,
      tickMs: TICK_MS,
      lateTicksMax: LATE_TICKS_MAX,
      idleTicksMax: IDLE_TICKS_MAX,
      state: STATE,
    });
    return new Ticker(countdowns, control, thread);
  }

  /** True while the thread waits for the next call and costs nothing. */
  get isAsleep(): boolean {
    return Atomics.load(this.#control, 0) === STATE.asleep;
  }

  /** Ends the thread. Calls that still run lose their deadlines. */
  async stop(): Promise<void> {
    Atomics.store(this.#control, 0, STATE.stopped);
    Atomics.notify(this.#control, 0);
    await this.#thread.stop();
  }
}

/** A deadline in ticks: at least one, however short, late or odd it is. */
export function ticksOf(milliseconds: number): number {
  const ticks = Math.ceil(milliseconds / TICK_MS) + 1;
  return ticks >= 1 ? Math.min(ticks, DEADLINE_TICKS_MAX) : 1;
}
