/** Hands a suite's cases to the test runner, one test each. */
import {
  caseId,
  type Fixture,
  type Group,
  LeftOut,
  type Subject,
  type Suite,
} from "./case.ts";
import { isRed, runCase, runSuite } from "./run.ts";
import { ok } from "node:assert/strict";

/** What tests run with; `conform --seed` tries others. */
export const TEST_SEED = 1;

/** Registers every case as a test of `driver`. */
export function registerSuite<F extends Fixture>(
  driver: string,
  suite: Suite<F>,
  subject: Subject<F>,
): void {
  for (const each of suite.cases) {
    const name = `${driver}: ${suite.contract} ${caseId(each)}`;
    Deno.test(`${name} (${each.promise})`, async () => {
      const absent = await subject.absent?.();
      if (absent !== undefined) return leaveOut(name, absent);
      try {
        await runCase(each, () => subject.make(), { seed: TEST_SEED });
      } catch (error) {
        if (!(error instanceof LeftOut)) throw error;
        leaveOut(name, error.message);
      }
    });
  }
}

/**
 * As one test, for a driver whose fixtures share what is slow to start; `only`
 * picks a group where the whole is left to `conform`.
 */
export function registerWhole<F extends Fixture>(
  driver: string,
  suite: Suite<F>,
  subject: Subject<F>,
  only?: Group,
): void {
  const what = only === undefined ? "the whole suite" : `the cases of ${only}`;
  Deno.test(`${driver}: passes ${what} of ${suite.contract}`, async () => {
    const absent = await subject.absent?.();
    if (absent !== undefined) return leaveOut(driver, absent);
    const { results } = await runSuite(suite, subject, {
      seed: TEST_SEED,
      nowMs: () => 0,
      only: only === undefined ? undefined : `${only}/`,
    });
    for (const { id, verdict, reason } of results) {
      if (verdict === "left-out") leaveOut(`${driver} ${id}`, reason ?? "");
    }
    const red = results.filter(({ verdict }) => isRed(verdict));
    ok(
      red.length === 0,
      red.map(({ id, evidence }) => `${id}: ${evidence}`).join("\n"),
    );
  });
}

function leaveOut(name: string, reason: string): void {
  console.log(`  left out: ${name}: ${reason}`);
}
