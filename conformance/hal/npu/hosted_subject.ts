/** A subject over threads that a driver makes, with a brake and a plug. */
import type { Completion, Npu } from "../../../hal/npu_contract.ts";
import { type HostedNpu, NpuNotOpened } from "../../../hal/hosted/npu_host.ts";
import { npuOn, type NpuPlatform } from "../../../hal/hosted/npu_thread.ts";
import { Brake } from "../../../hal/hosted/testing/npu_held.ts";
import { type NpuFixture, type NpuSubject, PATIENT_US } from "./case.ts";

const LIMITS = {
  modelMax: 1 << 20,
  modelsMax: 8,
  transferMax: 1 << 17,
  tensorsMax: 16,
  inFlightMax: 16,
} as const;

class Held {
  readonly brake = new Brake();
  readonly hosted: HostedNpu;
  readonly #worker: Worker;
  killed = false;

  constructor(platform: NpuPlatform, worker: Worker, config: unknown) {
    this.#worker = worker;
    worker.postMessage({ brake: this.brake.memory });
    this.hosted = npuOn(worker, platform, {
      limits: LIMITS,
      config,
    });
  }

  kill(): void {
    this.killed = true;
    this.#worker.terminate();
    this.hosted.abort("the driver's thread was killed");
  }
}

/** Fixtures of one run share a thread until it is killed. */
export function npuSubject(
  platform: NpuPlatform,
  thread: () => Worker | Promise<Worker>,
  /** What the driver's thread alone has to know. */
  config?: () => unknown,
): NpuSubject {
  let shared: Held | undefined;
  const held = async () => {
    if (shared === undefined || shared.killed) {
      shared = new Held(platform, await thread(), config?.());
    }
    return shared;
  };
  return {
    contract: "npu",
    async absent() {
      try {
        await held();
        return undefined;
      } catch (error) {
        if (error instanceof NpuNotOpened) return error.message;
        throw error;
      }
    },
    async make(): Promise<NpuFixture> {
      return fixtureOf(await held());
    },
    end() {
      shared?.hosted.close();
      shared = undefined;
    },
  };
}

function fixtureOf(held: Held): NpuFixture {
  const made = new Set<bigint>();
  const npu = noting(held.hosted.npu, made);
  return {
    npu,
    hold: held.brake,
    kill: () => held.kill(),
    dispose() {
      held.brake.end();
      if (held.killed) return;
      // What is not taken stays for whoever comes next; so do models.
      while (npu.wait(1000, PATIENT_US).length > 0);
      for (const name of made) npu.unload(name);
    },
  };
}

/** The same, but notes the names of what was made. */
function noting(npu: Npu, made: Set<bigint>): Npu {
  const noted = (all: Completion[]) => {
    for (const { outcome } of all) {
      if (outcome.tag === "made") made.add(outcome.val);
    }
    return all;
  };
  return {
    ...npu,
    take: (most) => noted(npu.take(most)),
    wait: (most, within) => noted(npu.wait(most, within)),
  };
}
