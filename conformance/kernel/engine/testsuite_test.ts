/**
 * The modules of the official test suite, rewritten against not rewritten.
 *
 * The suite is not part of this repository; without it the case says so and is
 * ignored. Every call of the rewritten form has a deadline, so a script's endless
 * loops are part of the test.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { ModuleRefusal } from "../../../kernel/engine/rewriter/refusal.ts";
import { type Countdown, Ticker } from "../../../kernel/engine/ticker.ts";
import { startTickerThread } from "../../../kernel/host/ticker_thread.ts";
import { compare } from "./differential.ts";
import { modulesOf } from "./wast.ts";

const FOLDER = new URL(
  "../../../../shared/vectors/wasm-testsuite/",
  import.meta.url,
);

function scripts(): string[] {
  try {
    return [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
      .filter((name) => name.endsWith(".wast")).sort();
  } catch {
    console.log(
      `official suite not compared: ${FOLDER.pathname} is not there, or may not be read`,
    );
    return [];
  }
}

const found = scripts();

/** Adds up what the modules of all scripts gave. */
class Totals {
  modules = 0;
  calls = 0;
  stopped = 0;
  readonly differences: string[] = [];
  readonly refused: string[] = [];

  add(script: string, octets: Uint8Array<ArrayBuffer>, countdown: Countdown) {
    this.modules += 1;
    try {
      const { calls, stopped, differences } = compare(
        octets,
        "trap",
        countdown,
      );
      this.calls += calls;
      this.stopped += stopped;
      this.differences.push(...differences.map((text) => `${script}: ${text}`));
    } catch (error) {
      if (!(error instanceof ModuleRefusal)) throw error;
      this.refused.push(`${script}: ${error.message}`);
    }
  }
}

Deno.test({
  name: "rewriter: modules of the official suite do the same rewritten",
  ignore: found.length === 0,
  fn: async () => {
    const ticker = await Ticker.start(1, startTickerThread);
    const totals = new Totals();
    try {
      for (const script of found) {
        const text = Deno.readTextFileSync(new URL(script, FOLDER));
        for (const module of modulesOf(text)) {
          const octets = await parsed(module);
          if (octets === undefined || !WebAssembly.validate(octets)) continue;
          totals.add(script, octets, ticker.countdowns[0] as Countdown);
        }
      }
    } finally {
      await ticker.stop();
    }
    const { modules, calls, stopped, refused, differences } = totals;
    console.log({ modules, calls, stopped, refused });
    deepStrictEqual(differences, []);
    ok(modules > 1_000 && calls > 10_000, "the suite was found whole");
  },
});

async function parsed(
  text: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await parse(text));
  } catch {
    return undefined;
  }
}
