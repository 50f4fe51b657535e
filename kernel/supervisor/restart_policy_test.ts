import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FAULT_WINDOW_MS, FAULTS_MAX } from "../limits.ts";
import { judge } from "./restart_policy.ts";

Deno.test("the pause doubles with each fault in the window", () => {
  let recent: ReadonlyArray<number> = [];
  const pauses: number[] = [];
  for (let fault = 1; fault < FAULTS_MAX; fault += 1) {
    const judged = judge(recent, fault * 1_000);
    recent = judged.recent;
    if (judged.verdict.kind === "restart") pauses.push(judged.verdict.afterMs);
  }
  deepStrictEqual(pauses, [100, 200, 400, 800]);
});

Deno.test("too many faults within the window disable the cell", () => {
  const earlier = Array.from({ length: FAULTS_MAX - 1 }, (_, i) => i);
  strictEqual(judge(earlier, 10).verdict.kind, "disable");
});

Deno.test("faults older than the window are forgotten", () => {
  const earlier = Array.from({ length: FAULTS_MAX - 1 }, (_, i) => i);
  const { verdict, recent } = judge(earlier, FAULT_WINDOW_MS + 100);
  deepStrictEqual(verdict, { kind: "restart", afterMs: 100 });
  strictEqual(recent.length, 1);
});

Deno.test("who is not to blame waits longer each time and is never disabled", () => {
  let recent: ReadonlyArray<number> = [];
  const pauses: number[] = [];
  for (let fall = 1; fall <= 12; fall += 1) {
    const judged = judge(recent, fall * 1_000, true);
    recent = judged.recent;
    if (judged.verdict.kind === "restart") pauses.push(judged.verdict.afterMs);
  }
  deepStrictEqual(pauses.slice(0, 4), [100, 200, 400, 800]);
  deepStrictEqual(pauses.slice(-3), [10_000, 10_000, 10_000]);
  strictEqual(pauses.length, 12);
});
