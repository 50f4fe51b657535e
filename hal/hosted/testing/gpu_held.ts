/** A GPU's thread with a brake, for tests: requests begin and none ends. */
import type { Outcome, Wish, Work } from "../../gpu_contract.ts";
import type { AsyncGpu, Attached } from "../../gpu/link.ts";

/** Words of the brake. */
const ON = 0;
const BEGUN = 1;
const BEGUN_MS_MAX = 60_000;

/** What the test says to the thread, beside the driver's own start. */
export type HeldMessage =
  | { readonly test: "brake"; readonly brake: SharedArrayBuffer }
  /** Pulls the plug. */
  | { readonly test: "lose" };

/** The test's end of the brake. */
export class Brake {
  readonly memory = new SharedArrayBuffer(8);
  readonly #words = new Int32Array(this.memory);
  #before = 0;

  /** `ahead` requests can have begun and not ended. */
  constructor(readonly ahead: number) {}

  begin(): void {
    this.#before = Atomics.load(this.#words, BEGUN);
    Atomics.store(this.#words, ON, 1);
  }

  begun(count: number): void {
    const end = performance.now() + BEGUN_MS_MAX;
    for (;;) {
      const now = Atomics.load(this.#words, BEGUN);
      if (now - this.#before >= count) return;
      const left = end - performance.now();
      if (left <= 0) throw new Error("not so many have begun");
      Atomics.wait(this.#words, BEGUN, now, left);
    }
  }

  end(): void {
    Atomics.store(this.#words, ON, 0);
    Atomics.notify(this.#words, ON);
  }
}

/** The thread's end: the driver's own device behind the brake. */
export class HeldDevice implements AsyncGpu {
  readonly #inner: AsyncGpu;
  readonly #words: Int32Array<SharedArrayBuffer>;
  /** Each starts when the one before has. */
  #before: Promise<void> = Promise.resolve();

  constructor(inner: AsyncGpu, brake: SharedArrayBuffer) {
    this.#inner = inner;
    this.#words = new Int32Array(brake);
  }

  attach(wish: Wish, lost: (why: string) => void): Promise<Attached> {
    return this.#inner.attach(wish, lost);
  }

  detach(): void {
    this.#inner.detach();
  }

  release(name: bigint): void {
    // In order with what was begun before it.
    void this.#inTurn(() => Promise.resolve(this.#inner.release(name)));
  }

  carryOut(name: bigint, work: Work): Promise<Outcome> {
    Atomics.add(this.#words, BEGUN, 1);
    Atomics.notify(this.#words, BEGUN);
    return this.#inTurn(() => this.#inner.carryOut(name, work));
  }

  #inTurn<A>(act: () => Promise<A>): Promise<A> {
    const turn = this.#before.then(() => this.#free());
    this.#before = turn;
    return turn.then(act);
  }

  async #free(): Promise<void> {
    while (Atomics.load(this.#words, ON) === 1) {
      const wait = Atomics.waitAsync(this.#words, ON, 1);
      if (wait.async) await wait.value;
    }
  }
}
