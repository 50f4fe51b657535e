/** Devices that end: everything under way ends once, and there is a next one. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { LeftOut } from "../suite/case.ts";
import {
  buffer,
  drained,
  type GpuCase,
  type GpuFixture,
  launch,
  outcomeOf,
  PATIENT_US,
  pattern,
  program,
  put,
  range,
  read,
  refused,
  same,
  shown,
  submit,
} from "./case.ts";
import { INCREMENT } from "./kernels/plain_kernels.ts";

const group = "recovery";
const OCTETS = 256;

/** Work of every kind that is under way; gives how much. */
function busy(fixture: GpuFixture): Set<bigint> {
  const name = buffer(fixture, pattern(OCTETS, 1));
  const increment = program(fixture, INCREMENT);
  const tickets = new Set<bigint>();
  fixture.hold?.begin();
  const { inFlightMax } = fixture.gpu.describe().limits;
  for (let i = 0; i < inFlightMax; i++) {
    const works = [
      launch(increment, [range(name, OCTETS)], [4, 1, 1]),
      { tag: "read", val: range(name, OCTETS) },
      { tag: "allocate", val: 64n },
    ] as const;
    tickets.add(submit(fixture, works[i % 3] ?? works[0]));
  }
  return tickets;
}

/** All of them have ended, each once; gives how many are gone. */
function ended(fixture: GpuFixture, tickets: Set<bigint>): number {
  let gone = 0;
  for (const { ticket, outcome } of drained(fixture)) {
    ok(tickets.delete(ticket), `${ticket} completed twice, or was never asked`);
    if (outcome.tag === "gone") {
      ok(outcome.val !== "", "gone without a reason");
      gone += 1;
    } else ok(["done", "octets", "made"].includes(outcome.tag), outcome.tag);
  }
  deepStrictEqual([...tickets], [], "these never completed");
  return gone;
}

/** There is no device, and everybody is told. */
function away(fixture: GpuFixture, name: bigint): void {
  const { gpu } = fixture;
  const health = gpu.health();
  ok(health.tag === "failed" && health.val !== "", shown(health));
  refused(gpu.submit({ tag: "allocate", val: 4n }, PATIENT_US), "gone");
  refused(gpu.release(name), "gone");
  deepStrictEqual(gpu.wait(10, PATIENT_US), []);
}

/** A device is attached again, and nothing of the old one is on it. */
function back(fixture: GpuFixture, old: bigint, attachment: number): void {
  const { gpu, control, wish } = fixture;
  deepStrictEqual(control.attach(wish), { tag: "ok" });
  strictEqual(gpu.health().tag, "ok");
  ok(gpu.describe().attachment > attachment, "the attachment counts up");
  refused(
    gpu.submit({ tag: "read", val: range(old, 4) }, PATIENT_US),
    "unknown",
  );
  refused(gpu.release(old), "unknown");
  const name = buffer(fixture, OCTETS);
  ok(name !== old, "a name was given twice");
  same(read(fixture, name, OCTETS), new Uint8Array(OCTETS));
  const increment = program(fixture, INCREMENT);
  put(fixture, name, 0, pattern(OCTETS, 1));
  const launched = launch(increment, [range(name, OCTETS)], [4, 1, 1]);
  deepStrictEqual(outcomeOf(fixture, launched), { tag: "done" });
}

export const RECOVERY: readonly GpuCase[] = [
  {
    group,
    claim: "detaching ends everything under way, each once",
    promise: "gpu-control.detach",
    run(fixture) {
      const { control, hold, gpu } = fixture;
      const { attachment } = gpu.describe();
      const old = buffer(fixture, 64);
      const tickets = busy(fixture);
      deepStrictEqual(control.detach(), { tag: "ok" });
      const gone = ended(fixture, tickets);
      if (hold !== undefined) ok(gone > 0, "nothing was gone");
      away(fixture, old);
      hold?.end();
      back(fixture, old, attachment);
    },
  },
  {
    group,
    claim: "detaching without a device is refused as detached",
    promise: "refusal.detached",
    run({ control, wish }) {
      strictEqual(control.detach().tag, "ok");
      deepStrictEqual(control.detach(), {
        tag: "err",
        val: { tag: "detached" },
      });
      strictEqual(control.attach(wish).tag, "ok");
    },
  },
  {
    group,
    claim: "attaching a second device is refused as attached, without effect",
    promise: "refusal.attached",
    run(fixture) {
      const { control, wish, gpu } = fixture;
      const before = gpu.describe();
      const name = buffer(fixture, pattern(OCTETS, 1));
      deepStrictEqual(control.attach(wish), {
        tag: "err",
        val: { tag: "attached" },
      });
      deepStrictEqual(gpu.describe(), before);
      same(read(fixture, name, OCTETS), pattern(OCTETS, 1));
    },
  },
  {
    group,
    claim: "what had ended before a detach is still given",
    promise: "gpu.take",
    run(fixture) {
      const { control, gpu, wish } = fixture;
      const name = buffer(fixture, pattern(OCTETS, 1));
      const ticket = submit(fixture, { tag: "read", val: range(name, OCTETS) });
      const later = submit(fixture, { tag: "read", val: range(name, OCTETS) });
      // One completion is there; it is not taken before the device goes.
      deepStrictEqual(gpu.wait(0, PATIENT_US), []);
      control.detach();
      const all = new Map(
        drained(fixture).map(({ ticket, outcome }) => [ticket, outcome.tag]),
      );
      strictEqual(all.size, 2);
      strictEqual(all.get(ticket), "octets");
      ok(["octets", "gone"].includes(all.get(later) ?? ""));
      strictEqual(control.attach(wish).tag, "ok");
    },
  },
  {
    group,
    claim: "a device can be detached and attached again and again",
    promise: "gpu-control.attach",
    run(fixture) {
      const { control, gpu } = fixture;
      for (let round = 0; round < 4; round++) {
        const { attachment } = gpu.describe();
        const old = buffer(fixture, pattern(OCTETS, round));
        strictEqual(control.detach().tag, "ok");
        back(fixture, old, attachment);
      }
    },
  },
  {
    group,
    claim: "losing the device ends everything under way, each once",
    promise: "outcome.gone",
    run(fixture) {
      const { lose, hold, gpu } = fixture;
      if (lose === undefined) {
        throw new LeftOut("the fixture cannot make its device end");
      }
      const { attachment } = gpu.describe();
      const old = buffer(fixture, 64);
      const tickets = busy(fixture);
      lose.call(fixture);
      // The driver notices while it is held; what has begun is gone as well.
      const gone = ended(fixture, tickets);
      if (hold !== undefined) ok(gone > 0, "nothing was gone");
      away(fixture, old);
      hold?.end();
      back(fixture, old, attachment);
    },
  },
  {
    group,
    claim: "a driver that dies ends everything under way, each once",
    promise: "outcome.gone",
    run(fixture) {
      const { kill, control, wish, gpu } = fixture;
      if (kill === undefined) {
        throw new LeftOut("the fixture cannot kill its driver");
      }
      const old = buffer(fixture, 64);
      const tickets = busy(fixture);
      kill.call(fixture);
      ok(ended(fixture, tickets) > 0, "nothing was gone");
      away(fixture, old);
      const again = control.attach(wish);
      ok(again.tag === "err" && again.val.tag === "failed");
      strictEqual(gpu.health().tag, "failed");
    },
  },
];
