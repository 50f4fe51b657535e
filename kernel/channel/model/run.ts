/**
 * One thread of a scenario, brought one atomic access further.
 *
 * The code under test is plain synchronous code that cannot stop in the middle.
 * So each step runs it again from its beginning: accesses that were made before
 * give what they gave then, the next atomic one is made, plain ones after it
 * too, and before the atomic one after that the run is thrown out of the code.
 */
import type { Woken, Words } from "../words.ts";
import {
  ATOMIC_READ,
  ATOMIC_WRITE,
  join,
  PLAIN_READ,
  PLAIN_WRITE,
  type State,
  type Thread,
} from "./state.ts";

/** Thrown when a run has made its step; one for all, since traces are dear. */
const PAUSED = new Error("paused");

/** A promise that the code under test does not keep. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** What a thread of a scenario does besides using memory. */
export interface Teller {
  /** Tells the checker: what the thread does to the world. */
  readonly see: (value: number) => void;
  /** Runs one operation, which may make at most so many accesses. */
  readonly op: <T>(name: string, accessesMax: number, body: () => T) => T;
  /**
   * Says that from here on the thread depends on these alone: the fields of the
   * objects that are no objects themselves, the values, and where this is said.
   */
  readonly mark: (where: string, ...on: readonly Dependence[]) => void;
}

export type Dependence = object | number | string | boolean;

export type Script = (words: Words, teller: Teller) => void;

/** An effect outside of memory: a step of its own, which death may precede. */
const TELLING = ATOMIC_WRITE + 1;

/** A thread that makes more accesses than this does not end. */
const EVENTS_MAX = 4_000;
const WOKEN: readonly Woken[] = ["ok", "not-equal", "timed-out"];
export const WOKEN_OK = 0;
export const WOKEN_TIMED_OUT = 2;

/** Makes one step of a thread in `state`, which is changed. */
export function step(
  state: State,
  at: number,
  script: Script,
  constants: number,
): void {
  const run = new Run(state, at, constants);
  const thread = state.threads[at] as Thread;
  try {
    script(run, run);
    thread.status = "done";
  } catch (error) {
    if (error !== PAUSED) throw error;
  } finally {
    thread.seen = run.seen;
  }
}

class Run implements Words, Teller {
  readonly length: number;
  readonly seen: number[] = [];
  readonly #state: State;
  readonly #thread: Thread;
  readonly #at: number;
  /** Accesses and given values passed so far in this run. */
  #events = 0;
  #given = 0;
  #stepped = false;
  #limit = Infinity;
  #doing = "";

  constructor(state: State, at: number, readonly constants: number) {
    this.#state = state;
    this.#at = at;
    this.#thread = state.threads[at] as Thread;
    this.length = state.values.length;
  }

  readonly see = (value: number): void => {
    this.#isNew(TELLING, 0);
    this.seen.push(value);
  };

  readonly op = <T>(name: string, accessesMax: number, body: () => T): T => {
    this.#limit = this.#events + accessesMax;
    this.#doing = name;
    const out = body();
    this.#limit = Infinity;
    return out;
  };

  readonly mark = (where: string, ...on: readonly Dependence[]): void => {
    const thread = this.#thread;
    // Said before, in an earlier step, unless all of that is repeated.
    if (this.#events < thread.markEvents) return;
    thread.mark = `${where} ${on.map(fieldsOf).join(" ")}`;
    thread.markEvents = this.#events;
    thread.markGiven = this.#given;
  };

  /** Whether the access is a new one; out of the code if it is not its turn. */
  #isNew(kind: number, at: number): boolean {
    if (!(at >= 0 && at < this.length)) {
      throw new Violation(`access outside of memory: ${at}`);
    }
    if (this.#events >= this.#limit) {
      throw new Violation(`${this.#doing} makes more accesses than it may`);
    }
    const thread = this.#thread;
    if (this.#events < thread.events) {
      this.#events++;
      return false;
    }
    if (kind >= ATOMIC_READ) {
      if (this.#stepped) throw PAUSED;
      this.#stepped = true;
    }
    this.#events++;
    thread.events++;
    if (thread.events > EVENTS_MAX) throw new Violation("it does not end");
    if (kind === TELLING) {
      this.#note("tells the checker");
      return true;
    }
    const race = this.#state.access(this.#at, kind, at);
    if (race !== undefined) throw new Violation(race);
    return true;
  }

  #again(): number {
    return this.#thread.log[this.#given++] as number;
  }

