/**
 * Source that wants more than its contract gives, through the real processes.
 *
 * Plan. A component that imports more than the bus; a driver whose writes never
 * end, and whose other calls are the control: they end, and are judged as usual.
 * What the processes may do; that they end with the forge.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { Compiler } from "./compiler.ts";
import { judged } from "./judge.ts";
import { Processes, Stopped } from "./processes.ts";
import { targetOf } from "./target.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/\/$/, "");

const processes = new Processes(ROOT, new AbortController().signal);
const compiler = new Compiler(processes, "block");

function skeleton(
  changes: ReadonlyArray<readonly [string, string, string]>,
): Map<string, string> {
  const target = targetOf("block");
  ok(target !== undefined);
  const files = new Map(target.entries.map((file) => {
    const path = `${ROOT}/${target.skeleton}/${file}.template`;
    return [file, Deno.readTextFileSync(path)];
  }));
  for (const [file, from, to] of changes) {
    const text = files.get(file) ?? "";
    ok(text.includes(from), `${file} has no ${from}`);
    files.set(file, text.replace(from, to));
  }
  return files;
}

const job = (component: Uint8Array, callMs = 60_000) => ({
  ...{ component: component.toBase64(), seed: 1, callMs },
});

/** A disk that is there, whose writes never end. */
const ENDLESS = [
  ["lifecycle.ts", "capacity: u64 = 0", "capacity: u64 = 64 * 4096"],
  ["lifecycle.ts", "transferMax: u32 = 1 << 20", "transferMax: u32 = 8 * 4096"],
  [
    "lifecycle.ts",
    "Result.err<Unit, StartRefusal>(\n" +
    '    StartRefusal.unavailable("not written yet"),\n  )',
    "Result.ok<Unit, StartRefusal>(0)",
  ],
  [
    "block.ts",
    "Result<Unit, Refusal> {",
    "Result<Unit, Refusal> {\n  for (;;) {}",
  ],
] as const;

Deno.test("forge hostile: a loop without end, a component that imports more", async () => {
  const more = Deno.readFileSync(`${ROOT}/build/cells/rank.wasm`);
  const [endless, taken] = await Promise.allSettled([
    compiler.compile(skeleton(ENDLESS)).then((component) =>
      judged(processes, { ...job(component, 200), only: "behaviour/" })
    ),
    judged(processes, job(more)),
  ]);
  ok(endless.status === "fulfilled", String(Object(endless).reason));
  const { results, brokenOff } = endless.value;
  ok(brokenOff?.includes("deadline"), brokenOff);
  const fails = (part: string) =>
    results.some(({ evidence }) => evidence?.includes(part));
  ok(fails("the driver broke off"), JSON.stringify(results));
  ok(fails("not written yet"), "control: what does end is judged as usual");
  ok(taken.status === "rejected");
  strictEqual(taken.reason.name, "BadAnswer");
  ok(taken.reason.message.includes("the engine does not take it"));
});

Deno.test("forge hostile: the processes may read the program, and no more", async () => {
  const ended = await processes.run<Record<string, string>>({
    module: "node/forge/testing/rights.ts",
    ...{ permissions: [], job: {}, withinMs: 60_000 },
  });
  deepStrictEqual(ended.last, {
    ...{ read: "prompt", write: "prompt", net: "prompt", run: "prompt" },
    ...{ env: "denied", ffi: "prompt", own: "granted" },
  });
});

Deno.test("forge hostile: told to stop, nothing is left running", async () => {
  const stop = new AbortController();
  const running = new Processes(ROOT, stop.signal).run({
    module: "node/forge/testing/rights.ts",
    ...{ permissions: [], job: { wait: true }, withinMs: 60_000 },
  });
  stop.abort();
  await rejects(running, Stopped);
});
