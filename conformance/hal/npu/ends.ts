/** How requests end: concurrency, deadlines, cancellation, and a driver that dies. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import { LeftOut } from "../suite/case.ts";
import type { Work } from "../../../hal/npu_contract.ts";
import {
  ADD,
  completions,
  drained,
  floats,
  type Hold,
  holdOf,
  launch,
  loaded,
  type NpuCase,
  type NpuFixture,
  pair,
  PATIENT_US,
  refused,
  shown,
  submit,
  tensorsOf,
  ticketOf,
  works,
} from "./case.ts";

/** Short, and doubled where the driver did not begin in time. */
const SOON_US = 2000n;
/** Many seconds. */
const LOOKS_MAX = 10_000_000;

const adding = (name: bigint, x: number) => launch(name, pair([x], [x]));

/** Holds the driver, with as many runs begun as can have. */
function stuck(fixture: NpuFixture, name: bigint): Hold {
  const hold = holdOf(fixture);
  hold.begin();
  for (let i = 0; i < hold.ahead; i++) submit(fixture, adding(name, 1));
  hold.begun(hold.ahead);
  return hold;
}

/** Begins a request while nothing ends, and lets its deadline pass. */
function overrun(fixture: NpuFixture, hold: Hold, work: Work): bigint {
  for (let within = SOON_US; within < PATIENT_US; within *= 2n) {
    hold.begin();
    const ticket = ticketOf(fixture.npu.submit(work, within));
    const outcome = completions(fixture, 1).get(ticket);
    if (outcome?.tag === "overrun") return ticket;
    deepStrictEqual(outcome, { tag: "expired" });
    hold.end();
  }
  throw new Error("the driver did not begin within a minute");
}

/** Submits what is refused only until the driver is through with another. */
function soon(fixture: NpuFixture, work: Work, until: "full" | "over-limit") {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const answer = fixture.npu.submit(work, PATIENT_US);
    if (answer.tag === "ok") return;
    refused(answer, until);
  }
  throw new Error("the place was not given back");
}

