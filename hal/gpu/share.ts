/**
 * One GPU for the generations of a cell, one after the other.
 *
 * Only who serves has it. When another one begins to, what the one before made is
 * released, what it asked for is taken back or comes to nobody, and it finds the device gone:
 * so no generation sees another's names or completions, and a swap in the middle leaves
 * nothing on the device.
 *
 * Deliberately absent: two holders at a time. A device is granted to one cell.
 */
import type { Completion, Gpu } from "../gpu_contract.ts";
import { absentGpu, NO_DEVICE } from "./absent.ts";

/** A generation, as far as this file needs to know it. */
export interface GpuHolder {
  readonly isCurrent: () => boolean;
}

const ELSEWHERE = absentGpu("another generation of the cell has it");

export class GpuShare {
  readonly #gpu: Gpu;
  readonly #missing: () => void;
  #owner: GpuHolder | undefined;
  /** What the owner asked for and has not taken, and what it has. */
  readonly #tickets = new Set<bigint>();
  readonly #names = new Set<bigint>();

  /** `missing` is told whenever who serves asks for a device that is not there. */
  constructor(gpu: Gpu, missing: () => void = () => {}) {
    this.#gpu = gpu;
    this.#missing = missing;
  }

  /** The device as one generation has it, and what ends that. */
  open(holder: GpuHolder): { readonly host: Gpu; readonly end: () => void } {
    const now = () => holder.isCurrent() ? this.#serving(holder) : ELSEWHERE;
    const host: Gpu = {
      describe: () => now().describe(),
      submit: (work, within) => now().submit(work, within),
      cancel: (ticket) => now().cancel(ticket),
      take: (most) => now().take(most),
      wait: (most, within) => now().wait(most, within),
      release: (name) => now().release(name),
      health: () => now().health(),
    };
    const end = () => {
      if (this.#owner === holder) this.#disown();
    };
    return { host, end };
  }

  #serving(holder: GpuHolder): Gpu {
    if (this.#owner !== holder) {
      this.#disown();
      this.#owner = holder;
    }
    return this.#owned;
  }

  readonly #owned: Gpu = {
    describe: () =>
      this.#health().tag === "failed" ? NO_DEVICE : this.#gpu.describe(),
    submit: (work, within) => {
      const answer = this.#gpu.submit(work, within);
      if (answer.tag === "ok") this.#tickets.add(answer.val);
      return answer;
    },
    cancel: (ticket) =>
      this.#tickets.has(ticket)
        ? this.#gpu.cancel(ticket)
        : { tag: "err", val: "unknown" },
    take: (most) => this.#own(this.#gpu.take(most)),
    wait: (most, within) => {
      for (;;) {
        const ended = this.#gpu.wait(most, within);
        const own = this.#own(ended);
        // What came was of another: there are not many of these.
        if (own.length > 0 || ended.length === 0) return own;
      }
    },
    release: (name) => {
      if (!this.#names.delete(name)) {
        return { tag: "err", val: { tag: "unknown" } };
      }
      return this.#gpu.release(name);
    },
    health: () => this.#health(),
  };

  #health(): ReturnType<Gpu["health"]> {
    const health = this.#gpu.health();
    if (health.tag === "failed") this.#missing();
    return health;
  }

  #own(ended: readonly Completion[]): Completion[] {
    return ended.filter(({ ticket, outcome }) => {
      const isOwn = this.#tickets.delete(ticket);
      if (outcome.tag === "made") {
        if (isOwn) this.#names.add(outcome.val);
        else this.#gpu.release(outcome.val);
      }
      return isOwn;
    });
  }

  /** Takes back what the owner asked for, and releases what it has. */
  #disown(): void {
    this.#owner = undefined;
    for (const ticket of this.#tickets) {
      this.#gpu.cancel(ticket);
    }
    const count = this.#tickets.size;
    this.#tickets.clear();
    for (const name of this.#names) this.#gpu.release(name);
    this.#names.clear();
    // What has ended by now holds a place in the queue until it is taken.
    if (count > 0) this.#own(this.#gpu.take(count));
  }
}
