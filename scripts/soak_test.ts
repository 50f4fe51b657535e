import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { complaints } from "./soak.ts";
import { type Sample, soak, type SoakReport } from "./soak_run.ts";

const SECONDS = 4;
const SEED = 20_261_121;

Deno.test("soak: faults, swaps, kills and load lose nothing", async () => {
  // It throws where a call or message is lost; its seed is in the message.
  const report = await soak(SECONDS, SEED).catch((error) => {
    throw new Error(`--seed ${SEED}: ${error}`, { cause: error });
  });
  ok(report.calls > 0);
  ok(report.messages > 0);
  ok(report.kills + report.swaps + report.refusedSwaps > 0);
  ok(report.samples.length > 0);
});

const REPORT: SoakReport = {
  seed: 1,
  seconds: 300,
  calls: 0,
  absent: 0,
  messages: 0,
  swaps: 0,
  refusedSwaps: 0,
  rollbacks: 0,
  kills: 0,
  faults: 0,
  disabled: 0,
  hardJobs: 0,
  late: 0,
  lateExcused: 9,
  parks: 0,
  witnessed: true,
  worst: [],
  samples: [],
};

const curve = (each: (at: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 40 }, (_, at) => ({
    atS: at,
    rssMib: 200,
    heapMib: 30,
    outsideMib: 2,
    generations: 10,
    ...each(at),
  }));

Deno.test("soak: control: a level curve and excused jobs are no complaint", () => {
  deepStrictEqual(complaints({ ...REPORT, samples: curve(() => ({})) }), []);
});

Deno.test("soak: late jobs and growth are complained of", () => {
  const samples = curve((at) => ({
    rssMib: 200 + 3 * at,
    generations: at * 9,
  }));
  const wrong = complaints({ ...REPORT, late: 2, samples });
  strictEqual(wrong.length, 3);
  match(wrong.join("; "), /2 jobs.*memory in MiB grew from.*generations grew/);
});

Deno.test("soak: what only rises at the beginning is no leak", () => {
  const samples = curve((at) => ({ rssMib: 200 + 60 * Math.min(at, 9) }));
  deepStrictEqual(complaints({ ...REPORT, samples }), []);
});
