/**
 * Requests that are submitted now and complete later, each exactly once.
 *
 * What every contract of the HAL that submits has in common: tickets, a bounded
 * number in flight, deadlines, cancellation, and an end for everything when the
 * device or its driver ends. It is the caller's side and the only judge of how a
 * request ended; a driver that answers twice or what nobody asked is told so.
 *
 * A request is open until it has ended for the caller. If it had begun by then,
 * it is still owed: its place is taken until the driver is through with it.
 *
 * Deliberately absent: a clock, threads, retries, and any order but the queue's.
 */

/** How a request ended for its caller. */
export type End<Answer> =
  | { readonly how: "answered"; readonly answer: Answer }
  /** Taken back before it began. */
  | { readonly how: "cancelled" }
  /** Its deadline came before it began. */
  | { readonly how: "expired" }
  /** Its deadline came after it had begun. */
  | { readonly how: "overrun" }
  /** The device or the driver ended first. */
  | { readonly how: "gone"; readonly why: string };

export interface Completed<Answer> {
  readonly ticket: bigint;
  readonly end: End<Answer>;
}

/** The way to the driver. */
export interface Queue<Work> {
  /** Hands a request over; false where there is no room for it or its answer. */
  ask(ticket: bigint, work: Work): boolean;
  /** True if it had not begun, and now never will. False also once it ended. */
  withdraw(ticket: bigint): boolean;
}

/** The request comes back with a refusal: nothing happened to it. */
export type Submitted<Work> =
  | { readonly tag: "ticket"; readonly ticket: bigint }
  | { readonly tag: "full"; readonly work: Work };

/** What an answer of the driver was worth. */
export type Worth =
  /** It is how the request ended. */
  | "used"
  /** The request had ended before; the driver is through with it now. */
  | "late"
  /** Nobody asked, or it was answered before. The driver is wrong. */
  | "unasked";

interface Open {
  readonly ticket: bigint;
  readonly deadline: number;
}

export interface SubmissionOptions<Answer> {
  /** Requests that are open, owed or not taken, together. */
  readonly inFlightMax: number;
  /** Told of each end as it happens, before anybody can take it. */
  readonly onEnd?: (completed: Completed<Answer>) => void;
}

export class Submissions<Work, Answer> {
  readonly #queue: Queue<Work>;
  readonly #options: SubmissionOptions<Answer>;
  readonly #open = new Map<bigint, Open>();
  /** Ended for the caller, not for the driver. */
  readonly #owed = new Set<bigint>();
  /** Ended, and not taken. */
  readonly #ended = new Map<bigint, Completed<Answer>>();
  #last = 0n;

  constructor(queue: Queue<Work>, options: SubmissionOptions<Answer>) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Requests that have not ended for the caller. */
  get open(): number {
    return this.#open.size;
  }

  /** Requests that have ended for the caller and not for the driver. */
  get owed(): number {
    return this.#owed.size;
  }

  /** Completions that can be taken. */
  get ended(): number {
    return this.#ended.size;
  }

  /** The earliest deadline of an open request. */
  get nextDeadline(): number {
    let least = Infinity;
    for (const { deadline } of this.#open.values()) {
      least = Math.min(least, deadline);
    }
    return least;
  }

  /** `deadline` is on the clock of whoever calls `expire`. */
  submit(work: Work, deadline: number): Submitted<Work> {
    if (this.#held() >= this.#options.inFlightMax) return { tag: "full", work };
    const ticket = this.#last + 1n;
    if (!this.#queue.ask(ticket, work)) return { tag: "full", work };
    this.#last = ticket;
    this.#open.set(ticket, { ticket, deadline });
    return { tag: "ticket", ticket };
  }

  cancel(ticket: bigint): "cancelled" | "begun" | "unknown" {
    if (!this.#open.has(ticket)) {
      return this.#ended.has(ticket) ? "begun" : "unknown";
    }
    if (!this.#queue.withdraw(ticket)) return "begun";
    this.#end(ticket, { how: "cancelled" });
    return "cancelled";
  }

  /** The driver is through with a request. */
  answered(ticket: bigint, answer: Answer): Worth {
    if (this.#owed.delete(ticket)) return "late";
    if (!this.#open.has(ticket)) return "unasked";
    this.#end(ticket, { how: "answered", answer });
    return "used";
  }

  /** Ends what is over its deadline, earliest first. */
  expire(now: number): void {
    // Asked at every look, and mostly in vain.
    if (this.nextDeadline > now) return;
    const due = [...this.#open.values()]
      .filter(({ deadline }) => deadline <= now)
      .sort((a, b) => a.deadline - b.deadline);
    for (const { ticket } of due) {
      if (this.#queue.withdraw(ticket)) this.#end(ticket, { how: "expired" });
      else {
        this.#owed.add(ticket);
        this.#end(ticket, { how: "overrun" });
      }
    }
  }

  /** The device has ended; the driver still answers for what had begun. */
  lost(why: string): void {
    for (const ticket of [...this.#open.keys()]) {
      if (!this.#queue.withdraw(ticket)) this.#owed.add(ticket);
      this.#end(ticket, { how: "gone", why });
    }
  }

  /** The driver has ended; nobody answers any more. */
  died(why: string): void {
    for (const ticket of [...this.#open.keys()]) {
      this.#end(ticket, { how: "gone", why });
    }
    this.#owed.clear();
  }

  /** Completions in the order of their ends, at most `most`; each once. */
  take(most: number): Completed<Answer>[] {
    const taken: Completed<Answer>[] = [];
    for (const [ticket, completed] of this.#ended) {
      if (taken.length >= most) break;
      this.#ended.delete(ticket);
      taken.push(completed);
    }
    return taken;
  }

  #held(): number {
    return this.#open.size + this.#owed.size + this.#overlap();
  }

  /** What is ended and not owed: an owed one is not counted twice. */
  #overlap(): number {
    let count = 0;
    for (const ticket of this.#ended.keys()) {
      if (!this.#owed.has(ticket)) count += 1;
    }
    return count;
  }

  #end(ticket: bigint, end: End<Answer>): void {
    this.#open.delete(ticket);
    const completed = { ticket, end };
    this.#ended.set(ticket, completed);
    this.#options.onEnd?.(completed);
  }
}
