/**
 * The driver template, in a tree of its own beside links to the real one.
 *
 * Plan: a new driver type-checks; its suite runs and says what is left: what is
 * refused is right, what is accepted is not there; a wrong name makes nothing.
 */
import { ok, strictEqual, throws } from "node:assert/strict";
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

Deno.test("new driver: of every contract, type-checks and fails honestly", () =>
  inTree(async (root) => {
    const made = SUITES.map(({ contract, run }) => {
      ok(isContract(contract), `no template for ${contract}`);
      const paths = makeDriver(root, `new-place/my-${contract}`, contract);
      for (const path of paths) outwards(`${root}/${path}`);
      const folder = `${root}/drivers/new_place/my_${contract}`;
      return { run, folder, test: `${folder}/my_${contract}_test.ts` };
    });
    const check = await new Deno.Command("deno", {
      args: [
        "check",
        "--config",
        `${TREE}/deno.json`,
        ...made.map(({ test }) => test),
      ],
      env: { NO_COLOR: "1" },
    }).output();
    strictEqual(check.code, 0, new TextDecoder().decode(check.stderr));
    for (const { run, folder } of made) {
      const module = await import(`file://${folder}/testing/fixture.ts`);
      ok(isSubject(module.subject));
      const { results } = await run(module.subject, {
        seed: 1,
        nowMs: () => 0,
      });
      const passed = results.filter(({ verdict }) => verdict === "passed");
      ok(results.filter(({ verdict }) => isRed(verdict)).length > 10);
      // What needs no device is right from the beginning.
      ok(passed.some(({ group }) => group === "refusals"));
      ok(!passed.some(({ claim }) => claim.startsWith("control")));
    }
  }));

/** Imports that lead upwards into the project are written out as the real one's. */
function outwards(path: string): void {
  if (!path.endsWith(".ts")) return;
  const text = Deno.readTextFileSync(path);
  const moved = text.replaceAll(
    /"(?:\.\.\/)+(hal|conformance)\//g,
    `"file://${TREE}/$1/`,
  );
  Deno.writeTextFileSync(path, moved);
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
