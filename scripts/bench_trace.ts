/** Tracing: what a call of a cell costs with nobody, some and all followed. */
import { Effect } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import {
  ASK_ON,
  bindings,
  fixture,
  type Tally,
} from "../conformance/kernel/cell/fixture.ts";
import { CAREFUL } from "../conformance/kernel/cell/fixture.ts";
import { CurrentSpan } from "../kernel/call/trace.ts";
import type { Connected } from "../kernel/call/connect.ts";
import { spansOf } from "../node/telemetry/spans.ts";
import { withKernel } from "./bench_kernel.ts";
import {
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import { median } from "./bench_timing.ts";

const MANUAL = `Measures what following a request into the cells costs.

usage: deno task bench:trace [--rounds 9] [--json]

One request is one call of a soft cell that calls another one: with a span of
the request it is three spans. Nothing is sent: the exporter's address is a port
where nobody listens, so what is measured is drawing, not the network.
`;

const CALLS = 400;
const EVERY = 100;

type Way = () => Promise<unknown>;

async function microseconds(way: Way): Promise<number> {
  const startMs = performance.now();
  for (let at = 0; at < CALLS; at += 1) await way();
  return (performance.now() - startMs) * 1_000 / CALLS;
}

function waysOf(
  front: Connected<Tally>,
): ReadonlyArray<readonly [string, Way]> {
  const ask = front.act(ASK_ON);
  const followed = (every: number): Way => {
    const spans = spansOf(every)?.requests;
    if (spans === undefined) throw new Error("run it by its task: OTEL_DENO");
    return async () => {
      const span = spans.begin("bench");
      await Effect.runPromise(Effect.provideService(ask, CurrentSpan, span));
      if (span !== undefined) spans.end(span, 200);
    };
  };
  return [
    ["nobody followed", () => Effect.runPromise(ask)],
    [`one request in ${EVERY}`, followed(EVERY)],
    ["every request", followed(1)],
  ];
}

async function measure(rounds: number): Promise<Section> {
  const made = await bindings();
  const cells = {
    back: { bytes: await fixture("leaf") },
    front: {
      bytes: await fixture("middle"),
      grants: {
        [CAREFUL]: "cell:back",
        "karyon:fixture/blunt@0.1.0": "cell:back",
      },
    },
  };
  const contracts: InterfaceBinding<unknown>[] = [...made.all.values()];
  return await withKernel(cells, contracts, async ({ kernel }) => {
    const ways = waysOf(kernel.connect("front", made.tally));
    const samples = ways.map((): number[] => []);
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [at, [, way]] of ways.entries()) {
        const us = await microseconds(way);
        if (round > 0) samples[at]?.push(us);
      }
    }
    const lines = ways.map(([name], at): Line => ({
      name,
      value: median(samples[at] ?? []),
      ...(at === 0 ? { yardstick: "of nobody" } : {}),
    }));
    return {
      title: "A call of a soft cell that calls another, both may park",
      unit: "us",
      lines,
      notes: ["each followed request draws three spans"],
    };
  }, { trace: spansOf(1)?.cells });
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 9);
  const machine = thisMachine();
  print("trace", machine, options, [await measure(options.rounds)]);
  Deno.exit(0);
}
