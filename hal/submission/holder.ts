/**
 * A holder's side of requests on a clock: hear, expire, take, wait.
 *
 * What a session does around `Submissions` whatever its contract is about. News
 * is heard before a deadline counts, so what has ended in time is not late.
 *
 * Deliberately absent: what news means, and refusals other than `full`.
 */
import {
  type Completed,
  type End,
  type Queue,
  type SubmissionOptions,
  Submissions,
  type Submitted,
} from "./submissions.ts";

/** The driver's clock, and a way to wait for news of it. */
export interface Clocked {
  /** Microseconds of a clock that never goes back. */
  nowUs(): number;
  /** Returns when there may be news, or so many microseconds are over. */
  wait(us: number): void;
}

export interface HolderOptions<Answer> extends SubmissionOptions<Answer> {
  /** Takes in all news that there is. */
  readonly hear: () => void;
}

export class Holder<Work, Answer> {
  readonly core: Submissions<Work, Answer>;
  readonly #clock: Clocked;
  readonly #hear: () => void;

  constructor(
    queue: Queue<Work>,
    clock: Clocked,
    options: HolderOptions<Answer>,
  ) {
    this.core = new Submissions(queue, options);
    this.#clock = clock;
    this.#hear = options.hear;
  }

  /** Hears all news, then ends what is over its deadline. */
  poll(): void {
    this.#hear();
    this.core.expire(this.#clock.nowUs());
  }

  /** The caller has polled, and judged the request. */
  submit(work: Work, within: bigint): Submitted<Work> {
    return this.core.submit(work, this.#clock.nowUs() + Number(within));
  }

  cancel(
    ticket: bigint,
  ): { tag: "ok" } | { tag: "err"; val: "begun" | "unknown" } {
    this.poll();
    const answer = this.core.cancel(ticket);
    return answer === "cancelled" ? { tag: "ok" } : { tag: "err", val: answer };
  }

  take(most: number): Completed<Answer>[] {
    this.poll();
    return this.core.take(most);
  }

  wait(most: number, within: bigint): Completed<Answer>[] {
    const end = this.#clock.nowUs() + Number(within);
    for (;;) {
      this.poll();
      const now = this.#clock.nowUs();
      if (this.core.ended > 0 || this.core.open === 0 || now >= end) break;
      this.#clock.wait(Math.min(end, this.core.nextDeadline) - now);
    }
    return this.core.take(most);
  }
}

/** An end as the outcome that contracts have for it. */
export function outcomeOf<Answer>(
  end: End<Answer>,
):
  | Answer
  | { tag: "gone"; val: string }
  | { tag: "cancelled" | "expired" | "overrun" } {
  if (end.how === "answered") return end.answer;
  if (end.how === "gone") return { tag: "gone", val: end.why };
  return { tag: end.how };
}
