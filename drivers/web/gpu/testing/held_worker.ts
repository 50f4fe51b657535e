/**
 * The driver's thread with a brake, and with a plug that can be pulled.
 *
 * The device and all that leads to it are the driver's own.
 */
import type { Outcome, Wish, Work } from "../../../../hal/gpu_contract.ts";
import type { AsyncGpu, Attached } from "../../../../hal/gpu/link.ts";
import { serveGpu } from "../../../../hal/hosted/gpu_guest.ts";
import { Lanes } from "../../../../hal/submission/lanes.ts";
import { WebGpu } from "../device.ts";
import { sayReady, type Start } from "../thread.ts";
import { BRAKE, type HeldMessage } from "./brake.ts";

class Held implements AsyncGpu {
  readonly #inner: AsyncGpu;
  readonly #brake: Int32Array<SharedArrayBuffer>;
  /** Each starts when the one before has. */
  #before: Promise<void> = Promise.resolve();

  constructor(inner: AsyncGpu, brake: Int32Array<SharedArrayBuffer>) {
    this.#inner = inner;
    this.#brake = brake;
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
    Atomics.add(this.#brake, BRAKE.begun, 1);
    Atomics.notify(this.#brake, BRAKE.begun);
    return this.#inTurn(() => this.#inner.carryOut(name, work));
  }

  #inTurn<A>(act: () => Promise<A>): Promise<A> {
    const turn = this.#before.then(() => this.#free());
    this.#before = turn;
    return turn.then(act);
  }

  async #free(): Promise<void> {
    while (Atomics.load(this.#brake, BRAKE.on) === 1) {
      const wait = Atomics.waitAsync(this.#brake, BRAKE.on, 1);
      if (wait.async) await wait.value;
    }
  }
}

let device: GPUDevice | undefined;

async function serve(start: Start, brake: SharedArrayBuffer): Promise<void> {
  const gpu: GPU | undefined = navigator.gpu;
  const options = {
    ...start,
    onDevice: (next: GPUDevice) => void (device = next),
  };
  const held = new Held(new WebGpu(gpu, options), new Int32Array(brake));
  await serveGpu(new Lanes(start.memory, start.lanes), held, start);
  globalThis.close();
}

let brake: SharedArrayBuffer | undefined;

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const message: HeldMessage | Start = event.data;
  if (!("test" in message)) {
    if (brake !== undefined) void serve(message, brake);
  } else if (message.test === "lose") device?.destroy();
  else brake = message.brake;
});

void sayReady();
