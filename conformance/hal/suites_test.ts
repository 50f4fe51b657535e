/**
 * Holds every suite for drivers to the rules of conformance/README.md.
 *
 * Plan: sound devices pass whole; every mutant is caught by a case that holds
 * the promise that it breaks, and there are enough of them; every case names an
 * item that the WIT file documents; ids are unique.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { caseId } from "./suite/case.ts";
import { promisesOf } from "./suite/promise.ts";
import { TEST_SEED } from "./suite/register.ts";
import { SUITES } from "./suites.ts";

const MUTANTS_MIN = 25;
const SEEDS = [TEST_SEED, 2];
const root = new URL("../../", import.meta.url);

for (const suite of SUITES) {
  Deno.test(`${suite.contract} suite: control, sound devices pass whole`, async () => {
    const shown = new Set<string>();
    for (const seed of SEEDS) {
      const runs = await suite.runOnReferences({ seed, nowMs: () => 0 });
      for (const result of runs.flatMap(({ results }) => results)) {
        const { id, verdict, evidence } = result;
        if (verdict === "passed") shown.add(id);
        else strictEqual(verdict, "left-out", `${id}: ${evidence}`);
      }
    }
    // What one cannot show, another one does.
    deepStrictEqual(suite.cases.map(caseId).filter((id) => !shown.has(id)), []);
  });

  Deno.test(`${suite.contract} suite: every case names its promise`, () => {
    const promises = promisesOf(
      Deno.readTextFileSync(new URL(suite.wit, root)),
    );
    const lost = suite.cases.filter(({ promise }) => !promises.has(promise));
    deepStrictEqual(lost.map(({ claim, promise }) => [claim, promise]), []);
    const ids = suite.cases.map(caseId);
    deepStrictEqual(ids, [...new Set(ids)]);
    const known = new Set(suite.mutants.map(({ name }) => name));
    strictEqual(known.size, suite.mutants.length);
    ok(known.size >= MUTANTS_MIN, `only ${known.size} mutants`);
  });

  for (const mutant of suite.mutants) {
    Deno.test(`${suite.contract} suite: notices a driver that ${mutant.name}`, async () => {
      const { by, sound } = await mutant.caught(TEST_SEED);
      ok(by !== undefined, `no case of ${mutant.breaks} failed`);
      ok(sound !== undefined, "not one case of another promise passed");
    });
  }
}
