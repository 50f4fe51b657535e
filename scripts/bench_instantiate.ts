/** Instantiation: from the bytes of a component to the end of its first call. */
import { Effect } from "effect";
import type { Grants } from "../kernel/engine/engine.ts";
import { compileComponent } from "../kernel/engine/v8/compile.ts";
import type { CompileCache } from "../kernel/engine/v8/engine.ts";
import { digestHere, hashOf } from "../kernel/engine/v8/key.ts";
import { encodeRecord } from "../kernel/engine/v8/record.ts";
import { kernelLifecycle } from "../wit/gen/mod.ts";
import { fixedReads, rankComponent, rankGrants } from "./bench_rank_cell.ts";
import {
  figure,
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import {
  type EngineShape,
  LIMITS,
  LONG_MS,
  median,
  valueOf,
  withEngine,
} from "./bench_timing.ts";

const MANUAL = `Measures component bytes to first call, cold and cached.

usage: deno task bench:instantiate [--rounds 9] [--json]

  cold, first component    the compiler's thread starts and loads jco first
  cold, thread running     the next component
  cached                   the compile cache has it; no thread, no jco
  instantiate alone        a further instance of a compiled component
  jco                      the same component, library loaded, on this thread:
                           transpile, evaluate the glue, compile, instantiate
  jco, transpiled before   the same without transpiling
  jco, loading ... once    the first component of this process, at its start

Each includes the first call, lifecycle.start, except "instantiate alone". Each
round has a component of its own, so that V8 cannot reuse code that it has. The
engine itself (its ticker) runs before the clock starts.
`;

/** A component under test; `text` is in its data, in UTF-16, and is changed. */
interface Subject {
  readonly name: string;
  readonly component: Uint8Array;
  readonly text: string;
  readonly grants: Grants;
  readonly goals: boolean;
}

const DIGITS = 6;
const GOAL_COLD_MS = 50;
const GOAL_CACHED_MS = 5;

const COLD_FIRST = "cold, first component";
const COLD = "cold, thread running";
const CACHED = "cached";
const ALONE = "instantiate alone";

let variants = 0;

/** The same component with other text in its data: nobody has seen it yet. */
function variant({ component, text, name }: Subject): Uint8Array {
  const bytes = component.slice();
  const at = indexOf(bytes, utf16(text));
  if (at < 0) throw new Error(`${name} has no text "${text}" in its data`);
  variants += 1;
  bytes.set(utf16(String(variants).padStart(DIGITS, "0")), at);
  return bytes;
}

function utf16(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap((char) => [char.charCodeAt(0), 0]));
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at += 1) {
    if (part.every((octet, index) => bytes[at + index] === octet)) return at;
  }
  return -1;
}

/** Compiles, instantiates, starts: what the kernel does with a component. */
async function toFirstCall(
  engine: EngineShape,
  bytes: Uint8Array,
  grants: Grants,
): Promise<number> {
  const startMs = performance.now();
  const cell = await Effect.runPromise(engine.compile(bytes, LIMITS));
  const instance = Effect.runSync(engine.instantiate(cell, grants, LIMITS));
  const lifecycle = instance.bind(kernelLifecycle);
  const started = valueOf(
    instance.guard(LONG_MS, () => lifecycle.start([], undefined)),
  );
  const ms = performance.now() - startMs;
  if (started.tag === "err") throw new Error(started.val.val);
  instance.dispose();
  return ms;
}

/** A cache that has just this component, as an earlier process left it. */
async function cacheOf(bytes: Uint8Array): Promise<CompileCache> {
  const hash = await hashOf(bytes);
  const record = await compileComponent(bytes, hash, "park");
  const octets = await encodeRecord(record, digestHere);
  const kept = new Map([[record.header.key, octets]]);
  return {
    get: (key) => Promise.resolve(kept.get(key)?.slice()),
    put: () => Promise.reject(new Error("the cache was not hit")),
  };
}

/** Milliseconds of one instance; many, because one is short. */
async function instantiateAlone(
  engine: EngineShape,
  { component, grants }: Subject,
): Promise<number> {
  const COUNT = 50;
  const cell = await Effect.runPromise(engine.compile(component, LIMITS));
  const startMs = performance.now();
  for (let at = 0; at < COUNT; at += 1) {
    Effect.runSync(engine.instantiate(cell, grants, LIMITS)).dispose();
  }
  return (performance.now() - startMs) / COUNT;
}

