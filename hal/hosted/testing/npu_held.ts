/** An NPU's thread with a brake, for tests: requests begin and none ends. */
import type { Launch, Model, Tensor } from "../../npu_contract.ts";
import {
  type Make,
  type NamedNpu,
  type NpuStart,
  serveStart,
} from "../npu_thread.ts";

/** Words of the brake. */
const ON = 0;
const BEGUN = 1;
const BEGUN_MS_MAX = 60_000;

/** What a test's thread is told before the driver's own start. */
export interface HeldMessage {
  readonly brake: SharedArrayBuffer;
}

/** The test's end of the brake. */
export class Brake {
  /** The driver carries requests out one at a time. */
  readonly ahead = 1;
  readonly memory = new SharedArrayBuffer(8);
  readonly #words = new Int32Array(this.memory);
  #before = 0;

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

class Held implements NamedNpu {
  readonly name: string;
  readonly isStill: boolean;
  readonly #inner: NamedNpu;
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(inner: NamedNpu, brake: SharedArrayBuffer) {
    this.#inner = inner;
    this.name = inner.name;
    this.isStill = inner.isStill === true;
    this.#words = new Int32Array(brake);
  }

  async load(name: bigint, octets: Uint8Array, model: Model): Promise<void> {
    await this.#free();
    await this.#inner.load(name, octets, model);
  }

  describe(octets: Uint8Array): Promise<Model | undefined> {
    return this.#inner.describe?.(octets) ?? Promise.resolve(undefined);
  }

  async run(launch: Launch): Promise<Tensor[]> {
    await this.#free();
    return await this.#inner.run(launch);
  }

  unload(name: bigint): void {
    this.#inner.unload(name);
  }

  async #free(): Promise<void> {
    Atomics.add(this.#words, BEGUN, 1);
    Atomics.notify(this.#words, BEGUN);
    while (Atomics.load(this.#words, ON) === 1) {
      const wait = Atomics.waitAsync(this.#words, ON, 1);
      if (wait.async) await wait.value;
    }
  }
}

/** The whole of a driver's thread, which is told its brake and then its start. */
export function onHeldStart(make: Make): void {
  let brake: SharedArrayBuffer | undefined;
  addEventListener("message", (event) => {
    if (!(event instanceof MessageEvent)) return;
    const message: HeldMessage | NpuStart = event.data;
    if ("brake" in message) brake = message.brake;
    else if (brake !== undefined) {
      const own = brake;
      void serveStart(
        message,
        async (start) => new Held(await make(start), own),
      )
        .then(() => globalThis.close());
    }
  });
}
