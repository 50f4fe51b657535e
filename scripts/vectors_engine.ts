/**
 * Makes the golden runs of the engine: conformance/vectors/engine/golden.json.
 *
 *   deno run --allow-read=. --allow-write=conformance --ignore-env scripts/vectors_engine.ts
 *
 * Computed on V8 under Deno; `kernel/engine/v8/golden_test.ts` compares, and
 * `deno task suite:browser` does so in browsers. A run changes the file only
 * when the fuel rule (FUEL.md), a program or a built cell has changed.
 */
import { Effect } from "effect";
import {
  type Golden,
  goldenOf,
  type Program,
} from "../conformance/kernel/engine/golden.ts";
import {
  graphProgram,
  rankProgram,
} from "../conformance/kernel/engine/golden_cells.ts";
import { partProgram } from "../conformance/kernel/engine/golden_part.ts";
import { goldenPrograms } from "../conformance/kernel/engine/golden_programs.ts";
import { Engine } from "../kernel/engine/engine.ts";
import { v8Engine } from "../kernel/engine/v8/engine.ts";
import { v8Threads } from "../kernel/host/v8_threads.ts";

const FILE = new URL(
  "../conformance/vectors/engine/golden.json",
  import.meta.url,
);
const ABOUT = "What each program does on an engine that meters: hash of its " +
  "answer, fuel used, end and memory, with plenty of fuel and with less. " +
  "Hashes are SHA-256; `component` is the cell's identity (BLAKE3).";

export type GoldenRuns = Readonly<Record<string, Golden>>;

/** Takes the code that the engine made of a component, under its key. */
export type TakeCode = (key: string, octets: Uint8Array) => void;

/** Every golden run, computed by the engine of this process. */
export async function goldenRuns(
  takeCode: TakeCode = () => {},
): Promise<GoldenRuns> {
  const cache = {
    get: () => Promise.resolve(undefined),
    put: (key: string, octets: Uint8Array) =>
      Promise.resolve(takeCode(key, octets)),
  };
  const built = (name: string) =>
    Deno.readFile(new URL(`../build/cells/${name}.wasm`, import.meta.url));
  const programs: readonly Program[] = [
    ...await goldenPrograms(),
    rankProgram(await built("rank")),
    partProgram(await built("rank")),
    graphProgram(await built("graph")),
  ];
  const runs: Record<string, Golden> = {};
  await Effect.runPromise(
    Effect.gen(function* () {
      const engine = yield* Engine;
      for (const program of programs) {
        runs[program.name] = yield* Effect.promise(() =>
          goldenOf(engine, program)
        );
      }
    }).pipe(Effect.provide(v8Engine({ ...v8Threads, cache, mode: "fuel" }))),
  );
  return runs;
}

if (import.meta.main) {
  const text = JSON.stringify(
    { about: ABOUT, runs: await goldenRuns() },
    null,
    2,
  );
  await Deno.writeTextFile(FILE, `${text}\n`);
}