type Instance = typeof import("../wit/testing/instance.ts");

/** jco on this thread: all of it, and what comes after transpiling. */
async function jco(
  { takeApart, instantiateGlue }: Instance,
  bytes: Uint8Array,
  grants: Grants,
): Promise<{ readonly whole: number; readonly after: number }> {
  const startMs = performance.now();
  const taken = await takeApart(bytes);
  const transpiledMs = performance.now();
  // A module of its own each time, as a new component would have.
  const own = `// ${variants}\n`;
  const files = new Map(taken.files);
  const glueText = new TextDecoder().decode(files.get("cell.js"));
  files.set("cell.js", new TextEncoder().encode(own + glueText));
  const imports = Object.fromEntries(
    [...grants].map(([name, { host }]) => [name.split("@")[0] ?? name, host]),
  );
  const glue = await instantiateGlue({ files }, imports);
  const lifecycle = glue["lifecycle"] as {
    start?: (config: unknown[], previous: undefined) => unknown;
  };
  if (lifecycle.start === undefined) throw new Error("jco has no lifecycle");
  lifecycle.start([], undefined);
  const endMs = performance.now();
  return { whole: endMs - startMs, after: endMs - transpiledMs };
}

async function measure(
  subject: Subject,
  glue: Instance,
  rounds: number,
  startMs?: number,
): Promise<Section> {
  const { name, component, grants, goals } = subject;
  const samples = {
    first: [] as number[],
    cold: [] as number[],
    cached: [] as number[],
    alone: [] as number[],
    whole: [] as number[],
    after: [] as number[],
  };
  for (let round = 0; round < rounds; round += 1) {
    await withEngine({}, async (engine) => {
      const next = () => toFirstCall(engine, variant(subject), grants);
      samples.first.push(await next());
      samples.cold.push(await next());
    });
    const bytes = variant(subject);
    await withEngine({ cache: await cacheOf(bytes) }, async (engine) => {
      samples.cached.push(await toFirstCall(engine, bytes, grants));
    });
    const theirs = await jco(glue, variant(subject), grants);
    samples.whole.push(theirs.whole);
    samples.after.push(theirs.after);
  }
  await withEngine({}, async (engine) => {
    for (let round = 0; round < rounds; round += 1) {
      samples.alone.push(await instantiateAlone(engine, subject));
    }
  });
  const lines: Line[] = [
    { name: COLD_FIRST, value: median(samples.first) },
    { name: COLD, value: median(samples.cold) },
    { name: CACHED, value: median(samples.cached) },
    { name: ALONE, value: median(samples.alone) },
    { name: "jco", value: median(samples.whole), yardstick: "of jco" },
    {
      name: "jco, transpiled before",
      value: median(samples.after),
      yardstick: "of transpiled",
    },
  ];
  if (startMs !== undefined) {
    lines.push({
      name: "jco, loading its library first, once",
      value: startMs,
      yardstick: "of its start",
    });
  }
  return {
    title: `${name}, ${figure(component.length / 1_024)} KiB`,
    unit: "ms",
    lines,
    goals: goals
      ? [
        { line: COLD_FIRST, limit: GOAL_COLD_MS },
        { line: COLD, limit: GOAL_COLD_MS },
        { line: CACHED, limit: GOAL_CACHED_MS },
      ]
      : [],
  };
}

async function main(): Promise<void> {
  const options = readOptions(MANUAL, 9);
  const machine = thisMachine();
  const rank: Subject = {
    name: "the rank cell",
    component: await rankComponent(),
    text: "the vector is over 1 GiB",
    grants: rankGrants(fixedReads(10, 10)),
    goals: false,
  };
  // jco is loaded here for the first time, so this is its cold start.
  const startMs = performance.now();
  const glue = await import("../wit/testing/instance.ts");
  await jco(glue, variant(rank), rank.grants);
  const jcoStartMs = performance.now() - startMs;
  const { benchCells, VARIANT_TEXT } = await import("./bench_cell.ts");
  const small: Subject = {
    name: "a small cell",
    component: (await benchCells()).back,
    text: VARIANT_TEXT,
    grants: new Map(),
    goals: true,
  };
  const sections = [
    await measure(small, glue, options.rounds),
    await measure(rank, glue, options.rounds, jcoStartMs),
  ];
  print("instantiate", machine, options, sections);
}

if (import.meta.main) await main();
