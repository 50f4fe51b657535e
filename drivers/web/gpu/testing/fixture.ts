/**
 * The driver as the GPU suite wants it, on whatever adapter the platform has.
 *
 * The fixtures of one run share a thread, since a platform takes long to start; a
 * device is attached for each. One that was killed is followed by another thread.
 */
import type {
  GpuFixture,
  GpuSubject,
  Hold,
} from "../../../../conformance/hal/gpu/case.ts";
import type { HostedGpu } from "../../../../hal/hosted/gpu_host.ts";
import { openOn, startThread } from "../open.ts";
import { BRAKE, type HeldMessage } from "./brake.ts";

const AHEAD = 3;
const MIB = 1 << 20;
const SIZES = { memoryMax: 16 * MIB, transferMax: MIB / 4, inFlightMax: 32 };
const BEGUN_MS_MAX = 60_000;
const WISH = { power: "any", software: true } as const;

class Brake implements Hold {
  readonly ahead = AHEAD;
  readonly memory = new SharedArrayBuffer(8);
  readonly #words = new Int32Array(this.memory);
  #before = 0;

  begin(): void {
    this.#before = Atomics.load(this.#words, BRAKE.begun);
    Atomics.store(this.#words, BRAKE.on, 1);
  }

  begun(count: number): void {
    const end = performance.now() + BEGUN_MS_MAX;
    for (;;) {
      const now = Atomics.load(this.#words, BRAKE.begun);
      if (now - this.#before >= count) return;
      const left = end - performance.now();
      if (left <= 0) throw new Error("not so many have begun");
      Atomics.wait(this.#words, BRAKE.begun, now, left);
    }
  }

  end(): void {
    Atomics.store(this.#words, BRAKE.on, 0);
    Atomics.notify(this.#words, BRAKE.on);
  }
}

/** A thread, and the driver on it. */
export class HeldGpu {
  readonly brake = new Brake();
  readonly hosted: HostedGpu;
  /** The thread runs, so that one may wait for it. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  killed = false;

  constructor(module = new URL("held_worker.ts", import.meta.url)) {
    this.#worker = startThread(module);
    this.ready = new Promise((resolve) => {
      this.#worker.onmessage = () => resolve();
    });
    this.#say({ test: "brake", brake: this.brake.memory });
    this.hosted = openOn(this.#worker, { ...SIZES, ahead: AHEAD });
  }

  lose(): void {
    this.#say({ test: "lose" });
  }

  kill(): void {
    this.killed = true;
    this.#worker.terminate();
    this.hosted.abort("the driver's thread was killed");
  }

  #say(message: HeldMessage): void {
    this.#worker.postMessage(message);
  }
}

/** A subject whose threads run `module`. */
export function subjectOn(module?: URL): GpuSubject {
  let shared: HeldGpu | undefined;
  const held = async () => {
    if (shared === undefined || shared.killed) shared = new HeldGpu(module);
    await shared.ready;
    return shared;
  };
  return {
    contract: "gpu",
    async absent() {
      const { control } = (await held()).hosted;
      const answer = control.attach(WISH);
      if (answer.tag === "ok") control.detach();
      return answer.tag === "ok" ? undefined : answer.val.val ?? answer.val.tag;
    },
    async make(): Promise<GpuFixture> {
      const one = await held();
      const { gpu, control } = one.hosted;
      const attached = control.attach(WISH);
      if (attached.tag === "err") {
        throw new Error(attached.val.val ?? attached.val.tag);
      }
      return {
        gpu,
        control,
        wish: WISH,
        hold: one.brake,
        lose: () => one.lose(),
        kill: () => one.kill(),
        dispose() {
          one.brake.end();
          if (one.killed) return;
          control.detach();
          // What is not taken stays for whoever comes next.
          while (gpu.take(1000).length > 0);
        },
      };
    },
    end() {
      shared?.hosted.close();
      shared = undefined;
    },
  };
}

export const subject = subjectOn();
