/**
 * One holder's side of an NPU: the whole contract, over a link to its driver.
 *
 * It judges requests before the driver sees them, keeps names and what models
 * say of themselves, and says how each request ended, whatever becomes of the
 * driver.
 *
 * Deliberately absent: carrying models out. Drivers differ in what stands behind
 * the link and in nothing else.
 */
import type {
  Completion,
  Condition,
  Device,
  Model,
  Npu,
  Outcome,
  SubmitResult,
  Work,
} from "../npu_contract.ts";
import { type End, Submissions } from "../submission/submissions.ts";
import { judge, type Models } from "./checks.ts";
import type { Ended, NpuLink } from "./link.ts";

interface Asked {
  readonly work: Work;
  readonly answerOctets: number;
}

export class NpuSession {
  readonly npu: Npu;
  readonly #link: NpuLink;
  readonly #device: Device;
  readonly #core: Submissions<Asked, Ended>;
  readonly #loaded = new Map<bigint, Model>();
  readonly #loading = new Set<bigint>();
  readonly #models: Models;
  /** Why there is no driver any more. */
  #dead: string | undefined;
  /** The last thing that failed on the driver. */
  #trouble: string | undefined;

  constructor(link: NpuLink, device: Device) {
    this.#link = link;
    this.#device = Object.freeze({
      ...device,
      limits: Object.freeze({ ...device.limits }),
    });
    const { inFlightMax } = device.limits;
    this.#core = new Submissions(
      {
        ask: (ticket, { work, answerOctets }) =>
          link.ask(ticket, work, answerOctets),
        withdraw: (ticket) => link.withdraw(ticket),
      },
      { inFlightMax, onEnd: ({ ticket, end }) => this.#settle(ticket, end) },
    );
    const loaded = this.#loaded;
    const loading = this.#loading;
    this.#models = {
      get count() {
        return loaded.size + loading.size;
      },
      find: (name) => loaded.get(name),
    };
    this.npu = {
      describe: () => this.#device,
      submit: (work, within) => this.#submit(work, within),
      cancel: (ticket) => this.#cancel(ticket),
      take: (most) => {
        this.#poll();
        return this.#taken(most);
      },
      wait: (most, within) => this.#wait(most, Number(within)),
      inspect: (name) => this.#inspect(name),
      unload: (name) => this.#unload(name),
      health: () => this.#health(),
    };
  }

  /** The driver has ended; everything under way is gone, for good. */
  died(why: string): void {
    if (this.#dead !== undefined) return;
    this.#dead = why;
    this.#loaded.clear();
    this.#core.died(why);
  }

  #submit(work: Work, within: bigint): SubmitResult {
    this.#poll();
    if (this.#dead !== undefined) return { tag: "err", val: { tag: "gone" } };
    const judged = judge(work, this.#device.limits, this.#models);
    if (judged.tag === "refused") return { tag: "err", val: judged.refusal };
    if (within === 0n) return { tag: "err", val: { tag: "wrong-deadline" } };
    const { answerOctets } = judged;
    const deadline = this.#link.nowUs() + Number(within);
    const answer = this.#core.submit({ work, answerOctets }, deadline);
    if (answer.tag === "full") return { tag: "err", val: { tag: "full" } };
    if (work.tag === "load") this.#loading.add(answer.ticket);
    return { tag: "ok", val: answer.ticket };
  }

  #cancel(ticket: bigint): ReturnType<Npu["cancel"]> {
    this.#poll();
    const answer = this.#core.cancel(ticket);
    return answer === "cancelled" ? { tag: "ok" } : { tag: "err", val: answer };
  }

  #inspect(name: bigint): ReturnType<Npu["inspect"]> {
    this.#poll();
    const model = this.#loaded.get(name);
    if (model === undefined) return { tag: "err", val: this.#nameless() };
    // The caller's own: what it changes is not what runs are judged by.
    return { tag: "ok", val: structuredClone(model) };
  }

  #unload(name: bigint): ReturnType<Npu["unload"]> {
    this.#poll();
    if (!this.#loaded.delete(name)) {
      return { tag: "err", val: this.#nameless() };
    }
    this.#link.unload(name);
    return { tag: "ok" };
  }

  #nameless(): { tag: "gone" | "unknown" } {
    return { tag: this.#dead === undefined ? "unknown" : "gone" };
  }

  #wait(most: number, us: number): Completion[] {
    const end = this.#link.nowUs() + us;
    for (;;) {
      this.#poll();
      const now = this.#link.nowUs();
      if (this.#core.ended > 0 || this.#core.open === 0 || now >= end) break;
      this.#link.wait(Math.min(end, this.#core.nextDeadline) - now);
    }
    return this.#taken(most);
  }

  #taken(most: number): Completion[] {
    return this.#core.take(most).map(({ ticket, end }) => ({
      ticket,
      outcome: outcomeOf(end),
    }));
  }

  #health(): Condition {
    this.#poll();
    if (this.#dead !== undefined) return { tag: "failed", val: this.#dead };
    return this.#trouble === undefined
      ? { tag: "ok" }
      : { tag: "degraded", val: this.#trouble };
  }

  /** A request has ended for its caller. */
  #settle(ticket: bigint, end: End<Ended>): void {
    this.#loading.delete(ticket);
    if (end.how !== "answered") return;
    const { outcome, model } = end.answer;
    if (outcome.tag === "made" && model !== undefined) {
      this.#loaded.set(ticket, model);
    }
  }

  /** Hears all news, then ends what is over its deadline. */
  #poll(): void {
    for (
      let news = this.#link.receive();
      news !== undefined;
      news = this.#link.receive()
    ) {
      if (news.tag === "died") this.died(news.why);
      else this.#ended(news.ticket, news.ended);
    }
    this.#core.expire(this.#link.nowUs());
  }

  #ended(ticket: bigint, ended: Ended): void {
    const worth = this.#core.answered(ticket, ended);
    const { outcome } = ended;
    if (worth === "unasked") {
      return this.died("the driver answered what nobody asked");
    }
    // Nobody will ever name what was made too late.
    if (worth === "late") {
      if (outcome.tag === "made") this.#link.unload(outcome.val);
      return;
    }
    this.#trouble = outcome.tag === "failed" ? outcome.val : undefined;
  }
}

function outcomeOf(end: End<Ended>): Outcome {
  switch (end.how) {
    case "answered":
      return end.answer.outcome;
    case "gone":
      return { tag: "gone", val: end.why };
    default:
      return { tag: end.how };
  }
}
