/**
 * A policy wants a signed report before a driver is put in place: on a whole node,
 * with the commands that an operator has, and reports as `conform --attest` signs them.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { attestationsOf } from "./composition/attestations.ts";
import { keyCommands } from "./composition/keys.ts";
import { governanceCommands } from "./composition/proposals.ts";
import { conformanceOf } from "./composition/suites.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { openTestNode } from "./testing/node.ts";

const run = Effect.runPromise;
const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const commands = governanceCommands("system.json");
const ENTRY = new TextEncoder().encode(JSON.stringify({
  class: "soft",
  budget_ms: 1,
  memory_mib: 64,
  grants: {},
}));

/** What `conform` came to on a driver, signed; not the whole suite, which takes long. */
async function signedReport(dataDir: string, driver: string, key: string) {
  const { report } = await conformanceOf(root).run({
    driver,
    contract: undefined,
    expectations: undefined,
    seed: 1,
    only: "refusals/",
    profile: false,
    onResult() {},
  });
  ok(report !== undefined);
  const text = await run(attestationsOf(root).attest(dataDir, key, report));
  return new TextEncoder().encode(text);
}

Deno.test("a driver comes in with the report that the policy wants, and not without", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "karyon-node-" });
  for (const name of ["ada", "tester"]) {
    await run(keyCommands.create(dataDir, name));
  }
  const policy = await run(keyCommands.makePolicy(dataDir, {
    governors: ["ada"],
    threshold: 1,
    proposers: [],
    conformers: ["tester"],
    reportDays: 30,
  }));
  await Deno.writeTextFile(`${dataDir}/policy.json`, policy);
  const test = await openTestNode({ dataDir });
  const component = builtComponent("virtio-block");
  /** Why it would be refused; what the kernel of this test says does not count. */
  const tried = async (
    asked: { cell: string; component: Uint8Array; report?: Uint8Array },
    action: "swap" | "load" = "load",
  ) => {
    const manifest = action === "load" ? { manifest: ENTRY } : {};
    const made = await run(commands.propose(dataDir, {
      action,
      ...asked,
      ...manifest,
      downgrade: false,
    }));
    const { text } = await run(commands.sign(dataDir, made.text, "ada"));
    const files = [
      asked.component,
      ...(action === "load" ? [ENTRY] : []),
      ...(asked.report === undefined ? [] : [asked.report]),
    ];
    const attachment = await run(commands.attachment(text, files));
    const dry = await run(
      Effect.result(test.node.api.dryRun(text, attachment)),
    );
    return dry._tag === "Failure" ? dry.failure.message : "judged";
  };
  try {
    const shown = await run(keyCommands.policy(dataDir));
    strictEqual(shown.reports?.days, 30);
    const disk = { cell: "disk", component };
    match(
      await tried(disk),
      /^no-report at document: disk exports karyon:hal\/block@0\.1\.0, and names/,
    );
    const good = await signedReport(dataDir, "virtio/block", "tester");
    strictEqual(await tried({ ...disk, report: good }), "judged");
    const stranger = await signedReport(dataDir, "virtio/block", "ada");
    match(await tried({ ...disk, report: stranger }), /no conformer$/);
    const other = await signedReport(dataDir, "memory/block", "tester");
    match(
      await tried({ ...disk, report: other }),
      /its report is about no component/,
    );
    match(
      await tried({
        ...disk,
        component: relabelled(component, "x"),
        report: good,
      }),
      /its report is about 01\w+, not 01\w+$/,
    );
    const changed = good.slice();
    changed[changed.length - 40] = 0x41;
    match(await tried({ ...disk, report: changed }), /its report says nothing/);
    const query = relabelled(builtComponent("query"), "x");
    strictEqual(
      await tried({ cell: "query", component: query }, "swap"),
      "judged",
    );
  } finally {
    await test.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});
