/**
 * The official core test suite on V8, plain and rewritten in every mode.
 *
 *   deno task suite:wasm [PATH] [--only=PART-OF-A-NAME]
 *
 * PATH is a folder of .wast scripts; ../shared/vectors/wasm-testsuite if none is
 * named. Where it is absent this says so and ends well: nothing was tested.
 *
 * Ends with 1 if a rewritten module does anything else than the plain one, or a
 * script could not be run to its end.
 */
import {
  endless,
  runsOn,
  type Stopped,
  stopsOf,
} from "../conformance/kernel/engine/endless.ts";
import type { CheckMode } from "../kernel/engine/rewriter/checks.ts";
import type { Mode } from "../conformance/kernel/engine/wast_store.ts";
import { ScriptRun, Tally } from "../conformance/kernel/engine/wast_run.ts";
import { startTickerThread } from "../kernel/host/ticker_thread.ts";
import { type Countdown, Ticker } from "../kernel/engine/ticker.ts";

const DEFAULT = new URL(
  "../../shared/vectors/wasm-testsuite/",
  import.meta.url,
).pathname;
/** Of the part that makes loops endless. */
const STOP_BOUNDS = { callMs: 1, fuel: 1_000_000n };
/** For who was stopped because this thread stood still for a tick. */
const AGAIN_MS = 500;
/** A call may be late because other processes run; it must not run on. */
const LATE_MS_MAX = 1_000;
const CONTROLS = 3;
const CONTROL_MS = 500;

const MODES: readonly Mode[] = ["plain", "none", "trap", "park", "fuel"];

/**
 * Differences that are meant. Each must occur, or the list is out of date.
 *
 * A module that fails while it is instantiated may leave functions in a table
 * that it shares. With fuel they never run: nobody got the exports by which to
 * give any. No cell meets this, because a cell shares no table.
 */
const EXPECTED: readonly string[] = [
  "fuel: linking.wast:410: values i32:0, rewritten trap unreachable",
  "fuel: linking.wast:423: values i32:0, rewritten trap unreachable",
  "fuel: linking0.wast:42: values i32:0, rewritten trap unreachable",
];

