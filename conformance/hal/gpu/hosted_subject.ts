/**
 * A subject over threads that a driver makes, with a brake and a plug.
 *
 * The fixtures of one run share a thread, since a platform takes long to start; a
 * device is attached for each. One that was killed is followed by another thread.
 */
import type { HostedGpu } from "../../../hal/hosted/gpu_host.ts";
import { gpuOn } from "../../../hal/hosted/gpu_thread.ts";
import {
  Brake,
  type HeldMessage,
} from "../../../hal/hosted/testing/gpu_held.ts";
import type { GpuFixture, GpuSubject } from "./case.ts";

const AHEAD = 3;
const MIB = 1 << 20;
const SIZES = { memoryMax: 16 * MIB, transferMax: MIB / 4, inFlightMax: 32 };
const WISH = { power: "any", software: true } as const;

/** A thread, and the driver on it. */
export class HeldGpu {
  readonly brake = new Brake(AHEAD);
  readonly hosted: HostedGpu;
  /** The thread runs, so that one may wait for it. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  killed = false;

  /** The thread says something once it runs. */
  constructor(worker: Worker) {
    this.#worker = worker;
    this.ready = new Promise((resolve) => {
      this.#worker.onmessage = () => resolve();
    });
    this.#say({ test: "brake", brake: this.brake.memory });
    this.hosted = gpuOn(this.#worker, () => performance.now(), {
      ...SIZES,
      ahead: AHEAD,
    });
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

/** A subject on the threads that `start` makes. */
export function gpuSubject(start: () => Worker): GpuSubject {
  let shared: HeldGpu | undefined;
  const held = async () => {
    if (shared === undefined || shared.killed) shared = new HeldGpu(start());
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
      return fixtureOf(await held());
    },
    end() {
      shared?.hosted.close();
      shared = undefined;
    },
  };
}

function fixtureOf(one: HeldGpu): GpuFixture {
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
}
