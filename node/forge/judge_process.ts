/**
 * The process that judges: it puts one component to a suite, on a simulated bus.
 *
 * The component is octets from the job; it runs as a cell that is granted the
 * bus and nothing else, each call with a deadline, in a process that may read
 * the program's folder and nothing more. Each result is a line.
 */
import { BLOCK_SUITE } from "../../conformance/hal/block/block_suite.ts";
import { type Result, runSuite } from "../../conformance/hal/suite/run.ts";
import { simulated } from "../../drivers/virtio/block/testing/fixture.ts";
import { EngineRefusal } from "../../kernel/engine/engine.ts";
import { DEADLINES_MAX, SAID_OCTETS_MAX } from "./limits.ts";
import { readJson, reply } from "./process_io.ts";

export interface Judgement {
  /** Base64. */
  readonly component: string;
  readonly seed: number;
  /** Only the cases whose id has this in it. */
  readonly only?: string;
  /** Longest that one call of the driver may take. */
  readonly callMs: number;
}

export type Judged =
  | { readonly result: Result; readonly total: number }
  | { readonly end: "whole" | "too slow" }
  /** The engine does not take it. */
  | { readonly refused: string };

class TooSlow extends Error {}

async function judge(
  { component, seed, only, callMs }: Judgement,
): Promise<Judged> {
  const subject = simulated(undefined, {
    component: Uint8Array.fromBase64(component),
    callMs,
  });
  let late = 0;
  try {
    // Compiles it: what the engine refuses is no failure of sixty cases.
    await (await subject.make()).dispose();
  } catch (error) {
    if (error instanceof EngineRefusal) {
      await subject.end?.();
      return { refused: error.message };
    }
    // It does not start; every case says so.
  }
  try {
    await runSuite(BLOCK_SUITE, subject, {
      seed,
      only,
      nowMs: () => performance.now(),
      onResult(result, _, total) {
        reply({ result, total } satisfies Judged);
        if (result.ms >= callMs) late++;
        if (late >= DEADLINES_MAX) throw new TooSlow();
      },
    });
  } catch (error) {
    if (!(error instanceof TooSlow)) throw error;
    return { end: "too slow" };
  }
  return { end: "whole" };
}

if (import.meta.main) {
  const line = await judge(await readJson<Judgement>(SAID_OCTETS_MAX));
  reply(line);
  Deno.exit(0);
}
