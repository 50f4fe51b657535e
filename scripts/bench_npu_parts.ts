/**
 * What a run costs beside the library: the way there and back, and waking.
 *
 * The way is both sides' work on one thread: judging, messages, copies, checks. The
 * hop is two threads that wake each other and sleep, without any octets.
 */
import { ADD, f32, launch } from "../conformance/hal/npu/case.ts";
import { laneSizes, NpuWire } from "../hal/hosted/npu_wire.ts";
import { checked, describedBy } from "../hal/npu/carry_out.ts";
import { judge } from "../hal/npu/checks.ts";
import {
  CallerLane,
  DriverLane,
  Lanes,
  type Record,
} from "../hal/submission/lanes.ts";
import type { Line } from "./bench_report.ts";
import { quantile } from "./bench_timing.ts";

const MIB = 1 << 20;
const LIMITS = {
  modelMax: MIB,
  modelsMax: 16,
  transferMax: 4 * MIB,
  tensorsMax: 32,
  rankMax: 8,
  inFlightMax: 32,
} as const;
const RUNS = 2000;
const ANSWER_ROOM = 65_536;

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a part of the way is not there");
  return value;
}

/** The way of one run with two tensors of so many octets, and one back. */
export function wayLines(octets: number): Line[] {
  const length = octets / 4;
  const ones = new Float32Array(length).fill(1);
  const model = describedBy(ADD, LIMITS);
  const models = { count: 1, find: () => model };
  const inputs = [f32("a", [length], ones), f32("b", [length], ones)];
  const work = launch(1n, inputs);
  const out = [f32("y", [length], ones)];
  const lanes = Lanes.make(laneSizes(LIMITS));
  const [caller, driver] = [new CallerLane(lanes), new DriverLane(lanes)];
  const [ours, theirs] = [new NpuWire(LIMITS), new NpuWire(LIMITS)];
  const room = new Uint8Array(theirs.requestMax);
  const answerOctets = octets + ANSWER_ROOM;
  const took: { readonly [part: string]: number[] } = {
    "judged and sent": [],
    "received by the driver": [],
    "checked and answered": [],
    "received by the caller": [],
  };
  let from = 0;
  const part = (name: string) => {
    const now = performance.now();
    took[name]?.push((now - from) * 1000);
    from = performance.now();
  };
  for (let run = 1n; run <= RUNS; run++) {
    from = performance.now();
    judge(work, LIMITS, models);
    const framed = there(ours.encodeWork(work));
    caller.ask(run, { ...framed, answerOctets });
    part("judged and sent");
    const record: Record = there(driver.next(room));
    theirs.decodeWork(record.body);
    driver.begin(record);
    part("received by the driver");
    const ended = checked(out, work.val, model, LIMITS);
    const { body, more } = theirs.encodeEnded(ended);
    driver.answer(run, body, more);
    part("checked and answered");
    ours.decodeEnded(there(caller.receive()).body);
    part("received by the caller");
  }
  const size = octets === MIB ? "1 MiB" : `${octets} octets`;
  const parts = Object.entries(took).map(([name, all]) => ({
    name: `${size}: ${name}`,
    value: quantile(all.slice(RUNS / 2), 0.5),
  }));
  const value = parts.reduce((sum, one) => sum + one.value, 0);
  return [...parts, { name: `${size}: the way, all of it`, value }];
}

const HOPS = 3000;

/** There and back between two threads that sleep until they are woken. */
export async function hopLine(): Promise<Line> {
  const worker = new Worker(
    new URL("bench_npu_worker.ts", import.meta.url),
    { type: "module", deno: { permissions: "none" } },
  );
  const memory = new SharedArrayBuffer(8);
  const words = new Int32Array(memory);
  await new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
    worker.postMessage(memory);
  });
  const took: number[] = [];
  for (let hop = 1; hop <= HOPS; hop++) {
    const begun = performance.now();
    Atomics.store(words, 0, hop);
    Atomics.notify(words, 0);
    while (Atomics.load(words, 1) !== hop) Atomics.wait(words, 1, hop - 1);
    took.push((performance.now() - begun) * 1000);
  }
  worker.terminate();
  const name = "waking the driver, and being woken by it";
  return { name, value: quantile(took, 0.5) };
}