/** Scripts in the folder and in `threads` below it, sorted. */
function scriptsIn(folder: string): string[] {
  const names: string[] = [];
  for (const part of ["", "threads/"]) {
    try {
      for (const { name } of Deno.readDirSync(`${folder}/${part}`)) {
        if (name.endsWith(".wast")) names.push(part + name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return names.sort();
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0);
}

function print(mode: Mode, tally: Tally): void {
  const { held, broken, refused, differences } = tally;
  console.log(`\n${mode}`);
  console.log(
    `  ${tally.modules} modules, ${tally.modulesRefused} refused; ` +
      `${sum(held)} held, ${broken.length} not as the script says, ` +
      `${sum(refused)} not asked (refused), ${differences.length} differences`,
  );
  for (const [kind, count] of [...held].sort()) {
    console.log(`  ${String(count).padStart(6)} ${kind}`);
  }
}

function printList(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  console.log(`\n${title}`);
  for (const line of lines) console.log(`  ${line}`);
}

/** What became of the modules whose loops were made endless. */
class Stops {
  modules = 0;
  loops = 0;
  readonly calls = new Map<CheckMode, number>();
  readonly stopped = new Map<CheckMode, Stopped[]>();
  readonly wrong: string[] = [];

  add(script: string, octets: Uint8Array, countdown: Countdown): void {
    const spun = endless(octets);
    if (spun.loops === 0) return;
    this.modules += 1;
    this.loops += spun.loops;
    if (!WebAssembly.validate(spun.octets)) {
      this.wrong.push(`${script}: endless loops made it invalid`);
      return;
    }
    const met = (mode: "trap" | "fuel", callMs = STOP_BOUNDS.callMs) => {
      const bounds = { ...STOP_BOUNDS, callMs };
      const got = stopsOf(spun, mode, countdown, bounds);
      return {
        ...got,
        fields: got.stopped.map(({ field }) => field).join(" "),
      };
    };
    const [trap, fuel] = [met("trap"), met("fuel")];
    for (const [mode, got] of [["trap", trap], ["fuel", fuel]] as const) {
      const all = this.stopped.get(mode) ?? [];
      this.stopped.set(mode, [...all, ...got.stopped]);
      this.calls.set(mode, (this.calls.get(mode) ?? 0) + got.calls);
    }
    // Which calls meet a loop does not depend on how they are stopped.
    if (trap.fields === fuel.fields) return;
    const again = met("trap", AGAIN_MS).fields;
    if (again === fuel.fields) return;
    this.wrong.push(`${script}: stopped ${again}, with fuel ${fuel.fields}`);
  }

  async report(): Promise<readonly string[]> {
    console.log(
      `\n${this.loops} loops in ${this.modules} modules, made endless`,
    );
    for (const [mode, stopped] of this.stopped) {
      const took = stopped.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
      const at = (part: number) =>
        (took[Math.floor(part * (took.length - 1))] ?? 0).toFixed(1);
      console.log(
        `  ${mode}: ${this.calls.get(mode)} calls, ${took.length} met a loop ` +
          `and were stopped; after ${at(0.5)} ms (median), ${at(0.99)} ms ` +
          `(99 of 100), ${at(1)} ms (all)`,
      );
      const late = took.filter((one) => one > LATE_MS_MAX).length;
      if (late > 0) this.wrong.push(`${mode}: ${late} stopped too late`);
    }
    const controls = (this.stopped.get("trap") ?? [])
      .filter(({ octets, field }) =>
        field !== "" &&
        WebAssembly.Module.imports(new WebAssembly.Module(octets)).length === 0
      ).slice(0, CONTROLS);
    for (const control of controls) {
      if (await runsOn(control, CONTROL_MS)) continue;
      this.wrong.push(`control: ${control.field} ended without being stopped`);
    }
    console.log(
      `  control: ${controls.length} of them, not rewritten, still ran after ` +
        `${CONTROL_MS} ms, as they must`,
    );
    return this.wrong;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const only = args.find((arg) => arg.startsWith("--only="))?.slice(7) ?? "";
  const folder = args.find((arg) => !arg.startsWith("-")) ?? DEFAULT;
  const scripts = scriptsIn(folder).filter((name) => name.includes(only));
  if (scripts.length === 0) {
    console.log(`nothing was tested: there are no .wast scripts in ${folder}`);
    return 0;
  }
  const tallies = new Map(MODES.map((mode) => [mode, new Tally()]));
  const failed: string[] = [];
  const stops = new Stops();
  const ticker = await Ticker.start(1, startTickerThread);
  try {
    for (const script of scripts) {
      const text = Deno.readTextFileSync(`${folder}/${script}`);
      const countdown = ticker.countdowns[0] as Countdown;
      const run = new ScriptRun(script, text, tallies, countdown);
      try {
        await run.run();
        for (const octets of run.modules) stops.add(script, octets, countdown);
      } catch (error) {
        failed.push(`${script}: ${error}`);
      }
    }
  } finally {
    await ticker.stop();
  }
  console.log(`${scripts.length} scripts of ${folder}`);
  const differences: string[] = [];
  for (const [mode, tally] of tallies) {
    print(mode, tally);
    differences.push(...tally.differences.map((text) => `${mode}: ${text}`));
  }
  const reasons = new Map<string, number>();
  for (const { refused } of tallies.values()) {
    for (const [reason, count] of refused) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
  }
  printList(
    "Refused, and how often in all modes",
    [...reasons].map(([reason, count]) => `${count} ${reason}`),
  );
  printList(
    "V8 itself, not as the script says",
    tallies.get("plain")?.broken ?? [],
  );
  printList("Scripts that were not run to their end", failed);
  const isMeant = (text: string) => EXPECTED.includes(text);
  printList("Differences that are meant", differences.filter(isMeant));
  const bad = differences.filter((text) => !isMeant(text));
  // Of a part of the suite, or another one, the list proves nothing.
  const gone = only === "" && folder === DEFAULT
    ? EXPECTED.filter((text) => !differences.includes(text))
    : [];
  const wrong = await stops.report();
  printList("LOOPS", wrong);
  printList("DIFFERENCES", bad);
  printList("MEANT, BUT GONE", gone);
  return bad.length + gone.length + failed.length + wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
