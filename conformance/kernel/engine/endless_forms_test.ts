/** Whatever form an endless program has, it is stopped; its control ends. */
import { ok, strictEqual } from "node:assert/strict";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
} from "../../../kernel/engine/rewriter/rewrite.ts";
import { type Countdown, Ticker } from "../../../kernel/engine/ticker.ts";
import { startTickerThread } from "../../../kernel/host/ticker_thread.ts";
import { FORMS } from "./endless_forms.ts";
import { rewriteFor } from "./wast_store.ts";

const STOP_TICKS = 5;
const AMPLE_TICKS = 60_000;

type Run = (n: number) => void;

async function instance(text: string, countdown: Countdown): Promise<Run> {
  const octets = new Uint8Array(await parse(`(module ${text})`));
  const rewritten = rewriteFor(octets, "trap");
  let run: Run = () => {};
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(rewritten.octets),
    {
      [ENGINE_MODULE]: { [COUNTDOWN_IMPORT]: countdown.memory },
      e: { back: (n: number) => run(n) },
    },
  );
  run = exports.f as Run;
  return run;
}

/** Whether a check ended it; anything else that it throws is thrown. */
function isStopped(countdown: Countdown, ticks: number, run: () => void) {
  const shortened = countdown.enter(ticks);
  try {
    run();
    return false;
  } catch (error) {
    if (!countdown.takeStopped()) throw error;
    ok(error instanceof WebAssembly.RuntimeError);
    return true;
  } finally {
    countdown.leave(shortened);
  }
}

for (const [what, { text, endless, ends }] of Object.entries(FORMS)) {
  Deno.test(`endless: ${what} is stopped, its control ends`, async () => {
    const ticker = await Ticker.start(1, startTickerThread);
    try {
      const countdown = ticker.countdowns[0] as Countdown;
      const run = await instance(text, countdown);
      // Twice: the first run may be in code that is not optimised yet.
      for (let time = 0; time < 2; time++) {
        ok(isStopped(countdown, STOP_TICKS, () => run(endless)));
        strictEqual(isStopped(countdown, AMPLE_TICKS, () => run(ends)), false);
      }
    } finally {
      await ticker.stop();
    }
  });
}
