/**
 * A slow, obvious model of submissions, the driver's side included.
 *
 * It keeps every request for ever and looks through all of them for each answer.
 */

export interface Request {
  readonly ticket: bigint;
  readonly deadline: number;
  /** What the driver did with it. */
  stage: "queued" | "withdrawn" | "begun" | "through";
  /** How it ended for the caller; undefined: it has not. */
  end: string | undefined;
  /** When it ended, in ends. */
  order: number;
  taken: boolean;
}

export class SubmissionModel {
  readonly all: Request[] = [];
  #ends = 0;

  constructor(readonly inFlightMax: number) {}

  get held(): number {
    return this.all.filter((one) => !one.taken || one.stage === "begun").length;
  }

  get open(): Request[] {
    return this.all.filter((one) => one.end === undefined);
  }

  submit(deadline: number): bigint | "full" {
    if (this.held >= this.inFlightMax) return "full";
    const ticket = BigInt(this.all.length + 1);
    const end = undefined;
    this.all.push({
      ticket,
      deadline,
      stage: "queued",
      end,
      order: 0,
      taken: false,
    });
    return ticket;
  }

  cancel(ticket: bigint): string {
    const one = this.all.find((each) => each.ticket === ticket);
    if (one === undefined || one.taken) return "unknown";
    if (one.end !== undefined || one.stage !== "queued") return "begun";
    one.stage = "withdrawn";
    this.#end(one, "cancelled");
    return "cancelled";
  }

  /** The driver looks at the oldest that it may begin. */
  begin(): Request | undefined {
    const one = this.all.find(({ stage }) => stage === "queued");
    if (one !== undefined) one.stage = "begun";
    return one;
  }

  answer(one: Request, text: string): string {
    if (one.stage !== "begun") return "unasked";
    one.stage = "through";
    if (one.end !== undefined) return "late";
    this.#end(one, `answered ${text}`);
    return "used";
  }

  expire(now: number): void {
    const due = this.open.filter(({ deadline }) => deadline <= now)
      .sort((a, b) => a.deadline - b.deadline);
    for (const one of due) {
      const queued = one.stage === "queued";
      if (queued) one.stage = "withdrawn";
      this.#end(one, queued ? "expired" : "overrun");
    }
  }

  lost(why: string): void {
    for (const one of this.open) {
      if (one.stage === "queued") one.stage = "withdrawn";
      this.#end(one, `gone ${why}`);
    }
  }

  died(why: string): void {
    for (const one of this.open) this.#end(one, `gone ${why}`);
    for (const one of this.all) {
      if (one.stage !== "through") one.stage = "withdrawn";
    }
  }

  take(most: number): Array<readonly [bigint, string]> {
    const ready = this.all.filter(({ end, taken }) =>
      end !== undefined && !taken
    ).sort((a, b) => a.order - b.order).slice(0, most);
    for (const one of ready) one.taken = true;
    return ready.map(({ ticket, end }) => [ticket, end ?? ""]);
  }

  #end(one: Request, end: string): void {
    one.end = end;
    one.order = ++this.#ends;
  }
}
