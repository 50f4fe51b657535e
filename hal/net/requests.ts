/**
 * One holder's requests: those that the driver carries out, and those that wait.
 *
 * The first kind goes to the link, the second into a line of this side. Both have
 * tickets, deadlines and one end.
 */
import type { Net, Outcome, Refusal, SubmitResult } from "../net_contract.ts";
import { Holder, outcomeOf } from "../submission/holder.ts";
import type { Check } from "./checks.ts";
import type { Line } from "./line.ts";
import type { Act, NetLink, NetNews } from "./link.ts";

type Work =
  | { readonly kind: "act"; readonly act: Act }
  | { readonly kind: "wait"; readonly line: Line; readonly most: number };

export interface Watching {
  /** Anything but `ended` and `died`. */
  heard(news: NetNews): void;
  /** An act has ended; `late`: its request had ended before. */
  acted(ticket: bigint, act: Act, outcome: Outcome, late: boolean): void;
  /** An act was taken back before it began. */
  withdrawn(ticket: bigint, act: Act): void;
  /** The driver has ended. */
  died(): void;
}

export class Requests {
  readonly #link: NetLink;
  readonly #holder: Holder<Work, Outcome>;
  readonly #watching: Watching;
  readonly #acts = new Map<bigint, Act>();
  readonly #lines = new Map<bigint, Line>();
  #dead: string | undefined;

  constructor(link: NetLink, inFlightMax: number, watching: Watching) {
    this.#link = link;
    this.#watching = watching;
    const queue = {
      ask: (ticket: bigint, work: Work) => {
        if (work.kind === "act") {
          if (!link.ask(ticket, work.act)) return false;
          this.#acts.set(ticket, work.act);
        } else {
          work.line.join(ticket, work.most);
          this.#lines.set(ticket, work.line);
        }
        return true;
      },
      withdraw: (ticket: bigint) => {
        const line = this.#lines.get(ticket);
        line?.leave(ticket);
        this.#lines.delete(ticket);
        if (line !== undefined) return true;
        return this.#withdraw(ticket);
      },
    };
    const options = { inFlightMax, hear: () => this.#hear() };
    this.#holder = new Holder(queue, link, options);
  }

  /** Why there is no driver any more. */
  get dead(): string | undefined {
    return this.#dead;
  }

  /** The same function, on what is known by then. */
  polled<A extends unknown[], R>(act: (...all: A) => R): (...all: A) => R {
    return (...all) => {
      this.#holder.poll();
      return act(...all);
    };
  }

  /** A refusal, also of everything once the driver has ended. */
  judged(wrong: Check): { tag: "err"; val: Refusal } | undefined {
    if (this.#dead !== undefined) return refused("gone");
    return wrong && { tag: "err", val: wrong };
  }

  /** What has been judged goes to the driver. */
  act(act: Act, within: bigint): SubmitResult {
    return this.#submit({ kind: "act", act }, within);
  }

  /** What has been judged waits in a line. */
  join(line: Line, most: number, within: bigint): SubmitResult {
    const answer = this.#submit({ kind: "wait", line, most }, within);
    this.turn(line);
    return answer;
  }

  /** There may be something for those who wait. */
  turn(line: Line): void {
    line.turn((ticket, outcome) => this.#answer(ticket, outcome));
  }

  /** Nobody waits here any more. */
  close(line: Line): void {
    for (const ticket of line.tickets) this.#holder.core.cancel(ticket);
  }

  died(why: string): void {
    if (this.#dead !== undefined) return;
    this.#dead = why;
    this.#watching.died();
    this.#holder.core.died(why);
    this.#lines.clear();
    this.#acts.clear();
  }

  readonly cancel: Net["cancel"] = (ticket) => this.#holder.cancel(ticket);

  readonly take: Net["take"] = (most) =>
    this.#holder.take(most).map(({ ticket, end }) => ({
      ticket,
      outcome: outcomeOf(end),
    }));

  readonly wait: Net["wait"] = (most, within) =>
    this.#holder.wait(most, within).map(({ ticket, end }) => ({
      ticket,
      outcome: outcomeOf(end),
    }));

  #submit(work: Work, within: bigint): SubmitResult {
    if (within === 0n) return refused("wrong-deadline");
    const answer = this.#holder.submit(work, within);
    if (answer.tag === "full") return refused("full");
    return { tag: "ok", val: answer.ticket };
  }

  #withdraw(ticket: bigint): boolean {
    const act = this.#acts.get(ticket);
    if (act === undefined || !this.#link.withdraw(ticket)) return false;
    this.#acts.delete(ticket);
    this.#watching.withdrawn(ticket, act);
    return true;
  }

  #answer(ticket: bigint, outcome: Outcome): void {
    this.#lines.delete(ticket);
    this.#holder.core.answered(ticket, outcome);
  }

  #hear(): void {
    for (
      let news = this.#link.receive();
      news !== undefined;
      news = this.#link.receive()
    ) {
      if (this.#dead !== undefined) continue;
      if (news.tag === "died") this.died(news.why);
      else if (news.tag === "ended") this.#ended(news.ticket, news.outcome);
      else this.#watching.heard(news);
    }
  }

  #ended(ticket: bigint, outcome: Outcome): void {
    const act = this.#acts.get(ticket);
    if (act === undefined) {
      return this.died("the driver answered what nobody asked");
    }
    this.#acts.delete(ticket);
    const worth = this.#holder.core.answered(ticket, outcome);
    this.#watching.acted(ticket, act, outcome, worth !== "used");
  }
}

export function refused(
  tag: Exclude<Refusal["tag"], "malformed" | "over-limit">,
): { tag: "err"; val: Refusal } {
  return { tag: "err", val: { tag } };
}
