import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { sum } from "./ok.ts";
import { testCounts } from "./ok_summary.ts";

const outcome = (
  ok: boolean,
  tests?: { passed: number; failed: number },
) => ({ step: "x", ok, seconds: 1, tests });

Deno.test("ok: control, counts of one test run", () => {
  const text =
    "running 3 tests\na ... ok (1ms)\n\nok | 3 passed | 0 failed (2s)\n";
  deepStrictEqual(testCounts(text), { passed: 3, failed: 0 });
});

Deno.test("ok: colours, steps, ignored tests and several runs", () => {
  const text =
    "\x1b[32mok\x1b[0m | 3 passed | 0 failed | 1 ignored \x1b[2m(1s)\n" +
    "FAILED | 10 passed (4 steps) | 2 failed (1 step) (3s)\n";
  deepStrictEqual(testCounts(text), { passed: 13, failed: 2 });
});

Deno.test("ok: a run without a summary has no counts", () => {
  strictEqual(testCounts("error: Test failed\n"), undefined);
  strictEqual(testCounts("x: ok | 3 passed | 0 failed\n"), undefined);
});

Deno.test("ok: a failed step and a broken test run are failures", () => {
  const green = [outcome(true), outcome(true, { passed: 5, failed: 0 })];
  deepStrictEqual(sum(green), { passed: 5, failed: 0 });
  deepStrictEqual(sum([...green, outcome(false)]), { passed: 5, failed: 1 });
  deepStrictEqual(sum([outcome(false, { passed: 4, failed: 3 })]), {
    passed: 4,
    failed: 3,
  });
  deepStrictEqual(sum([outcome(false, { passed: 4, failed: 0 })]), {
    passed: 4,
    failed: 1,
  });
});
