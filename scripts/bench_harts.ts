/** Calls from a cell on one hart to a cell on another, one by one. */
import { Buffer } from "node:buffer";
import { Effect } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import type { CallMessages } from "../wit/abi/message.ts";
import { loadModule } from "../wit/testing/instance.ts";
import { callMessages } from "../wit/gen/calls.ts";
import { hartThreads } from "../kernel/host/hart_thread.ts";
import { BLOB, buildBenchCell, FIELDS, witText } from "./bench_cell.ts";
import { type CellGiven, withKernel } from "./bench_kernel.ts";
import {
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import { quantile } from "./bench_timing.ts";

const MANUAL = `Measures calls between cells of two harts, one by one.

usage: deno task bench:harts [--rounds 20] [--json]

A cell calls another one with a record of 64 B (16 u32) and gets it back; it reads
the clock before and behind each call. A round is 500 calls.

  to another hart         through a channel each way; the caller waits parked
  on the same hart        the same cells, both soft: parked together
  postMessage             the record to a plain worker and back
`;

const WORK = "karyon:bench/work@0.1.0";
const CLOCK = "karyon:kernel/clock@0.1.0";
const CALLS = 500;
const WARM_ROUNDS = 3;

interface Drive {
  /** Microseconds of each call. */
  timed(calls: number): number[];
}

const WIT = `package karyon:bench@0.1.0;
interface work {
  record blob { ${FIELDS.map((field) => `${field}: u32`).join(", ")} }
  echo: func(blob: blob) -> blob;
}
interface drive { timed: func(calls: u32) -> list<u32>; }
world back { export karyon:kernel/lifecycle@0.1.0; export work; }
world front {
  import karyon:kernel/clock@0.1.0;
  import work;
  export karyon:kernel/lifecycle@0.1.0;
  export drive;
}`;

const ECHO = `
import { Blob } from "./gen/work";
export function echo(blob: Blob): Blob { return blob; }
`;

const TIMED = `
import * as clock from "./gen/clock";
import * as far from "./gen/work";
export function timed(calls: u32): StaticArray<u32> {
  const took = new StaticArray<u32>(calls);
  let blob = new far.Blob(${FIELDS.map((_, at) => at).join(", ")});
  let before = clock.monotonic();
  for (let i: u32 = 0; i < calls; ++i) {
    blob = far.echo(blob);
    const after = clock.monotonic();
    took[i] = <u32>(after - before);
    before = after;
  }
  return took;
}
`;

/** A module that imports files of this project by their whole address. */
const asModule = (text: string) =>
  `data:application/typescript;base64,${Buffer.from(text).toString("base64")}`;

/** The program of the further hart: this build's, with the contract above. */
function program(
  sources: { readonly binding: string; readonly messages: string },
): URL {
  const home = (path: string) => new URL(`../${path}`, import.meta.url).href;
  const own = (text: string) =>
    asModule(text.replaceAll('"../abi/', `"${home("wit/abi/")}`));
  return new URL(asModule(`
import { bindings } from "${home("wit/gen/mod.ts")}";
import { callMessages } from "${home("wit/gen/calls.ts")}";
import { v8EngineBeyond } from "${home("kernel/engine/v8/engine.ts")}";
import { serveHart } from "${home("kernel/hart/member.ts")}";
import { work } from "${own(sources.binding)}";
import { callMessages as own } from "${own(sources.messages)}";
serveHart(globalThis, {
  bindings: new Map([...bindings, ["${WORK}", work]]),
  messages: new Map([...callMessages, ["${WORK}", own]]),
  engine: v8EngineBeyond,
});`));
}

interface Times {
  readonly far: number[];
  readonly near: number[];
}

async function cellTimes(rounds: number): Promise<Times> {
  const wit = witText(WIT);
  const back = await buildBenchCell(wit, "back", { work: ECHO });
  const front = await buildBenchCell(wit, "front", { drive: TIMED });
  const sources = back.sources("work");
  const work = await back.binding<unknown>("work");
  const drive = await front.binding<Drive>("drive");
  const { callMessages: own } = await loadModule(sources.messages) as {
    readonly callMessages: Readonly<Record<string, CallMessages>>;
  };
  const caller = (callee: string): CellGiven => ({
    bytes: front.component,
    hart: 0,
    grants: { [CLOCK]: "kernel", [WORK]: `cell:${callee}` },
  });
  const cells: Record<string, CellGiven> = {
    there: { bytes: back.component, hart: 1 },
    here: { bytes: back.component, hart: 0 },
    far: caller("there"),
    near: caller("here"),
  };
  const harts = {
    count: 1,
    start: hartThreads(program(sources)),
    messages: new Map([...callMessages, [WORK, own]]),
  };
  const contracts = [work, drive as InterfaceBinding<unknown>];
  return await withKernel(cells, contracts, async ({ kernel }) => {
    const times: Times = { far: [], near: [] };
    const who = ["far", "near"] as const;
    const calls = who.map((cell) => kernel.connect(cell, drive));
    for (let round = -WARM_ROUNDS; round < rounds; round += 1) {
      for (const [at, cell] of who.entries()) {
        const asked = calls[at]?.timed(CALLS) ?? Effect.succeed([]);
        const took = await Effect.runPromise(asked);
        if (round >= 0) times[cell].push(...took);
      }
    }
    return times;
  }, { harts });
}

/** Microseconds of each message there and back. */
async function messageTimes(rounds: number): Promise<number[]> {
  const url = new URL("./bench_harts_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const took: number[] = [];
  try {
    for (let sent = -WARM_ROUNDS * CALLS; sent < rounds * CALLS; sent += 1) {
      const beganMs = performance.now();
      await new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage(BLOB);
      });
      if (sent >= 0) took.push(1_000 * (performance.now() - beganMs));
    }
  } finally {
    worker.terminate();
  }
  return took;
}

function section({ far, near }: Times, messages: number[]): Section {
  const of = (name: string, values: number[], yardstick?: string): Line[] => {
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
    const detail = `${Math.round(1e6 / mean).toLocaleString("en-US")} a second`;
    return [
      {
        name: `${name}, p50`,
        value: quantile(values, 0.5),
        detail,
        ...(yardstick === undefined ? {} : { yardstick }),
      },
      { name: `${name}, p99`, value: quantile(values, 0.99) },
    ];
  };
  return {
    title: "A call with 64 B and its answer with 64 B, one by one",
    unit: "us",
    lines: [
      ...of("to another hart", far),
      ...of("on the same hart, both may park", near),
      ...of("postMessage, there and back", messages, "of postMessage"),
    ],
    notes: [
      "the clock of cells has whole microseconds; a call in which the caller's " +
      "slice ended has that pause in it",
    ],
  };
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 20);
  const machine = thisMachine();
  const times = await cellTimes(options.rounds);
  const messages = await messageTimes(options.rounds);
  print("harts", machine, options, [section(times, messages)]);
}
