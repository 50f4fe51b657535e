/**
 * The suites in a page: registers them, runs them one after another, and tells.
 *
 * Each report goes to the server that the page came from, and as an event to
 * what draws it (view.js). Cells run on the page's own thread, where nothing may
 * wait; the ticker and the compiler are workers.
 */
import { deepStrictEqual, match, ok, throws } from "node:assert/strict";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Effect, Result } from "effect";
import { engineSuite } from "../../../conformance/kernel/engine/engine_suite.ts";
import type { Register } from "../../../conformance/kernel/engine/fixture.ts";
import { fuelSuite } from "../../../conformance/kernel/engine/fuel_suite.ts";
import { goldenOf } from "../../../conformance/kernel/engine/golden.ts";
import {
  graphProgram,
  rankProgram,
} from "../../../conformance/kernel/engine/golden_cells.ts";
import { partProgram } from "../../../conformance/kernel/engine/golden_part.ts";
import { goldenPrograms } from "../../../conformance/kernel/engine/golden_programs.ts";
import { Engine } from "../../../kernel/engine/engine.ts";
import { v8Engine } from "../../../kernel/engine/v8/engine.ts";
import { v8Threads } from "../../../kernel/host/v8_threads.ts";
import type { Expectations, Report } from "../report.ts";
import { runDrivers } from "./drivers.ts";

const cases: [string, () => Promise<void>][] = [];
/** The only suite that is asked for, if one is. */
const wanted = new URL(location.href).searchParams.get("suite");
const register: Register = (name, body) => {
  if (wanted === null || name.startsWith(`${wanted}: `)) {
    cases.push([name, body]);
  }
};

/** Cases share what is compiled, as in the tests under Deno. */
const entries = new Map<string, Uint8Array>();
const cache = {
  get: (key: string) => Promise.resolve(entries.get(key)?.slice()),
  put: (key: string, octets: Uint8Array) => {
    entries.set(key, octets.slice());
    return Promise.resolve();
  },
};
const metered = v8Engine({ ...v8Threads, cache, mode: "fuel" });

/** A page without isolation has no shared memory, and so no engine. */
function registerBare(): void {
  register(
    "without isolation there is no engine, and it says why",
    async () => {
      const result = await Effect.runPromise(
        Effect.result(
          Effect.provide(Effect.asVoid(Engine), v8Engine(v8Threads)),
        ),
      );
      ok(Result.isFailure(result));
      match(result.failure.message, /isolation.*COOP.*same-origin.*COEP/);
    },
  );
}

async function registerSuites(): Promise<void> {
  engineSuite(
    "engine",
    v8Engine({ ...v8Threads, cache }),
    "deadline",
    register,
  );
  engineSuite("engine with fuel", metered, "fuel", register);
  fuelSuite("engine with fuel", {
    metered: v8Engine({ ...v8Threads, mode: "fuel" }),
    unmetered: v8Engine(v8Threads),
  }, register);
  await registerGolden();
}

async function registerGolden(): Promise<void> {
  const { runs, codes }: Expectations = await fetched("golden.json")
    .then((response) => response.json());
  const built = async (name: string) =>
    new Uint8Array(await (await fetched(`${name}.wasm`)).arrayBuffer());
  const programs = [
    ...await goldenPrograms(),
    rankProgram(await built("rank")),
    partProgram(await built("rank")),
    graphProgram(await built("graph")),
  ];
  register("golden: control: one unit of fuel more is noticed", () => {
    const golden = runs.mill;
    ok(golden !== undefined);
    const { whole } = golden;
    const other = { ...golden, whole: { ...whole, used: whole.used + 1 } };
    throws(() => deepStrictEqual(other, golden), /used/);
    return Promise.resolve();
  });
  for (const program of programs) {
    register(`golden: ${program.name}`, () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const engine = yield* Engine;
          const golden = yield* Effect.promise(() => goldenOf(engine, program));
          deepStrictEqual(golden, runs[program.name]);
        }).pipe(Effect.provide(metered)),
      ));
  }
  register("golden: compiling made the same code of each program", async () => {
    const made: Record<string, string> = {};
    for (const key of Object.keys(codes)) {
      const octets = Uint8Array.from(entries.get(key) ?? []);
      const digest = await crypto.subtle.digest("SHA-256", octets);
      made[key] = bytesToHex(new Uint8Array(digest));
    }
    ok(Object.keys(codes).length > 0);
    deepStrictEqual(made, codes);
  });
}

async function fetched(name: string): Promise<Response> {
  const response = await fetch(new URL(name, location.href));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
}

async function tell(report: Report): Promise<void> {
  dispatchEvent(new CustomEvent("report", { detail: report }));
  const body = JSON.stringify(report);
  await fetch(new URL("report", location.href), { method: "POST", body });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, cause, stack = "" } = error;
  const heading = `${name}: ${message}`;
  // V8 repeats the heading there, others do not.
  const calls = stack.startsWith(heading) ? stack.slice(heading.length) : stack;
  const why = cause === undefined ? "" : `\ncause: ${cause}`;
  return `${heading}${why}\n${calls.trim()}`;
}

async function runAll(): Promise<void> {
  const names = cases.map(([name]) => name);
  await tell({ kind: "plan", agent: navigator.userAgent, names });
  for (const [name, body] of cases) {
    const from = performance.now();
    let error: string | undefined;
    try {
      await body();
    } catch (thrown) {
      error = textOf(thrown);
    }
    const ms = performance.now() - from;
    await tell({
      kind: "case",
      name,
      ms,
      ...(error !== undefined && { error }),
    });
  }
}

const isBare = location.pathname === "/bare";
if (isBare) registerBare();
else await registerSuites();
await runAll();
if (isBare) location.replace(`/suite${location.search}`);
else {
  const agent = navigator.userAgent;
  await runDrivers((told) =>
    tell(told.kind === "plan" ? { ...told, agent } : told)
  );
  await tell({ kind: "done" });
}
