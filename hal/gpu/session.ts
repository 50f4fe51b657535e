/**
 * One holder's side of a GPU: the whole contract, over a link to its driver.
 *
 * It judges requests before the driver sees them, keeps names and memory, and
 * says how each request ended, whatever becomes of the device or the driver. The
 * two rights, to use the device and to choose it, are two objects.
 *
 * Deliberately absent: the device. Drivers differ in what stands behind the
 * link and in nothing else.
 */
import type {
  Completion,
  Condition,
  ControlResult,
  Device,
  Gpu,
  GpuControl,
  Outcome,
  Refusal,
  SubmitResult,
  Wish,
  Work,
} from "../gpu_contract.ts";
import { type End, Submissions } from "../submission/submissions.ts";
import { NO_DEVICE } from "./absent.ts";
import { refusalOf } from "./checks.ts";
import { GpuLedger } from "./ledger.ts";
import type { AttachAnswer, GpuLink } from "./link.ts";

const DETACHED = "no device is attached";

export class GpuSession {
  readonly gpu: Gpu;
  readonly control: GpuControl;
  readonly #link: GpuLink;
  readonly #core: Submissions<Work, Outcome>;
  readonly #ledger = new GpuLedger();
  #device: Device = NO_DEVICE;
  #attachments = 0;
  /** Of an attachment that was begun. */
  #pending: number | undefined;
  /** Why there is no device; undefined while there is one. */
  #absent: string | undefined = DETACHED;
  /** Why there will be none any more. */
  #dead: string | undefined;
  /** The last thing that failed on the device. */
  #trouble: string | undefined;

  constructor(link: GpuLink, inFlightMax: number) {
    this.#link = link;
    this.#core = new Submissions(link, {
      inFlightMax,
      onEnd: ({ ticket, end }) =>
        this.#ledger.settle(
          ticket,
          end.how === "answered" && end.answer.tag === "made",
        ),
    });
    this.gpu = {
      describe: () => this.#device,
      submit: (work, within) => this.#submit(work, within),
      cancel: (ticket) => this.#cancel(ticket),
      take: (most) => {
        this.#poll();
        return this.#taken(most);
      },
      wait: (most, within) => this.#wait(most, Number(within)),
      release: (name) => this.#release(name),
      health: () => this.#health(),
    };
    this.control = {
      attach: (wish) => this.#attach(wish),
      detach: () => this.#detach(),
    };
  }

  /** The driver has ended; everything under way is gone, for good. */
  died(why: string): void {
    if (this.#dead !== undefined) return;
    this.#dead = why;
    this.#absent = why;
    this.#ledger.clear();
    this.#core.died(why);
  }

  /**
   * Attaches a device where there is none, without waiting: it is there when
   * `describe` shows it, and `health` says what stands in the way.
   */
  attachSoon(wish: Wish): void {
    this.#poll();
    if (this.#absent === undefined || this.#dead !== undefined) return;
    if (this.#pending !== undefined) return;
    this.#pending = this.#attachments + 1;
    this.#link.beginAttach(this.#pending, wish);
  }

  #submit(work: Work, within: bigint): SubmitResult {
    this.#poll();
    const refusal = this.#absent === undefined
      ? refusalOf(work, this.#device.limits, this.#ledger)
      : { tag: "gone" } satisfies Refusal;
    if (refusal !== undefined) return { tag: "err", val: refusal };
    if (within === 0n) return { tag: "err", val: { tag: "wrong-deadline" } };
    const deadline = this.#link.nowUs() + Number(within);
    const answer = this.#core.submit(work, deadline);
    if (answer.tag === "full") return { tag: "err", val: { tag: "full" } };
    this.#ledger.ask(answer.ticket, work);
    return { tag: "ok", val: answer.ticket };
  }

  #cancel(ticket: bigint): ReturnType<Gpu["cancel"]> {
    this.#poll();
    const answer = this.#core.cancel(ticket);
    return answer === "cancelled" ? { tag: "ok" } : { tag: "err", val: answer };
  }

  #release(name: bigint): ReturnType<Gpu["release"]> {
    this.#poll();
    if (this.#absent !== undefined) return { tag: "err", val: { tag: "gone" } };
    if (!this.#ledger.release(name)) {
      return { tag: "err", val: { tag: "unknown" } };
    }
    this.#link.release(name);
    return { tag: "ok" };
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
    if (this.#absent !== undefined) return { tag: "failed", val: this.#absent };
    return this.#trouble === undefined
      ? { tag: "ok" }
      : { tag: "degraded", val: this.#trouble };
  }

  #attach(wish: Wish): ControlResult {
    this.#poll();
    if (this.#dead !== undefined) return failed(this.#dead);
    if (this.#absent === undefined) {
      return { tag: "err", val: { tag: "attached" } };
    }
    if (this.#pending !== undefined) return failed("one is being attached");
    const attachment = this.#attachments + 1;
    const answer = this.#link.attach(attachment, wish);
    this.#attached(attachment, answer);
    if (answer.tag === "failed") return failed(answer.why);
    if (answer.tag === "absent") {
      return { tag: "err", val: { tag: "absent", val: answer.why } };
    }
    return { tag: "ok" };
  }

  #attached(attachment: number, answer: AttachAnswer): void {
    if (answer.tag !== "attached") {
      // The driver may have ended meanwhile, and that is the better reason.
      this.#absent = this.#dead ?? answer.why;
      return;
    }
    this.#attachments = attachment;
    this.#device = Object.freeze({ ...answer.device, attachment });
    this.#absent = undefined;
    this.#trouble = undefined;
  }

  #detach(): ReturnType<GpuControl["detach"]> {
    this.#poll();
    if (this.#pending !== undefined) {
      this.#pending = undefined;
      this.#link.detach();
    }
    if (this.#absent !== undefined) {
      return { tag: "err", val: { tag: "detached" } };
    }
    this.#end(DETACHED);
    this.#link.detach();
    return { tag: "ok" };
  }

  /** The device has ended; the driver has not. */
  #end(why: string): void {
    this.#absent = why;
    this.#ledger.clear();
    this.#core.lost(why);
  }

  /** Hears all news, then ends what is over its deadline. */
  #poll(): void {
    for (
      let news = this.#link.receive();
      news !== undefined;
      news = this.#link.receive()
    ) {
      if (news.tag === "ended") this.#ended(news.ticket, news.outcome);
      else if (news.tag === "died") this.died(news.why);
      else if (news.tag === "attach") {
        if (news.attachment !== this.#pending) continue;
        this.#pending = undefined;
        this.#attached(news.attachment, news.answer);
      } else if (
        news.attachment === this.#attachments && this.#absent === undefined
      ) this.#end(`the device was lost: ${news.why}`);
    }
    this.#core.expire(this.#link.nowUs());
  }

  #ended(ticket: bigint, outcome: Outcome): void {
    const worth = this.#core.answered(ticket, outcome);
    if (worth === "unasked") {
      if (this.#dead === undefined) {
        this.died("the driver answered what nobody asked");
      }
      return;
    }
    // Nobody will ever name what was made too late.
    if (worth === "late") {
      if (outcome.tag === "made") this.#link.release(outcome.val);
      return;
    }
    this.#trouble = outcome.tag === "failed" ? outcome.val : undefined;
  }
}

function failed(val: string): ControlResult {
  return { tag: "err", val: { tag: "failed", val } };
}

function outcomeOf(end: End<Outcome>): Outcome {
  switch (end.how) {
    case "answered":
      return end.answer;
    case "gone":
      return { tag: "gone", val: end.why };
    default:
      return { tag: end.how };
  }
}
