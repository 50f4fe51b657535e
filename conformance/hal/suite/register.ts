/** Hands a suite's cases to the test runner, one test each. */
import {
  caseId,
  type Fixture,
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

/** As one test, for a driver whose fixtures share what is slow to start. */
export function registerWhole<F extends Fixture>(
  driver: string,
  suite: Suite<F>,
  subject: Subject<F>,
): void {
  Deno.test(`${driver}: passes the whole ${suite.contract} suite`, async () => {
    const absent = await subject.absent?.();
    if (absent !== undefined) return leaveOut(driver, absent);
    const { results } = await runSuite(suite, subject, {
      seed: TEST_SEED,
      nowMs: () => 0,
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
