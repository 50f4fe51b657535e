/**
 * Requests that wait for what others do, first come, first served.
 *
 * They are answered on the holder's side from what is there, so one that is taken
 * back or expires has taken nothing.
 */
import type { Outcome } from "../net_contract.ts";

export type Answer = (ticket: bigint, outcome: Outcome) => void;

export class Line {
  readonly #waiting = new Map<bigint, number>();
  /** What is there for a request of `most`; undefined: nothing yet. */
  readonly #give: (most: number) => Outcome | undefined;

  constructor(give: (most: number) => Outcome | undefined) {
    this.#give = give;
  }

  get tickets(): readonly bigint[] {
    return [...this.#waiting.keys()];
  }

  join(ticket: bigint, most: number): void {
    this.#waiting.set(ticket, most);
  }

  leave(ticket: bigint): void {
    this.#waiting.delete(ticket);
  }

  /** Answers as many as there is something for. */
  turn(answer: Answer): void {
    for (const [ticket, most] of this.#waiting) {
      const outcome = this.#give(most);
      if (outcome === undefined) return;
      this.#waiting.delete(ticket);
      answer(ticket, outcome);
    }
  }
}
