/**
 * A sound GPU on this thread, in time that passes only while somebody waits.
 *
 * The contract's side is the session that all drivers share; the device is plain
 * arrays. A mutant may tamper with what the device is told and says.
 */
import type { Outcome, Work } from "../../../hal/gpu_contract.ts";
import type { AttachAnswer, GpuLink, GpuNews } from "../../../hal/gpu/link.ts";
import { GpuSession } from "../../../hal/gpu/session.ts";
import type { GpuFixture, GpuSubject, Hold } from "./case.ts";
import { INVOCATIONS_MAX, PlainDevice } from "./plain_device.ts";

const IN_FLIGHT_MAX = 16;
const AHEAD = 3;
const LIMITS = {
  bufferMax: 1n << 20n,
  memoryMax: 4n << 20n,
  buffersMax: 64,
  programsMax: 16,
  bindingsMax: 6,
  bindingAlignment: 256,
  transferMax: 65_536,
  sourceMax: 16_384,
  groupsMax: 1024,
  invocationsMax: INVOCATIONS_MAX,
  inFlightMax: IN_FLIGHT_MAX,
} as const;

/** One wrongness of a device. */
export interface Tamper {
  /** What it does in place of what it was asked. */
  asked?(work: Work): Work;
  /** What it says in place of what came of it; also what else it does. */
  ended?(outcome: Outcome, work: Work, device: PlainDevice): Outcome;
  /** Requests that are withdrawn are carried out all the same. */
  readonly deaf?: boolean;
  /** What the device before had stays on the next one. */
  readonly remembers?: boolean;
}

interface Asked {
  readonly ticket: bigint;
  readonly work: Work;
}

class LocalLink implements GpuLink, Hold {
  readonly ahead = AHEAD;
  tamper: Tamper = {};
  #us = 0;
  #held = false;
  #device: PlainDevice | undefined;
  #attachment = 0;
  #kept: PlainDevice | undefined;
  readonly #queue: Asked[] = [];
  readonly #begun: Asked[] = [];
  readonly #news: GpuNews[] = [];

  nowUs(): number {
    return this.#us;
  }

  ask(ticket: bigint, work: Work): boolean {
    // What the caller changes later must not reach the device.
    this.#queue.push({ ticket, work: structuredClone(work) });
    this.#ahead();
    return true;
  }

  withdraw(ticket: bigint): boolean {
    const at = this.#queue.findIndex((one) => one.ticket === ticket);
    if (at < 0) return false;
    const [one] = this.#queue.splice(at, 1);
    if (this.tamper.deaf && one) this.#device?.carryOut(ticket, one.work);
    return true;
  }

  release(name: bigint): void {
    // In order with requests: they are carried out first.
    if (!this.#held) { while (this.#step()); }
    this.#device?.release(name);
  }

  attach(attachment: number): AttachAnswer {
    this.#device = this.tamper.remembers && this.#kept || new PlainDevice();
    this.#kept = this.#device;
    this.#attachment = attachment;
    const name = "plain arrays";
    return {
      tag: "attached",
      device: { name, kind: "reference", limits: { ...LIMITS } },
    };
  }

  beginAttach(attachment: number): void {
    const answer = this.attach(attachment);
    this.#news.push({ tag: "attach", attachment, answer });
  }

  detach(): void {
    this.#device = undefined;
  }

  receive(): GpuNews | undefined {
    if (this.#news.length === 0 && !this.#held) this.#step();
    return this.#news.shift();
  }

  wait(us: number): void {
    const idle = this.#begun.length + this.#queue.length === 0;
    if (this.#news.length === 0 && (this.#held || idle)) this.#us += us;
  }

  begin(): void {
    this.#held = true;
  }

  begun(count: number): void {
    if (this.#begun.length < count) throw new Error("not so many have begun");
  }

  end(): void {
    this.#held = false;
  }

  lose(): void {
    this.#device = undefined;
    const why = "the plug was pulled";
    this.#news.push({ tag: "lost", attachment: this.#attachment, why });
  }

  /** As far as a driver goes that is held back. */
  #ahead(): void {
    while (this.#held && this.#begun.length < AHEAD) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#begun.push(next);
    }
  }

  /** Carries one request out; false if there is none. */
  #step(): boolean {
    const next = this.#begun.shift() ?? this.#queue.shift();
    if (next === undefined) return false;
    const { ticket } = next;
    this.#news.push({ tag: "ended", ticket, outcome: this.#outcome(next) });
    return true;
  }

  #outcome({ ticket, work }: Asked): Outcome {
    const device = this.#device;
    if (device === undefined) return { tag: "gone", val: "there is no device" };
    const { asked, ended } = this.tamper;
    const outcome = device.carryOut(ticket, asked?.(work) ?? work);
    return ended?.(outcome, work, device) ?? outcome;
  }
}

/** A fixture whose device can be made wrong. */
export class ReferenceFixture implements GpuFixture {
  readonly #link = new LocalLink();
  readonly #session = new GpuSession(this.#link, IN_FLIGHT_MAX);
  readonly gpu = this.#session.gpu;
  readonly control = this.#session.control;
  readonly hold: Hold = this.#link;
  readonly wish = { power: "any", software: true } as const;

  constructor() {
    this.control.attach(this.wish);
  }

  tamper(tamper: Tamper): void {
    this.#link.tamper = tamper;
  }

  lose(): void {
    this.#link.lose();
  }

  kill(): void {
    this.#session.died("the driver was killed");
  }

  dispose(): void {}
}

export const REFERENCE: GpuSubject = {
  contract: "gpu",
  make: () => new ReferenceFixture(),
};
