/** Deadlines and cancellation: what did not begin never acts, what did ends too. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Outcome, Work } from "../../../hal/gpu_contract.ts";
import {
  buffer,
  completions,
  drained,
  type GpuCase,
  type GpuFixture,
  type Hold,
  holdOf,
  PATIENT_US,
  pattern,
  put,
  range,
  read,
  refused,
  same,
  submit,
  ticketOf,
} from "./case.ts";

const group = "deadlines";
const OCTETS = 64;
/** Short, and doubled where the driver did not begin in time. */
const SOON_US = 2000n;
/** Many seconds. */
const LOOKS_MAX = 10_000_000;

const write = (buffer: bigint, seed: number): Work => ({
  tag: "write",
  val: { buffer, offset: 0n, octets: pattern(OCTETS, seed) },
});

/** Holds the driver, with as many reads begun as can have. */
function stuck(fixture: GpuFixture, name: bigint): Hold {
  const hold = holdOf(fixture);
  hold.begin();
  for (let i = 0; i < hold.ahead; i++) {
    submit(fixture, { tag: "read", val: range(name, OCTETS) });
  }
  hold.begun(hold.ahead);
  return hold;
}

/** Lets go, and gives everything that completes. */
function released(fixture: GpuFixture, hold: Hold): Map<bigint, Outcome> {
  hold.end();
  const all = new Map<bigint, Outcome>();
  for (const { ticket, outcome } of drained(fixture)) {
    ok(!all.has(ticket), `${ticket} completed twice`);
    all.set(ticket, outcome);
  }
  return all;
}

/** Begins a request while nothing ends, and lets its deadline pass. */
function overrun(fixture: GpuFixture, hold: Hold, work: Work): bigint {
  for (let within = SOON_US; within < PATIENT_US; within *= 2n) {
    hold.begin();
    const ticket = ticketOf(fixture.gpu.submit(work, within));
    const outcome = completions(fixture, 1).get(ticket);
    if (outcome?.tag === "overrun") return ticket;
    deepStrictEqual(outcome, { tag: "expired" });
    hold.end();
  }
  throw new Error("the driver did not begin within a minute");
}

/** Submits what is refused only until the device is through with another. */
function soon(fixture: GpuFixture, work: Work): void {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const answer = fixture.gpu.submit(work, PATIENT_US);
    if (answer.tag === "ok") return;
    refused(answer, "full");
  }
  throw new Error("the place was not given back");
}

