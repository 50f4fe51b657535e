/** Queues to a driver on the same thread, stepped by a test. */
import { CallerLane, DriverLane, Lanes, type Record } from "../lanes.ts";
import type { Queue } from "../submissions.ts";

/** What a test's driver can do, one step at a time. */
export interface SteppedQueue {
  readonly queue: Queue<string>;
  /** Begins the oldest request that was not withdrawn; gives its ticket. */
  begin(): bigint | undefined;
  /** Ends what has begun; the caller sees it at `receive`. */
  answer(ticket: bigint, text: string): void;
  receive(): readonly [bigint, string] | undefined;
}

/** Plain lists. */
export function listQueue(): SteppedQueue {
  const waiting: bigint[] = [];
  const answers: Array<readonly [bigint, string]> = [];
  return {
    queue: {
      ask(ticket) {
        waiting.push(ticket);
        return true;
      },
      withdraw(ticket) {
        const at = waiting.indexOf(ticket);
        if (at >= 0) waiting.splice(at, 1);
        return at >= 0;
      },
    },
    begin: () => waiting.shift(),
    answer: (ticket, text) => void answers.push([ticket, text]),
    receive: () => answers.shift(),
  };
}

const SIZES = { slots: 16, requests: 4096, answers: 4096, told: 512 };

/** The lanes that threads use, both ends here. */
export function laneQueue(): SteppedQueue {
  const lanes = Lanes.make(SIZES);
  const caller = new CallerLane(lanes);
  const driver = new DriverLane(lanes);
  const utf8 = new TextEncoder();
  return {
    queue: {
      ask: (ticket, work) =>
        caller.ask(ticket, { body: utf8.encode(work), answerOctets: 64 }),
      withdraw: (ticket) => caller.withdraw(ticket),
    },
    begin() {
      for (;;) {
        const record: Record | undefined = driver.next();
        if (record === undefined) return undefined;
        if (driver.begin(record)) return record.ticket;
      }
    },
    answer: (ticket, text) => driver.answer(ticket, utf8.encode(text)),
    receive() {
      const record = caller.receive();
      if (record === undefined) return undefined;
      return [record.ticket, new TextDecoder().decode(record.body)];
    },
  };
}
