/** Figures are judged and printed right; a missed goal says so. */
import {
  deepStrictEqual,
  match,
  strictEqual,
  throws,
} from "node:assert/strict";
import {
  figure,
  heading,
  judge,
  roundsOf,
  type Section,
  table,
} from "./bench_report.ts";
import { median, nanoseconds, quantile } from "./bench_timing.ts";

const SECTION: Section = {
  title: "add",
  unit: "ns",
  lines: [
    { name: "raw", value: 2.5, yardstick: "of raw" },
    { name: "jco", value: 3_000, yardstick: "of jco" },
    { name: "own", value: 5, detail: "one of many" },
  ],
  goals: [{ line: "own", limit: 20 }, { line: "own", limit: 4 }],
  notes: ["a note"],
};

Deno.test("bench report: lines, multiples, goals and notes", () => {
  deepStrictEqual(table(SECTION).split("\n"), [
    "add",
    "          ns   of raw     of jco",
    "  raw   2.50        1  x 0.00083",
    "  jco  3,000  x 1,200          1",
    "  own   5.00   x 2.00   x 0.0017  one of many",
    "  goal met: own 5.00 ns, at most 20",
    "  goal MISSED: own 5.00 ns, at most 4",
    "  (a note)",
  ]);
});

Deno.test("bench report: a goal is met at its limit, and by numbers only", () => {
  const judged = (value: number) =>
    judge({
      title: "t",
      unit: "ms",
      lines: [{ name: "own", value }],
      goals: [{ line: "own", limit: 1 }],
    }).map(({ isMet }) => isMet);
  deepStrictEqual(judged(1), [true]);
  deepStrictEqual(judged(1.01), [false]);
  deepStrictEqual(judged(NaN), [false]);
});

Deno.test("bench report: a goal without its line is an error", () => {
  throws(
    () => judge({ ...SECTION, goals: [{ line: "gone", limit: 1 }] }),
    /add has no line "gone"/,
  );
});

Deno.test("bench report: figures have three digits that count", () => {
  const figures = [0.061, 2.5, 25.04, 257.4, 3_549.2, -9.5, NaN].map(figure);
  deepStrictEqual(figures, [
    "0.06",
    "2.50",
    "25.0",
    "257",
    "3,549",
    "-9.50",
    "NaN",
  ]);
});

Deno.test("bench report: the heading names machine, versions and load", () => {
  const machine = {
    cores: 2,
    processor: "some processor",
    deno: "2.9.6",
    v8: "15.0",
    load: 0.5,
  };
  const text = heading("call", machine, { json: false, rounds: 9 });
  match(text, /bench:call {2}2 cores \(some processor\), Deno 2\.9\.6, V8 15/);
  match(text, /medians of 9 rounds; the load before it was 0\.50/);
});

Deno.test("bench report: rounds are a number within bounds", () => {
  strictEqual(roundsOf("9"), 9);
  for (const wrong of ["0", "-1", "1.5", "1001", "many", ""]) {
    throws(() => roundsOf(wrong), /--rounds is 1 to 1000/);
  }
});

Deno.test("bench timing: quantiles lie between the values", () => {
  strictEqual(median([3, 1, 2]), 2);
  strictEqual(median([4, 1, 2, 3]), 2.5);
  deepStrictEqual([0, 0.5, 1].map((part) => quantile([10, 0], part)), [
    0,
    5,
    10,
  ]);
  strictEqual(median([]), NaN);
});

Deno.test("bench timing: competitors take turns", () => {
  const turns: string[] = [];
  // Slow enough to fill a batch by itself, so that warming ends.
  const batch = (name: string) => () => {
    const endMs = performance.now() + 6;
    while (performance.now() < endMs) { /* takes its time */ }
    turns.push(name);
  };
  nanoseconds([batch("a"), batch("b")], 3);
  strictEqual(turns.slice(-6).join(""), "ababab");
});
