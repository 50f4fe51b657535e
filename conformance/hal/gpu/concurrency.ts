/** Many requests under way at a time: each completes once, with its own answer. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import type { Outcome, Work } from "../../../hal/gpu_contract.ts";
import type { Trial } from "../suite/case.ts";
import {
  buffer,
  completions,
  type GpuCase,
  type GpuFixture,
  launch,
  octetsOf,
  pattern,
  program,
  put,
  range,
  same,
  submit,
} from "./case.ts";
import { INCREMENT } from "./kernels/plain_kernels.ts";

const group = "concurrency";
const OCTETS = 512;
const BUFFERS = 4;
const STEPS = 100;

export const CONCURRENCY: readonly GpuCase[] = [
  {
    group,
    claim: "each of as many requests as there is room for has its own answer",
    promise: "completion",
    run(fixture) {
      const { inFlightMax } = fixture.gpu.describe().limits;
      const name = buffer(fixture, pattern(4 * inFlightMax, 1));
      for (let round = 0; round < 2; round++) {
        const tickets = Array.from(
          { length: inFlightMax },
          (_, i) =>
            submit(fixture, { tag: "read", val: range(name, 4, i * 4) }),
        );
        const all = completions(fixture, inFlightMax);
        for (const [i, ticket] of tickets.entries()) {
          const want = pattern(4 * inFlightMax, 1).slice(i * 4, i * 4 + 4);
          same(octetsOf(all.get(ticket)), want, `request ${i}:`);
        }
      }
    },
  },
  {
    group,
    claim: "kinds of requests that are mixed complete once each",
    promise: "gpu",
    run(fixture) {
      const name = buffer(fixture, 64);
      const increment = program(fixture, INCREMENT);
      const works: Work[] = [
        { tag: "allocate", val: 64n },
        launch(increment, [range(name, 64)]),
        { tag: "compile", val: { wgsl: "no", entry: "main", bindings: [] } },
        { tag: "read", val: range(name, 64) },
        {
          tag: "compile",
          val: {
            wgsl: INCREMENT.wgsl,
            entry: INCREMENT.entry,
            bindings: [...INCREMENT.bindings],
          },
        },
        {
          tag: "write",
          val: { buffer: name, offset: 0n, octets: pattern(64, 1) },
        },
      ];
      const tickets = works.map((work) => submit(fixture, work));
      const all = completions(fixture, works.length);
      deepStrictEqual(tickets.map((ticket) => all.get(ticket)?.tag), [
        "made",
        "done",
        "rejected",
        "octets",
        "made",
        "done",
      ]);
    },
  },
  {
    group,
    claim: "random requests agree with a plain model",
    promise: "gpu",
    run: againstModel,
  },
];

/** What a completion is to be. */
type Expected = (outcome: Outcome | undefined, where: string) => void;

function againstModel(fixture: GpuFixture, { seed }: Trial): void {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const names = Array.from({ length: BUFFERS }, () => buffer(fixture, OCTETS));
  const model = names.map(() => new Uint8Array(OCTETS));
  const increment = program(fixture, INCREMENT);
  const depth = Math.min(16, fixture.gpu.describe().limits.inFlightMax);
  const waiting = new Map<bigint, Expected>();
  const done: Expected = (outcome, where) =>
    deepStrictEqual(outcome, { tag: "done" }, where);
  for (let step = 0; step < STEPS; step++) {
    const [from, to] = [below(BUFFERS), below(BUFFERS)];
    const length = 4 * (1 + below(OCTETS / 4 - 1));
    const offset = 4 * below((OCTETS - length) / 4 + 1);
    const [source, target] = [names[from] ?? 0n, names[to] ?? 0n];
    const [here, there] = [model[from], model[to]];
    ok(here !== undefined && there !== undefined);
    const kind = below(5);
    if (kind === 0) {
      const octets = pattern(length, step);
      const val = { buffer: target, offset: BigInt(offset), octets };
      waiting.set(submit(fixture, { tag: "write", val }), done);
      there.set(octets, offset);
    } else if (kind === 1 && from !== to) {
      const val = {
        source: range(source, length, offset),
        buffer: target,
        offset: BigInt(OCTETS - length),
      };
      waiting.set(submit(fixture, { tag: "copy", val }), done);
      there.set(here.slice(offset, offset + length), OCTETS - length);
    } else if (kind === 2) {
      const work = launch(increment, [range(target, OCTETS)], [2, 1, 1]);
      waiting.set(submit(fixture, work), done);
      const words = new Uint32Array(there.buffer);
      for (const at of words.keys()) words[at] = (words[at] ?? 0) + 1;
    } else {
      const want = here.slice(offset, offset + length);
      const val = range(source, length, offset);
      waiting.set(
        submit(fixture, { tag: "read", val }),
        (outcome, where) => same(octetsOf(outcome), want, where),
      );
    }
    while (waiting.size >= depth) settle(fixture, waiting, seed);
  }
  while (waiting.size > 0) settle(fixture, waiting, seed);
  for (const [at, name] of names.entries()) {
    put(fixture, name, 0, pattern(4, at));
  }
}

function settle(
  fixture: GpuFixture,
  waiting: Map<bigint, Expected>,
  seed: number,
): void {
  for (const [ticket, outcome] of completions(fixture, 1)) {
    const expected = waiting.get(ticket);
    const where = `ticket ${ticket}, seed ${seed}:`;
    ok(expected !== undefined, where);
    waiting.delete(ticket);
    expected(outcome, where);
  }
}
