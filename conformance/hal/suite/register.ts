/** Hands a suite's cases to the test runner, one test each. */
import { caseId, type Fixture, type Subject, type Suite } from "./case.ts";
import { LeftOut } from "./case.ts";
import { runCase } from "./run.ts";

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

function leaveOut(name: string, reason: string): void {
  console.log(`  left out: ${name}: ${reason}`);
}
