/**
 * The driver template, in a tree of its own beside links to the real one.
 *
 * Plan: a new driver type-checks; its suite runs and says what is left: what is
 * refused is right, what is accepted is not there; a wrong name makes nothing.
 */
import { ok, strictEqual, throws } from "node:assert/strict";
import { caseId } from "../conformance/hal/suite/case.ts";
import { isRed } from "../conformance/hal/suite/run.ts";
import { isSubject, SUITES } from "../conformance/hal/suites.ts";
import { BadDriver, isContract, makeDriver } from "./new_driver.ts";

const TREE = decodeURIComponent(new URL("..", import.meta.url).pathname)
  .replace(/\/$/, "");

async function inTree(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "karyon-driver-" });
  try {
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

for (const { contract, run } of SUITES) {
  // Not every contract has a template; there is one at least.
  if (!isContract(contract)) continue;
  Deno.test(`new driver: of ${contract}, type-checks and fails honestly`, () =>
    inTree(async (root) => {
      const paths = makeDriver(root, "new-place/my-disk", contract);
      // Imports lead upwards into the project: written out as the real one's.
      for (const path of paths.filter((one) => one.endsWith(".ts"))) {
        const text = Deno.readTextFileSync(`${root}/${path}`);
        const moved = text.replaceAll(
          /"(?:\.\.\/)+(hal|conformance)\//g,
          `"file://${TREE}/$1/`,
        );
        Deno.writeTextFileSync(`${root}/${path}`, moved);
      }
      const folder = `${root}/drivers/new_place/my_disk`;
      const check = await new Deno.Command("deno", {
        args: [
          "check",
          "--config",
          `${TREE}/deno.json`,
          `${folder}/my_disk_test.ts`,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      strictEqual(check.code, 0, new TextDecoder().decode(check.stderr));
      const module = await import(`file://${folder}/testing/fixture.ts`);
      ok(isSubject(module.subject));
      const { results } = await run(module.subject, {
        seed: 1,
        nowMs: () => 0,
      });
      const verdicts = new Map(
        results.map((one) => [caseId(one), one.verdict]),
      );
      const wrong = results.filter(({ verdict }) => isRed(verdict));
      ok(wrong.length > 10, `only ${wrong.length} cases failed`);
      strictEqual(
        verdicts.get("refusals/read-refuses-length-of-zero-as-misaligned"),
        "passed",
      );
      strictEqual(
        verdicts.get("behaviour/control-what-is-written-is-read"),
        "failed",
      );
    }));
}

Deno.test("new driver: a wrong or taken name makes nothing", () =>
  inTree((root) => {
    for (
      const name of ["", "disk", "a/b/c", "A/b", "../x", "a/testing", "a/b_c"]
    ) throws(() => makeDriver(root, name, "block"), BadDriver, name);
    strictEqual([...Deno.readDirSync(root)].length, 0);
    makeDriver(root, "a/b", "block");
    throws(() => makeDriver(root, "a/b", "block"), /exists already/);
    return Promise.resolve();
  }));
