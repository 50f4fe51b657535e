/**
 * A system file wants signed reports about its own drivers: on whole nodes, and with
 * reports as `conform --attest` signs them.
 *
 * Plan: control, a driver with the report is opened; without a conformer in
 * the policy, without a report, with one that is not there, forged, a stranger's, of
 * another driver, of other sources or of another component it does not start, and
 * says which command helps; a cell with a device contract is asked, too; a file that
 * does not say so is asked nothing.
 */
import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { type Composite, platformComposite } from "../kernel/crypto/mod.ts";
import type { System } from "../kernel/manifest/system_file.ts";
import { reportReader } from "./attestation/driver_report.ts";
import { attestationsOf } from "./composition/attestations.ts";
import { keyCommands } from "./composition/keys.ts";
import { conformanceOf } from "./composition/suites.ts";
import { checkReports } from "./local/driver_reports.ts";
import { openTestNode } from "./testing/node.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { systemFile } from "./testing/system_file.ts";

const run = Effect.runPromise;
const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

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
  return await run(attestationsOf(root).attest(dataDir, key, report));
}

async function inRoom(
  body: (room: string, dataDir: string) => Promise<void>,
): Promise<void> {
  const room = await Deno.makeTempDir({ prefix: "karyon-reports-" });
  try {
    const dataDir = `${room}/data`;
    for (const name of ["ada", "tester"]) {
      await run(keyCommands.create(dataDir, name));
    }
    await body(room, dataDir);
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}

async function govern(dataDir: string, conformers: string[]): Promise<void> {
  const policy = await run(keyCommands.makePolicy(dataDir, {
    governors: ["ada"],
    threshold: 1,
    proposers: [],
    conformers,
    reportDays: conformers.length === 0 ? 0 : 1,
  }));
  await Deno.writeTextFile(`${dataDir}/policy.json`, policy);
}

Deno.test("a driver of the file is opened with the report that the policy wants, and not without", () =>
  inRoom(async (room, dataDir) => {
    const wanting = (report?: string) =>
      systemFile(room, (file) => {
        file.reports = "required";
        file.drivers.disk = {
          driver: "deno/block-file",
          config: { "file": "store.block", "capacity-gib": "0.25" },
          ...(report === undefined ? {} : { report }),
        };
      });
    const opened = async (systemFile: string) => {
      const test = await openTestNode({ dataDir, systemFile });
      await test.close();
    };
    // A driver that was let in opens its device, which is none: that is quick.
    Deno.mkdirSync(`${dataDir}/store.block`);
    await govern(dataDir, []);
    await rejects(opened(wanting("disk.json")), {
      message: /"reports": "required", and the policy names nobody/,
      fix: /kernel keys policy --conformer NAME/,
    });
    await govern(dataDir, ["tester"]);
    await rejects(opened(wanting()), {
      message: /\n {2}drivers\.disk: it names no signed report/,
      fix:
        /kernel conform --driver deno\/block-file --attest FILE --key NAME, .*01/,
    });
    await rejects(opened(wanting("disk.json")), {
      message: /drivers\.disk: its report disk\.json is not there/,
    });
    await rejects(opened(wanting("../disk.json")), {
      message: /drivers\.disk\.report: must be a \.json file in the folder/,
    });
    const good = await signedReport(dataDir, "deno/block-file", "tester");
    await Deno.writeTextFile(`${room}/disk.json`, good);
    await rejects(opened(wanting("disk.json")), {
      message: /^the store cannot be opened/,
    });
    const stranger = await signedReport(dataDir, "deno/block-file", "ada");
    await Deno.writeTextFile(`${room}/disk.json`, stranger);
    await rejects(opened(wanting("disk.json")), { message: /no conformer/ });
  }));

Deno.test("a report is about the driver that is here, and nothing else", () =>
  inRoom(async (room, dataDir) => {
    const composite: Composite = await platformComposite();
    const tester = (await run(keyCommands.list(dataDir)))
      .find(({ name }) => name === "tester");
    ok(tester !== undefined);
    const component = builtComponent("virtio-block");
    Deno.writeFileSync(`${room}/driver.wasm`, component);
    Deno.writeFileSync(`${room}/other.wasm`, relabelled(component, "x"));
    for (
      const [name, driver] of [["memory", "memory/block"], [
        "virtio",
        "virtio/block",
      ]]
    ) {
      const text = await signedReport(dataDir, driver ?? "", "tester");
      Deno.writeTextFileSync(`${room}/${name}.json`, text);
      const at = text.length - 40;
      const forged = `${text.slice(0, at)}!${text.slice(at + 1)}`;
      Deno.writeTextFileSync(`${room}/forged.json`, forged);
    }
    /** Why it is refused, if it is. */
    const asked = async (
      parts: Partial<System>,
      more: { sources?: string } = {},
    ) => {
      const system: System = {
        network: "local",
        reports: "required",
        drivers: new Map(),
        cells: new Map(),
        ...parts,
      };
      const answer = await run(Effect.result(checkReports({
        system,
        folder: room,
        rule: { conformers: [tester.id], days: 1 },
        read: reportReader(composite),
        ...more,
      })));
      return answer._tag === "Failure" ? answer.failure.message : "starts";
    };
    const driver = (driver: string, report: string, component?: string) => ({
      drivers: new Map([["disk", {
        name: "disk",
        driver,
        report: `${report}.json`,
        config: new Map(
          component === undefined ? [] : [["component", component]],
        ),
      }]]),
    });
    const virtio = (component: string, report = "virtio") =>
      asked(driver("virtio/block", report, component));

    strictEqual(await asked(driver("memory/block", "memory")), "starts");
    strictEqual(await virtio("driver.wasm"), "starts");
    match(await virtio("other.wasm"), /its report is about 01\w+, not 01/);
    match(await virtio("driver.wasm", "memory"), /about no component, not 01/);
    match(await virtio("driver.wasm", "forged"), /its report says nothing/);
    match(
      await asked(driver("deno/block-file", "memory")),
      /its report is about memory\/block, not deno\/block-file/,
    );
    match(
      await asked(driver("web/timer", "memory")),
      /its report is about memory\/block, not web\/timer/,
    );
    Deno.mkdirSync(`${room}/memory/block`, { recursive: true });
    Deno.writeTextFileSync(`${room}/memory/block/block.ts`, "");
    match(
      await asked(driver("memory/block", "memory"), { sources: room }),
      /its report is about other sources of memory\/block/,
    );

    const cell = (report?: string) =>
      asked({
        cells: new Map([["disk", {
          ...{ name: "disk", component: "driver.wasm", class: "soft" as const },
          ...{ budgetMs: 1, callMs: 1, stepMs: 1, startMs: 1, memoryMib: 1 },
          ...{ checkpointS: undefined, config: [], grants: new Map() },
          ...(report === undefined ? {} : { report }),
        }]]),
      });
    match(await cell(), /cells\.disk: it names no signed report/);
    strictEqual(await cell("virtio.json"), "starts");
    const none: Partial<System> = driver("memory/block", "away");
    match(await asked(none), /is not there/);
    const { reports: _, ...silent } = {
      ...{ network: "local", reports: "required", cells: new Map() },
      ...driver("memory/block", "away"),
    };
    const answer = await run(Effect.result(checkReports({
      system: silent,
      folder: room,
      rule: undefined,
      read: reportReader(composite),
    })));
    strictEqual(answer._tag, "Success", "a file that does not say so");
  }));