  #give(value: number): number {
    this.#thread.log.push(value);
    this.#given++;
    return value;
  }

  #note(text: string): void {
    this.#state.note(`thread ${this.#at} ${text}`);
  }

  /** Takes over what the last writer of the word knew. */
  #acquire(at: number): void {
    const clock = this.#state.clocks[at];
    if (clock !== undefined) join(this.#thread.clock, clock);
  }

  #release(at: number, value: number): void {
    this.#state.values[at] = value;
    this.#state.clocks[at] = this.#thread.clock.slice();
  }

  load(at: number): number {
    // As a plain read: if anybody writes it after all, that is a race.
    if (at < this.constants) return this.get(at);
    if (!this.#isNew(ATOMIC_READ, at)) return this.#again();
    this.#acquire(at);
    const value = this.#state.values[at] as number;
    this.#note(`loads word ${at}: ${value}`);
    return this.#give(value);
  }

  store(at: number, value: number): void {
    if (!this.#isNew(ATOMIC_WRITE, at)) return;
    this.#release(at, value | 0);
    this.#note(`stores word ${at}: ${value | 0}`);
  }

  /** Without a value after it was only a load. */
  #change(
    at: number,
    change: (before: number) => number | undefined,
  ): number {
    if (!this.#isNew(ATOMIC_WRITE, at)) return this.#again();
    this.#acquire(at);
    const before = this.#state.values[at] as number;
    const after = change(before);
    if (after !== undefined) this.#release(at, after | 0);
    this.#note(`changes word ${at}: ${before} to ${after}`);
    return this.#give(before);
  }

  compareExchange(at: number, expected: number, value: number): number {
    return this.#change(
      at,
      (now) => now === (expected | 0) ? value : undefined,
    );
  }

  or(at: number, bits: number): number {
    return this.#change(at, (now) => now | bits);
  }

  and(at: number, bits: number): number {
    return this.#change(at, (now) => now & bits);
  }

  wait(at: number, expected: number): Woken {
    if (!this.#isNew(ATOMIC_READ, at)) return WOKEN[this.#again()] as Woken;
    this.#acquire(at);
    if (this.#state.values[at] !== (expected | 0)) {
      this.#note(`does not sleep on word ${at}`);
      return WOKEN[this.#give(1)] as Woken;
    }
    this.#note(`sleeps on word ${at}`);
    this.#thread.status = "asleep";
    this.#thread.at = at;
    throw PAUSED;
  }

  waitAsync(): Promise<void> {
    throw new Violation("the model knows no promises");
  }

  notify(at: number): void {
    if (!this.#isNew(ATOMIC_READ, at)) return;
    for (const other of this.#state.threads) {
      if (other.status !== "asleep" || other.at !== at) continue;
      join(other.clock, this.#thread.clock);
      wake(other, WOKEN_OK);
    }
    this.#note(`notifies word ${at}`);
  }

  get(at: number): number {
    if (!this.#isNew(PLAIN_READ, at)) return this.#again();
    return this.#give(this.#state.values[at] as number);
  }

  set(at: number, value: number): void {
    if (this.#isNew(PLAIN_WRITE, at)) this.#state.values[at] = value;
  }

  write(at: number, octets: Uint8Array): void {
    for (let i = 0; i < octets.length; i += 4) {
      let word = 0;
      for (let k = 3; k >= 0; k--) word = word << 8 | (octets[i + k] ?? 0);
      this.set(at + (i >> 2), word);
    }
  }

  read(at: number, into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) {
      const word = this.get(at + (i >> 2));
      into[i] = word >> 8 * (i & 3);
    }
  }

  put(at: number, from: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.set(at + i, from[i] as number);
  }

  take(at: number, into: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) into[i] = this.get(at + i);
  }
}

/** Ends a sleep. */
export function wake(thread: Thread, how: number): void {
  thread.status = "ready";
  thread.log.push(how);
}

/** The plain values in an object, or the value itself. */
function fieldsOf(on: Dependence): string {
  if (typeof on !== "object") return String(on);
  return Object.values(on).map((value) =>
    typeof value === "object" ? "" : String(value)
  ).join(",");
}
