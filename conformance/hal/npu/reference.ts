/**
 * A sound NPU on this thread, in time that passes only while somebody waits.
 *
 * The contract's side is the session that all drivers share; models are carried
 * out by the project's evaluator, which the numeric cases judge by themselves. A
 * mutant may tamper with what the driver is told and says.
 */
import type { Launch, Model, Tensor, Work } from "../../../hal/npu_contract.ts";
import { checked, describedBy, endedBy } from "../../../hal/npu/carry_out.ts";
import { Evaluator } from "../../../hal/npu/evaluate/evaluator.ts";
import {
  type Ended,
  type NpuLink,
  type NpuNews,
  NpuRejected,
} from "../../../hal/npu/link.ts";
import { NpuSession } from "../../../hal/npu/session.ts";
import type { Hold, NpuFixture, NpuSubject } from "./case.ts";

const AHEAD = 3;
const LIMITS = {
  modelMax: 1 << 20,
  modelsMax: 8,
  transferMax: 65_536,
  tensorsMax: 16,
  rankMax: 8,
  inFlightMax: 16,
} as const;

/** One wrongness of a driver. */
export interface Tamper {
  /** What it does in place of what it was asked. */
  asked?(work: Work): Work;
  /** What it gives in place of what came out. */
  gave?(tensors: Tensor[], launch: Launch): Tensor[];
  /** How a request ends in place of how it did. */
  ended?(ended: Ended): Ended;
  /** Outputs are not held against the model. */
  readonly unchecked?: boolean;
  /** Requests that are withdrawn are carried out all the same. */
  readonly deaf?: boolean;
}

interface Asked {
  readonly ticket: bigint;
  readonly work: Work;
}

class LocalLink implements NpuLink, Hold {
  readonly ahead = AHEAD;
  tamper: Tamper = {};
  #us = 0;
  #held = false;
  readonly #evaluator = new Evaluator();
  readonly #models = new Map<bigint, Model>();
  readonly #queue: Asked[] = [];
  readonly #begun: Asked[] = [];
  readonly #news: NpuNews[] = [];

  nowUs(): number {
    return this.#us;
  }

  ask(ticket: bigint, work: Work): boolean {
    // What the caller changes later must not reach the driver.
    this.#queue.push({ ticket, work: structuredClone(work) });
    this.#ahead();
    return true;
  }

  withdraw(ticket: bigint): boolean {
    const at = this.#queue.findIndex((one) => one.ticket === ticket);
    if (at < 0) return false;
    const [one] = this.#queue.splice(at, 1);
    if (this.tamper.deaf && one) {
      this.#news.push({ tag: "ended", ticket, ended: this.#carryOut(one) });
    }
    return true;
  }

  unload(name: bigint): void {
    // In order with requests: they are carried out first.
    if (!this.#held) { while (this.#step()); }
    this.#models.delete(name);
    this.#evaluator.unload(name);
  }

  receive(): NpuNews | undefined {
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
    this.#news.push({ tag: "ended", ticket, ended: this.#carryOut(next) });
    return true;
  }

  #carryOut({ ticket, work }: Asked): Ended {
    const { asked, ended } = this.tamper;
    const came = this.#came(ticket, asked?.(work) ?? work);
    return ended?.(came) ?? came;
  }

  #came(name: bigint, work: Work): Ended {
    try {
      if (work.tag === "run") return this.#run(work.val);
      const model = describedBy(work.val, LIMITS);
      this.#evaluator.load(name, work.val);
      this.#models.set(name, model);
      return { outcome: { tag: "made", val: name }, model };
    } catch (error) {
      return endedBy(error);
    }
  }

  #run(launch: Launch): Ended {
    const model = this.#models.get(launch.model);
    if (model === undefined) throw new NpuRejected("the model is not there");
    const came = this.#evaluator.run(launch);
    const tensors = this.tamper.gave?.(came, launch) ?? came;
    return this.tamper.unchecked
      ? { outcome: { tag: "tensors", val: tensors } }
      : checked(tensors, launch, model, LIMITS);
  }
}

/** A fixture whose driver can be made wrong. */
export class ReferenceFixture implements NpuFixture {
  readonly #link = new LocalLink();
  readonly #session = new NpuSession(this.#link, {
    name: "the suite's own",
    kind: "reference",
    limits: LIMITS,
  });
  readonly npu = this.#session.npu;
  readonly hold: Hold = this.#link;

  tamper(tamper: Tamper): void {
    this.#link.tamper = tamper;
  }

  kill(): void {
    this.#session.died("the driver was killed");
  }

  dispose(): void {}
}

export const REFERENCE: NpuSubject = {
  contract: "npu",
  make: () => new ReferenceFixture(),
};