const DEADLINES: readonly NpuCase[] = [
  {
    group: "deadlines",
    claim: "control: what is held back completes when it is let go",
    promise: "npu.submit",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const hold = stuck(fixture, name);
      const ticket = submit(fixture, adding(name, 2));
      deepStrictEqual(fixture.npu.wait(10, SOON_US), []);
      hold.end();
      const all = drained(fixture);
      deepStrictEqual(floats(tensorsOf(all.get(ticket))[0]), [4]);
      strictEqual(all.size, hold.ahead + 1);
    },
  },
  {
    group: "deadlines",
    claim: "a load that is cancelled before it began makes nothing",
    promise: "outcome.cancelled",
    run(fixture) {
      const { npu } = fixture;
      const { modelsMax } = npu.describe().limits;
      const name = loaded(fixture, ADD);
      const hold = stuck(fixture, name);
      const ticket = submit(fixture, { tag: "load", val: ADD });
      deepStrictEqual(npu.cancel(ticket), { tag: "ok" });
      const ended = completions(fixture, 1);
      deepStrictEqual(ended.get(ticket), { tag: "cancelled" });
      hold.end();
      ok(!drained(fixture).has(ticket), "it completed twice");
      for (let i = 1; i < modelsMax; i++) loaded(fixture, ADD);
    },
  },
  {
    group: "deadlines",
    claim: "cancelling takes one request and no other",
    promise: "npu.cancel",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const hold = stuck(fixture, name);
      const tickets = [1, 2, 3].map((x) => submit(fixture, adding(name, x)));
      strictEqual(fixture.npu.cancel(tickets[1] ?? 0n).tag, "ok");
      hold.end();
      const all = drained(fixture);
      deepStrictEqual(tickets.map((ticket) => all.get(ticket)?.tag), [
        "tensors",
        "cancelled",
        "tensors",
      ]);
    },
  },
  {
    group: "deadlines",
    claim: "cancelling what was cancelled or has begun says begun",
    promise: "refused-cancel.begun",
    run(fixture) {
      const { npu } = fixture;
      const name = loaded(fixture, ADD);
      const hold = holdOf(fixture);
      hold.begin();
      const first = submit(fixture, adding(name, 1));
      hold.begun(1);
      deepStrictEqual(npu.cancel(first), { tag: "err", val: "begun" });
      for (let i = 1; i < hold.ahead; i++) submit(fixture, adding(name, 1));
      hold.begun(hold.ahead);
      const last = submit(fixture, adding(name, 2));
      deepStrictEqual(npu.cancel(last), { tag: "ok" });
      deepStrictEqual(npu.cancel(last), { tag: "err", val: "begun" });
      hold.end();
      strictEqual(drained(fixture).get(first)?.tag, "tensors");
    },
  },
  {
    group: "deadlines",
    claim: "cancelling what was taken or never given says unknown",
    promise: "refused-cancel.unknown",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const ticket = submit(fixture, adding(name, 1));
      completions(fixture, 1);
      for (const other of [ticket, ticket + 1n, 0n, 2n ** 64n - 1n]) {
        const answer = fixture.npu.cancel(other);
        deepStrictEqual(answer, { tag: "err", val: "unknown" });
      }
    },
  },
  {
    group: "deadlines",
    claim: "a request whose deadline comes before it began expires, once",
    promise: "outcome.expired",
    run(fixture) {
      const { npu } = fixture;
      const name = loaded(fixture, ADD);
      const hold = stuck(fixture, name);
      const ticket = ticketOf(npu.submit({ tag: "load", val: ADD }, SOON_US));
      deepStrictEqual(completions(fixture, 1).get(ticket), { tag: "expired" });
      hold.end();
      ok(!drained(fixture).has(ticket), "it completed twice");
      refused(npu.unload(ticket), "unknown");
    },
  },
  {
    group: "deadlines",
    claim: "completions come in the order of ends, not in that of submitting",
    promise: "npu.take",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const hold = stuck(fixture, name);
      const [last, first] = [SOON_US * 40n, SOON_US].map((within) =>
        ticketOf(fixture.npu.submit(adding(name, 1), within))
      );
      const order: Array<bigint | undefined> = [];
      while (order.length < 2) {
        for (const { ticket } of fixture.npu.wait(1, PATIENT_US)) {
          order.push(ticket);
        }
      }
      deepStrictEqual(order, [first, last]);
      hold.end();
      drained(fixture);
    },
  },
  {
    group: "deadlines",
    claim: "a request whose deadline comes after it has begun overruns, once",
    promise: "outcome.overrun",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const hold = holdOf(fixture);
      const ticket = overrun(fixture, hold, adding(name, 1));
      hold.end();
      ok(!drained(fixture).has(ticket), "it completed twice");
      works(fixture, name);
    },
  },
  {
    group: "deadlines",
    claim: "a model that is made too late is released",
    promise: "outcome.overrun",
    run(fixture) {
      const { npu } = fixture;
      const { modelsMax } = npu.describe().limits;
      const hold = holdOf(fixture);
      const load = { tag: "load", val: ADD } as const;
      const ticket = overrun(fixture, hold, load);
      hold.end();
      refused(npu.unload(ticket), "unknown");
      for (let i = 0; i < modelsMax; i++) soon(fixture, load, "over-limit");
      for (const outcome of drained(fixture).values()) {
        strictEqual(outcome.tag, "made");
      }
    },
  },
  {
    group: "deadlines",
    claim: "what overran keeps its place until the driver is through with it",
    promise: "refusal.full",
    run(fixture) {
      const { inFlightMax } = fixture.npu.describe().limits;
      const name = loaded(fixture, ADD);
      const hold = holdOf(fixture);
      overrun(fixture, hold, adding(name, 1));
      const asked = adding(name, 2);
      for (let i = 1; i < inFlightMax; i++) submit(fixture, asked);
      refused(fixture.npu.submit(asked, PATIENT_US), "full");
      hold.end();
      strictEqual(drained(fixture).size, inFlightMax - 1);
      for (let i = 0; i < inFlightMax; i++) soon(fixture, asked, "full");
      strictEqual(completions(fixture, inFlightMax).size, inFlightMax);
    },
  },
  {
    group: "deadlines",
    claim: "a wait ends at its own bound",
    promise: "npu.wait",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const hold = stuck(fixture, name);
      for (const within of [0n, 1n, SOON_US]) {
        deepStrictEqual(fixture.npu.wait(10, within), []);
      }
      hold.end();
      strictEqual(drained(fixture).size, hold.ahead);
    },
  },
];