export const DEADLINES: readonly GpuCase[] = [
  {
    group,
    claim: "control: what is held back completes when it is let go",
    promise: "gpu.submit",
    run(fixture) {
      const name = buffer(fixture, pattern(OCTETS, 1));
      const hold = stuck(fixture, name);
      const ticket = submit(fixture, write(name, 2));
      deepStrictEqual(fixture.gpu.wait(10, SOON_US), []);
      const all = released(fixture, hold);
      deepStrictEqual(all.get(ticket), { tag: "done" });
      strictEqual(all.size, hold.ahead + 1);
      same(read(fixture, name, OCTETS), pattern(OCTETS, 2));
    },
  },
  {
    group,
    claim: "a request that is cancelled before it began never acts",
    promise: "outcome.cancelled",
    run(fixture) {
      const name = buffer(fixture, pattern(OCTETS, 1));
      const hold = stuck(fixture, name);
      const ticket = submit(fixture, write(name, 2));
      deepStrictEqual(fixture.gpu.cancel(ticket), { tag: "ok" });
      deepStrictEqual(completions(fixture, 1).get(ticket), {
        tag: "cancelled",
      });
      ok(!released(fixture, hold).has(ticket), "it completed twice");
      same(read(fixture, name, OCTETS), pattern(OCTETS, 1));
    },
  },
  {
    group,
    claim: "cancelling takes one request and no other",
    promise: "gpu.cancel",
    run(fixture) {
      const name = buffer(fixture, OCTETS);
      const hold = stuck(fixture, name);
      const tickets = [1, 2, 3].map((seed) =>
        submit(fixture, write(name, seed))
      );
      strictEqual(fixture.gpu.cancel(tickets[1] ?? 0n).tag, "ok");
      const all = released(fixture, hold);
      deepStrictEqual(tickets.map((ticket) => all.get(ticket)?.tag), [
        "done",
        "cancelled",
        "done",
      ]);
      same(read(fixture, name, OCTETS), pattern(OCTETS, 3));
    },
  },
  {
    group,
    claim: "cancelling what was cancelled or has begun says begun",
    promise: "refused-cancel.begun",
    run(fixture) {
      const { gpu } = fixture;
      const name = buffer(fixture, pattern(OCTETS, 1));
      const hold = holdOf(fixture);
      hold.begin();
      const first = submit(fixture, { tag: "read", val: range(name, OCTETS) });
      hold.begun(1);
      deepStrictEqual(gpu.cancel(first), { tag: "err", val: "begun" });
      for (let i = 1; i < hold.ahead; i++) submit(fixture, write(name, 1));
      hold.begun(hold.ahead);
      const last = submit(fixture, write(name, 2));
      deepStrictEqual(gpu.cancel(last), { tag: "ok" });
      deepStrictEqual(gpu.cancel(last), { tag: "err", val: "begun" });
      const all = released(fixture, hold);
      strictEqual(all.get(first)?.tag, "octets");
      strictEqual(all.get(last)?.tag, "cancelled");
    },
  },
  {
    group,
    claim: "cancelling what was taken or never given says unknown",
    promise: "refused-cancel.unknown",
    run(fixture) {
      const { gpu } = fixture;
      const ticket = submit(fixture, { tag: "allocate", val: 4n });
      completions(fixture, 1);
      for (const other of [ticket, ticket + 1n, 0n, 2n ** 64n - 1n]) {
        deepStrictEqual(gpu.cancel(other), { tag: "err", val: "unknown" });
      }
    },
  },
  {
    group,
    claim: "a request whose deadline comes before it began never acts",
    promise: "outcome.expired",
    run(fixture) {
      const name = buffer(fixture, pattern(OCTETS, 1));
      const hold = stuck(fixture, name);
      const ticket = ticketOf(fixture.gpu.submit(write(name, 2), SOON_US));
      deepStrictEqual(completions(fixture, 1).get(ticket), { tag: "expired" });
      ok(!released(fixture, hold).has(ticket), "it completed twice");
      same(read(fixture, name, OCTETS), pattern(OCTETS, 1));
    },
  },
  {
    group,
    claim: "deadlines pass in their order, not in that of submitting",
    promise: "gpu.take",
    run(fixture) {
      const name = buffer(fixture, OCTETS);
      const hold = stuck(fixture, name);
      const [last, first] = [SOON_US * 40n, SOON_US].map((within) =>
        ticketOf(fixture.gpu.submit(write(name, 2), within))
      );
      const order: Array<bigint | undefined> = [];
      while (order.length < 2) {
        for (const { ticket } of fixture.gpu.wait(1, PATIENT_US)) {
          order.push(ticket);
        }
      }
      deepStrictEqual(order, [first, last]);
      released(fixture, hold);
    },
  },
  {
    group,
    claim: "a request whose deadline comes after it has begun overruns, once",
    promise: "outcome.overrun",
    run(fixture) {
      const name = buffer(fixture, pattern(OCTETS, 1));
      const hold = holdOf(fixture);
      const ticket = overrun(fixture, hold, write(name, 2));
      ok(!released(fixture, hold).has(ticket), "it completed twice");
      put(fixture, name, 0, pattern(OCTETS, 3));
      same(read(fixture, name, OCTETS), pattern(OCTETS, 3));
    },
  },
  {
    group,
    claim: "what overran keeps its place until the device is through with it",
    promise: "refusal.full",
    run(fixture) {
      const { inFlightMax } = fixture.gpu.describe().limits;
      const name = buffer(fixture, OCTETS);
      const hold = holdOf(fixture);
      overrun(fixture, hold, write(name, 1));
      const reading = { tag: "read", val: range(name, OCTETS) } as const;
      for (let i = 1; i < inFlightMax; i++) submit(fixture, reading);
      refused(fixture.gpu.submit(reading, PATIENT_US), "full");
      strictEqual(released(fixture, hold).size, inFlightMax - 1);
      for (let i = 0; i < inFlightMax; i++) soon(fixture, reading);
      strictEqual(completions(fixture, inFlightMax).size, inFlightMax);
    },
  },
  {
    group,
    claim: "what is made too late is released",
    promise: "outcome.overrun",
    run(fixture) {
      const { memoryMax, bufferMax } = fixture.gpu.describe().limits;
      const hold = holdOf(fixture);
      const ticket = overrun(fixture, hold, {
        tag: "allocate",
        val: bufferMax,
      });
      released(fixture, hold);
      refused(fixture.gpu.release(ticket), "unknown");
      for (let left = memoryMax; left > 0n;) {
        const size = left < bufferMax ? left : bufferMax;
        buffer(fixture, Number(size));
        left -= size;
      }
    },
  },
  {
    group,
    claim: "a wait ends at its own bound",
    promise: "gpu.wait",
    run(fixture) {
      const name = buffer(fixture, OCTETS);
      const hold = stuck(fixture, name);
      for (const within of [0n, 1n, SOON_US]) {
        deepStrictEqual(fixture.gpu.wait(10, within), []);
      }
      strictEqual(released(fixture, hold).size, hold.ahead);
    },
  },
  {
    group,
    claim: "a buffer that is being made is unknown until it is",
    promise: "refusal.unknown",
    run(fixture) {
      const name = buffer(fixture, OCTETS);
      const hold = stuck(fixture, name);
      const ticket = submit(fixture, { tag: "allocate", val: 64n });
      const { gpu } = fixture;
      for (const guess of [ticket, name + 1n, ticket + 1n]) {
        refused(gpu.submit(write(guess, 1), PATIENT_US), "unknown");
        refused(gpu.release(guess), "unknown");
      }
      strictEqual(released(fixture, hold).get(ticket)?.tag, "made");
    },
  },
];
