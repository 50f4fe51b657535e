/**
 * The engine of this process makes the golden runs that are committed.
 *
 * A real cell that was built from changed sources is another program: its runs
 * are left out until the vectors are made anew.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { type GoldenRuns, goldenRuns } from "./vectors_engine.ts";

const FILE = new URL(
  "../conformance/vectors/engine/golden.json",
  import.meta.url,
);
/** Compiled from this repository, so they change with it. */
const BUILT = ["rank cell", "rank cell, a part", "graph cell"];

const committed: { readonly runs: GoldenRuns } = JSON.parse(
  Deno.readTextFileSync(FILE),
);
const runs = await goldenRuns();

Deno.test("golden runs: control, the same programs are there", () => {
  deepStrictEqual(Object.keys(runs), Object.keys(committed.runs));
});

for (const [name, expected] of Object.entries(committed.runs)) {
  const run = runs[name];
  const isOther = BUILT.includes(name) && run?.component !== expected.component;
  const left = " (left out: it was built anew; run scripts/vectors_engine.ts)";
  Deno.test({
    name: `golden runs: ${name}${isOther ? left : ""}`,
    ignore: isOther,
    fn: () => deepStrictEqual(run, expected),
  });
}

Deno.test("golden runs: stops with more fuel come later, and show in memory", () => {
  for (const name of ["mill", ...BUILT]) {
    const stops = runs[name]?.stops ?? [];
    const memories = new Set(stops.map(({ memory }) => memory));
    // With exactly enough and with one less, nothing is written in between.
    // Code that only reads and adds up changes none between two stops.
    ok(memories.size >= stops.length - 2, `${name}: ${memories.size} memories`);
    for (const { given, used, end } of stops.slice(0, -1)) {
      ok(end === "fuel" && used <= given, `${name}: ${used} of ${given}`);
    }
  }
});
