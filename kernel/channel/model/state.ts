/**
 * What a model run has come to: memory, clocks, and how far each thread is.
 *
 * Every access has a vector clock, so two conflicting accesses that nothing
 * orders are known as a race, in whichever order they were tried.
 *
 * Two states are the same if nothing that follows can differ: the values in
 * memory, what each thread learnt since it last said what its future depends
 * on (`mark`), what it told the checker, and which accesses each clock knows
 * of. States are compared by a hash of 128 bits.
 */

export type Status = "ready" | "asleep" | "done" | "dead";

export interface Thread {
  status: Status;
  /** Accesses made; a run repeats them from `log` to come back here. */
  events: number;
  /** What the accesses that give something gave. */
  log: number[];
  clock: Int32Array;
  /** Where it sleeps. */
  at: number;
  /** What it told the checker. */
  seen: readonly number[];
  /** What its future depends on, as of the last mark, and how much came then. */
  mark: string;
  markEvents: number;
  markGiven: number;
}

/** Kinds of access, for races. */
export const PLAIN_READ = 0;
export const PLAIN_WRITE = 1;
export const ATOMIC_READ = 2;
export const ATOMIC_WRITE = 3;
const KINDS = 4;

/** Which kinds of others an access of a kind must be ordered with. */
const CONFLICTS: readonly (readonly number[])[] = [
  [PLAIN_WRITE, ATOMIC_WRITE],
  [PLAIN_READ, PLAIN_WRITE, ATOMIC_READ, ATOMIC_WRITE],
  [PLAIN_WRITE],
  [PLAIN_READ, PLAIN_WRITE],
];
const KIND_NAMES = ["read", "write", "atomic read", "atomic write"];

/** One step of the way here, newest first. */
export interface Trace {
  readonly text: string;
  readonly before: Trace | undefined;
}

/** For each word, or undefined; what is inside is never changed in place. */
type Rows = (Int32Array | undefined)[];

export class State {
  trace: Trace | undefined;

  constructor(
    readonly values: Int32Array,
    /** Clock of the last access, by word, kind and thread. */
    readonly accesses: Rows,
    /** Clock that an atomic read of a word takes over. */
    readonly clocks: Rows,
    readonly threads: readonly Thread[],
  ) {}

  static empty(words: number, threads: number): State {
    return new State(
      new Int32Array(words),
      new Array<undefined>(words).fill(undefined),
      new Array<undefined>(words).fill(undefined),
      Array.from({ length: threads }, () => ({
        status: "ready" as const,
        events: 0,
        log: [],
        clock: new Int32Array(threads),
        at: 0,
        seen: [],
        mark: "",
        markEvents: 0,
        markGiven: 0,
      })),
    );
  }

  /** A copy of its own. */
  copy(): State {
    const made = new State(
      this.values.slice(),
      this.accesses.slice(),
      this.clocks.slice(),
      this.threads.map((one) => ({
        ...one,
        log: one.log.slice(),
        clock: one.clock.slice(),
      })),
    );
    made.trace = this.trace;
    return made;
  }

  note(text: string): void {
    this.trace = { text, before: this.trace };
  }

  /** Records an access; says with which one it races. */
  access(thread: number, kind: number, at: number): string | undefined {
    const count = this.threads.length;
    const clock = (this.threads[thread] as Thread).clock;
    clock[thread] = (clock[thread] ?? 0) + 1;
    const row = this.accesses[at]?.slice() ??
      new Int32Array(KINDS * count);
    for (const other of CONFLICTS[kind] ?? []) {
      for (let u = 0; u < count; u++) {
        if (u !== thread && (row[other * count + u] ?? 0) > (clock[u] ?? 0)) {
          return `${KIND_NAMES[kind]} of word ${at} races with thread ${u}'s ${
            KIND_NAMES[other]
          }`;
        }
      }
    }
    row[kind * count + thread] = clock[thread] ?? 0;
    this.accesses[at] = row;
    return undefined;
  }

  /** The same key, the same future. */
  key(): string {
    const hash = new Hash();
    for (const one of this.threads) {
      hash.add(STATUSES.indexOf(one.status));
      if (one.status === "asleep") hash.add(one.at);
      hash.list(one.seen, 0);
      // Whoever ends keeps only what it has told.
      if (!isAlive(one)) continue;
      hash.text(one.mark);
      hash.add(one.events - one.markEvents);
      hash.list(one.log, one.markGiven);
    }
    this.values.forEach((value, at) => {
      if (value !== 0) {
        hash.add(at);
        hash.add(value);
      }
    });
    this.#knowledge(hash);
    return hash.toString();
  }

  /** Who knows of which access: all that clocks are compared for. */
  #knowledge(hash: Hash): void {
    // Who is over has handed its clock to its successor.
    const alive = this.threads.filter(isAlive).map(({ clock }) => clock);
    const knowers = [
      ...alive,
      ...this.clocks.filter((clock) => clock !== undefined),
    ];
    const count = this.threads.length;
    for (let at = 0; at < this.accesses.length; at++) {
      const row = this.accesses[at];
      if (row === undefined) continue;
      let isOpen = false;
      for (let index = 0; index < row.length; index++) {
        const then = row[index] as number;
        const u = index % count;
        // What everybody knows races with nothing any more.
        if (then === 0 || knowAll(alive, u, then)) continue;
        isOpen = true;
        let bits = 1;
        for (const clock of knowers) {
          bits = bits * 2 + ((clock[u] as number) >= then ? 1 : 0);
          if (bits >= 2 ** 30) {
            hash.add(bits);
            bits = 1;
          }
        }
        hash.add(at * KINDS * count + index);
        hash.add(bits);
      }
      if (!isOpen) this.accesses[at] = undefined;
    }
  }
}

function knowAll(
  clocks: readonly Int32Array[],
  thread: number,
  then: number,
): boolean {
  for (const clock of clocks) {
    if ((clock[thread] as number) < then) return false;
  }
  return true;
}

export function isAlive({ status }: Thread): boolean {
  return status === "ready" || status === "asleep";
}

const STATUSES: readonly Status[] = ["ready", "asleep", "done", "dead"];

class Hash {
  #a = 0x9e3779b9;
  #b = 0x85ebca6b;
  #c = 0xc2b2ae35;
  #d = 0x27d4eb2f;

  add(value: number): void {
    const low = value | 0;
    this.#a = Math.imul(this.#a ^ low, 0x85ebca6b);
    this.#b = Math.imul(this.#b ^ (this.#a >>> 15) ^ low, 0xc2b2ae35);
    this.#c = Math.imul(this.#c ^ (this.#b >>> 13) ^ low, 0x27d4eb2f);
    this.#d = Math.imul(this.#d ^ (this.#c >>> 16) ^ low, 0x165667b1);
    this.#a ^= this.#d >>> 14;
  }

  list(values: readonly number[], from: number): void {
    this.add(values.length - from);
    for (let at = from; at < values.length; at++) this.add(values[at] ?? 0);
  }

  text(text: string): void {
    this.add(text.length);
    for (let at = 0; at < text.length; at++) this.add(text.charCodeAt(at));
  }

  toString(): string {
    return `${this.#a},${this.#b},${this.#c},${this.#d}`;
  }
}

/** Takes over what another clock knows. */
export function join(into: Int32Array, from: Int32Array): void {
  from.forEach((value, at) => {
    if (value > (into[at] ?? 0)) into[at] = value;
  });
}
