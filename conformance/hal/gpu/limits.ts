/** Limits: what they say is taken, and nothing beyond it. */
import { ok, strictEqual } from "node:assert/strict";
import {
  buffer,
  completions,
  type GpuCase,
  type GpuFixture,
  made,
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

const group = "refusals";

/** A source that compiles, of exactly so many octets with its entry. */
function sourceOf(octets: number): string {
  const rest = octets - INCREMENT.entry.length - INCREMENT.wgsl.length - 3;
  return `${INCREMENT.wgsl}//${"-".repeat(rest)}\n`;
}

const compile = (wgsl: string, bindings = [...INCREMENT.bindings]) => ({
  tag: "compile" as const,
  val: { wgsl, entry: INCREMENT.entry, bindings },
});

const limitsOf = ({ gpu }: GpuFixture) => gpu.describe().limits;

export const LIMITS: readonly GpuCase[] = [
  {
    group,
    claim: "a buffer may be as large as the limit says, and no larger",
    promise: "limits.buffer-max",
    run(fixture) {
      const { bufferMax } = limitsOf(fixture);
      const size = Number(bufferMax);
      const name = buffer(fixture, size);
      put(fixture, name, size - 4, pattern(4, 1));
      same(read(fixture, name, 4, size - 4), pattern(4, 1));
      const over = { tag: "allocate", val: bufferMax + 4n } as const;
      refused(
        fixture.gpu.submit(over, PATIENT_US),
        "over-limit",
        "buffer-max",
      );
    },
  },
  {
    group,
    claim: "buffers together may have what the limit says, and no more",
    promise: "limits.memory-max",
    run(fixture) {
      const { bufferMax, memoryMax } = limitsOf(fixture);
      let left = memoryMax;
      while (left > 0n) {
        const size = left < bufferMax ? left : bufferMax;
        made(fixture, { tag: "allocate", val: size });
        left -= size;
      }
      const over = { tag: "allocate", val: 4n } as const;
      refused(
        fixture.gpu.submit(over, PATIENT_US),
        "over-limit",
        "memory-max",
      );
    },
  },
  {
    group,
    claim: "there may be as many buffers as the limit says, and no more",
    promise: "limits.buffers-max",
    run(fixture) {
      const { buffersMax, inFlightMax } = limitsOf(fixture);
      for (let left = buffersMax; left > 0;) {
        const count = Math.min(left, inFlightMax);
        for (let i = 0; i < count; i++) {
          submit(fixture, { tag: "allocate", val: 4n });
        }
        for (const outcome of completions(fixture, count).values()) {
          strictEqual(outcome.tag, "made");
        }
        left -= count;
      }
      const over = { tag: "allocate", val: 4n } as const;
      refused(
        fixture.gpu.submit(over, PATIENT_US),
        "over-limit",
        "buffers-max",
      );
    },
  },
  {
    group,
    claim: "there may be as many programs as the limit says, and no more",
    promise: "limits.programs-max",
    run(fixture) {
      const { programsMax, inFlightMax } = limitsOf(fixture);
      for (let left = programsMax; left > 0;) {
        const count = Math.min(left, inFlightMax);
        for (let i = 0; i < count; i++) {
          submit(fixture, compile(INCREMENT.wgsl));
        }
        for (const outcome of completions(fixture, count).values()) {
          strictEqual(outcome.tag, "made");
        }
        left -= count;
      }
      refused(
        fixture.gpu.submit(compile(INCREMENT.wgsl), PATIENT_US),
        "over-limit",
        "programs-max",
      );
    },
  },
  {
    group,
    claim: "a program may have as many bindings as the limit says, no more",
    promise: "limits.bindings-max",
    run(fixture) {
      const { bindingsMax } = limitsOf(fixture);
      const bindings = Array.from(
        { length: bindingsMax },
        () => "read-write" as const,
      );
      const whole = outcomeOf(fixture, compile(INCREMENT.wgsl, bindings));
      strictEqual(whole.tag, "made");
      const over = compile(INCREMENT.wgsl, [...bindings, "read-write"]);
      refused(
        fixture.gpu.submit(over, PATIENT_US),
        "over-limit",
        "bindings-max",
      );
    },
  },
  {
    group,
    claim: "a write and a read may be as large as the limit says, no larger",
    promise: "limits.transfer-max",
    run(fixture) {
      const { transferMax } = limitsOf(fixture);
      const whole = pattern(transferMax, 4);
      const name = buffer(fixture, transferMax + 4);
      put(fixture, name, 4, whole);
      same(read(fixture, name, transferMax, 4), whole);
      const octets = new Uint8Array(transferMax + 4);
      for (
        const work of [
          { tag: "write", val: { buffer: name, offset: 0n, octets } },
          { tag: "read", val: range(name, transferMax + 4) },
        ] as const
      ) {
        refused(
          fixture.gpu.submit(work, PATIENT_US),
          "over-limit",
          "transfer-max",
        );
      }
    },
  },
  {
    group,
    claim: "a source may be as long as the limit says, in octets, no longer",
    promise: "limits.source-max",
    run(fixture) {
      const { sourceMax } = limitsOf(fixture);
      const whole = outcomeOf(fixture, compile(sourceOf(sourceMax)));
      strictEqual(whole.tag, "made", shown(whole));
      const over = (wgsl: string) =>
        refused(
          fixture.gpu.submit(compile(wgsl), PATIENT_US),
          "over-limit",
          "source-max",
        );
      over(sourceOf(sourceMax + 1));
      // As many characters, and more octets.
      over(sourceOf(sourceMax).replace("//-", "//é"));
    },
  },
  ...(["x", "y", "z"] as const).map((axis): GpuCase => ({
    group,
    claim: `as many groups as the limit says may run in ${axis}, and no more`,
    promise: "limits.groups-max",
    run(fixture) {
      const { groupsMax } = limitsOf(fixture);
      const name = buffer(fixture, 4);
      const increment = program(fixture, INCREMENT);
      const launched = (count: number) => ({
        tag: "dispatch" as const,
        val: {
          program: increment,
          ranges: [range(name, 4)],
          x: 1,
          y: 1,
          z: 1,
          [axis]: count,
        },
      });
      if (axis === "x") {
        strictEqual(outcomeOf(fixture, launched(groupsMax)).tag, "done");
      }
      refused(
        fixture.gpu.submit(launched(groupsMax + 1), PATIENT_US),
        "over-limit",
        "groups-max",
      );
    },
  })),
  {
    group,
    claim: "as many requests as the limit says are in flight, then it is full",
    promise: "limits.in-flight-max",
    run(fixture) {
      const { inFlightMax } = limitsOf(fixture);
      const name = buffer(fixture, 64);
      const reading = { tag: "read", val: range(name, 64) } as const;
      for (let i = 0; i < inFlightMax; i++) submit(fixture, reading);
      refused(fixture.gpu.submit(reading, PATIENT_US), "full");
      completions(fixture, inFlightMax);
    },
  },
  {
    group,
    claim: "what has ended and was not taken counts, and makes room when it is",
    promise: "refusal.full",
    run(fixture) {
      const { gpu } = fixture;
      const { inFlightMax } = limitsOf(fixture);
      const name = buffer(fixture, 64);
      const reading = { tag: "read", val: range(name, 64) } as const;
      const tickets = Array.from(
        { length: inFlightMax },
        () => submit(fixture, reading),
      );
      ok(gpu.wait(1, PATIENT_US).length === 1);
      const next = submit(fixture, reading);
      refused(gpu.submit(reading, PATIENT_US), "full");
      const rest = completions(fixture, inFlightMax);
      ok(rest.has(next), "the last one did not complete");
      strictEqual(rest.size, tickets.length);
      submit(fixture, reading);
      completions(fixture, 1);
    },
  },
];
