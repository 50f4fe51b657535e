/** Tickets and completions, limits as they are told, health. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Limits } from "../../../hal/gpu_contract.ts";
import {
  buffer,
  completions,
  type GpuCase,
  octetsOf,
  outcomeOf,
  PATIENT_US,
  range,
  submit,
  u32,
  words,
} from "./case.ts";

const group = "behaviour";

/** The least that a driver may say. */
const LEAST: Readonly<Partial<Record<keyof Limits, number>>> = {
  bufferMax: 1 << 20,
  memoryMax: 4 << 20,
  buffersMax: 64,
  programsMax: 16,
  bindingsMax: 4,
  bindingAlignment: 4,
  transferMax: 65_536,
  sourceMax: 16_384,
  groupsMax: 1024,
  invocationsMax: 256,
  inFlightMax: 16,
};

export const FLOW: readonly GpuCase[] = [
  {
    group,
    claim: "the limits are at least what the contract says",
    promise: "limits",
    run({ gpu }) {
      const { limits, name, attachment } = gpu.describe();
      for (const [key, least] of Object.entries(LEAST)) {
        const value = Number(Reflect.get(limits, key));
        ok(value >= least, `${key} is ${value}, less than ${least}`);
      }
      ok(limits.bindingAlignment <= 256, "binding-alignment");
      ok(limits.bufferMax <= limits.memoryMax, "buffer-max");
      ok(name !== "", "no name");
      ok(attachment > 0, "no attachment");
    },
  },
  {
    group,
    claim: "the description is constant while the device is attached",
    promise: "gpu.describe",
    run(fixture) {
      const before = structuredClone(fixture.gpu.describe());
      const name = buffer(fixture, 64);
      fixture.gpu.release(name);
      fixture.gpu.submit({ tag: "allocate", val: 0n }, 1n);
      outcomeOf(fixture, {
        tag: "compile",
        val: { wgsl: "nonsense", entry: "main", bindings: [] },
      });
      deepStrictEqual(fixture.gpu.describe(), before);
    },
  },
  {
    group,
    claim: "tickets are never given again",
    promise: "gpu.submit",
    run(fixture) {
      const { inFlightMax } = fixture.gpu.describe().limits;
      const tickets = new Set<bigint>();
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < inFlightMax; i++) {
          const ticket = submit(fixture, { tag: "allocate", val: 4n });
          ok(!tickets.has(ticket), `${ticket} was given twice`);
          tickets.add(ticket);
        }
        for (const outcome of completions(fixture, inFlightMax).values()) {
          ok(outcome.tag === "made");
          fixture.gpu.release(outcome.val);
        }
      }
    },
  },
  {
    group,
    claim: "no more completions are given than asked, the rest comes next",
    promise: "gpu.take",
    run(fixture) {
      const { gpu } = fixture;
      const name = buffer(fixture, words(7));
      const tickets = Array.from(
        { length: 6 },
        () => submit(fixture, { tag: "read", val: range(name, 4) }),
      );
      const seen: bigint[] = [];
      // The last one has ended when all have: one after another they are taken.
      deepStrictEqual(gpu.take(0), []);
      while (seen.length < tickets.length) {
        const some = gpu.wait(2, PATIENT_US);
        ok(some.length === 1 || some.length === 2, `${some.length} were given`);
        for (const { ticket, outcome } of some) {
          strictEqual(u32(octetsOf(outcome))[0], 7);
          seen.push(ticket);
        }
      }
      deepStrictEqual(seen.toSorted(ascending), tickets);
      deepStrictEqual(gpu.take(10), []);
    },
  },
  {
    group,
    claim: "a completion that was taken is not given again",
    promise: "gpu.take",
    run(fixture) {
      const name = buffer(fixture, 64);
      const ticket = submit(fixture, { tag: "read", val: range(name, 64) });
      deepStrictEqual([...completions(fixture, 1).keys()], [ticket]);
      for (let look = 0; look < 5; look++) {
        deepStrictEqual(fixture.gpu.take(100), []);
        deepStrictEqual(fixture.gpu.wait(100, 1000n), []);
      }
    },
  },
  {
    group,
    claim: "a wait with nothing under way gives nothing",
    promise: "gpu.wait",
    run({ gpu }) {
      deepStrictEqual(gpu.wait(10, PATIENT_US), []);
      deepStrictEqual(gpu.wait(10, 0n), []);
    },
  },
  {
    group,
    claim: "a wait gives what has ended, and all of it that is asked for",
    promise: "gpu.wait",
    run(fixture) {
      const tickets = Array.from(
        { length: 5 },
        () => submit(fixture, { tag: "allocate", val: 16n }),
      );
      const seen = [...completions(fixture, 5).keys()];
      deepStrictEqual(seen.toSorted(ascending), tickets);
    },
  },
  {
    group,
    claim: "a device that works says so, whatever it was asked",
    promise: "gpu.health",
    run(fixture) {
      deepStrictEqual(fixture.gpu.health().tag, "ok");
      outcomeOf(fixture, {
        tag: "compile",
        val: { wgsl: "nonsense", entry: "main", bindings: [] },
      });
      fixture.gpu.submit({ tag: "allocate", val: 1n }, 1n);
      fixture.gpu.cancel(2n ** 64n - 1n);
      buffer(fixture, 64);
      strictEqual(fixture.gpu.health().tag, "ok");
    },
  },
];

const ascending = (a: bigint, b: bigint) => Number(a - b);