const CONCURRENCY: readonly NpuCase[] = [
  {
    group: "concurrency",
    claim: "each of as many runs as there is room for has its own answer",
    promise: "completion",
    run(fixture) {
      const { inFlightMax } = fixture.npu.describe().limits;
      const name = loaded(fixture, ADD);
      for (let round = 0; round < 2; round++) {
        const tickets = Array.from(
          { length: inFlightMax },
          (_, i) => submit(fixture, adding(name, i + round)),
        );
        const all = completions(fixture, inFlightMax);
        for (const [i, ticket] of tickets.entries()) {
          const [y] = tensorsOf(all.get(ticket));
          deepStrictEqual(floats(y), [2 * (i + round)]);
        }
      }
    },
  },
  {
    group: "concurrency",
    claim: "random requests complete once each, as a plain model says",
    promise: "npu",
    run(fixture, { seed }) {
      const random = seeded(seed);
      const name = loaded(fixture, ADD);
      const want = new Map<bigint, string>();
      const seen = new Map<bigint, string>();
      const look = (most: number) => {
        const some = fixture.npu.wait(most, PATIENT_US);
        ok(some.length > 0, `${seen.size} of ${want.size} completed`);
        for (const { ticket, outcome } of some) {
          ok(!seen.has(ticket), `${ticket} completed twice, seed ${seed}`);
          const [y] = outcome.tag === "tensors" ? outcome.val : [];
          seen.set(ticket, y ? String(floats(y)) : outcome.tag);
          if (outcome.tag === "made") fixture.npu.unload(outcome.val);
        }
      };
      for (let step = 0; step < 300; step++) {
        const x = Math.floor(random() * 1000);
        const kinds: ReadonlyArray<readonly [Work, string]> = [
          [adding(name, x), String(2 * x)],
          [{ tag: "load", val: ADD }, "made"],
          [{ tag: "load", val: Uint8Array.of(255) }, "rejected"],
        ];
        const [work, end] = kinds[Math.floor(random() * 3)] ?? kinds[0] ?? [];
        if (work === undefined || end === undefined) continue;
        const answer = fixture.npu.submit(work, PATIENT_US);
        if (answer.tag === "ok") want.set(answer.val, end);
        else ok(["full", "over-limit"].includes(answer.val.tag), shown(answer));
        const waiting = seen.size < want.size;
        if (waiting && (answer.tag === "err" || random() < 0.3)) look(4);
      }
      while (seen.size < want.size) look(100);
      deepStrictEqual(new Map([...seen].sort()), new Map([...want].sort()));
    },
  },
];

const RECOVERY: readonly NpuCase[] = [
  {
    group: "recovery",
    claim: "a driver that dies ends everything under way, each once",
    promise: "outcome.gone",
    run(fixture) {
      const { kill, npu } = fixture;
      if (kill === undefined) {
        throw new LeftOut("the fixture cannot kill its driver");
      }
      const { inFlightMax } = npu.describe().limits;
      const name = loaded(fixture, ADD);
      fixture.hold?.begin();
      const tickets = Array.from({ length: inFlightMax }, (_, i) =>
        submit(
          fixture,
          i % 4 === 3 ? { tag: "load", val: ADD } : adding(name, i),
        ));
      kill.call(fixture);
      const all = drained(fixture);
      deepStrictEqual([...all.keys()].sort(), tickets.sort());
      let gone = 0;
      for (const outcome of all.values()) {
        if (outcome.tag !== "gone") continue;
        ok(outcome.val !== "", "gone without a reason");
        gone += 1;
      }
      ok(gone > 0, "nothing was gone");
    },
  },
  {
    group: "recovery",
    claim: "a driver that died says so and refuses everything as gone",
    promise: "refusal.gone",
    run(fixture) {
      const { kill, npu } = fixture;
      if (kill === undefined) {
        throw new LeftOut("the fixture cannot kill its driver");
      }
      const name = loaded(fixture, ADD);
      works(fixture, name);
      const before = npu.describe();
      kill.call(fixture);
      const health = npu.health();
      ok(health.tag === "failed" && health.val !== "", shown(health));
      refused(npu.submit(adding(name, 1), 0n), "gone");
      refused(npu.submit({ tag: "load", val: ADD }, PATIENT_US), "gone");
      refused(npu.inspect(name), "gone");
      refused(npu.unload(name), "gone");
      deepStrictEqual(npu.wait(10, PATIENT_US), []);
      deepStrictEqual(npu.describe(), before);
    },
  },
];

export const ENDS: readonly NpuCase[] = [
  ...CONCURRENCY,
  ...DEADLINES,
  ...RECOVERY,
];
