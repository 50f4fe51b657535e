/**
 * One run of the suite in one browser: bundled, served, watched, cleaned up.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { goldenRuns } from "../vectors_engine.ts";
import { type Browser, find, start, withGpu } from "./browsers.ts";
import { bundle } from "./bundle.ts";
import { type Expectations, type Report, Unfinished } from "./report.ts";
import { serve } from "./server.ts";

/** No case takes this long; a page that says nothing for so long is stuck. */
const SILENCE_MS_MAX = 120_000;

export interface Wish {
  /** The GPU's suite as well. */
  readonly gpu: boolean;
  /** This one only. */
  readonly suite?: string | undefined;
}

/** Rejects with `Unfinished` if not every page came to its end. */
export async function runSuite(
  browser: Browser,
  { gpu, suite }: Wish,
  onReport: (report: Report) => void,
): Promise<void> {
  await find(browser);
  const query = new URLSearchParams({
    ...(gpu && { gpu: "" }),
    ...(suite !== undefined && { suite }),
  });
  const folder = await Deno.makeTempDir({ prefix: "karyon-browser-" });
  const finished = Promise.withResolvers<void>();
  const fail = (reason: string) => finished.reject(new Unfinished(reason));
  const watch = new Watch(() => fail(`silent for ${SILENCE_MS_MAX / 1_000} s`));
  // Not to leave a browser and its profile behind.
  const interrupted = () => fail("interrupted");
  Deno.addSignalListener("SIGINT", interrupted);
  try {
    const files = await bundle(folder);
    const server = serve(files, await expectations(), (report) => {
      watch.restart();
      onReport(report);
      if (report.kind === "done") finished.resolve();
      if (report.kind === "broken") fail(`the page broke: ${report.reason}`);
    });
    try {
      const running = start(
        gpu ? withGpu(browser) : browser,
        `${folder}/profile`,
        `${server.url}/bare?${query}`,
      );
      watch.restart();
      try {
        await Promise.race([finished.promise, fallen(running.ended)]);
      } finally {
        await running.stop();
      }
    } finally {
      await server.close();
    }
  } finally {
    watch.stop();
    Deno.removeSignalListener("SIGINT", interrupted);
    await remove(folder);
  }
}

/** What this process makes of the golden programs, for the page. */
async function expectations(): Promise<string> {
  const codes: Record<string, string> = {};
  const runs = await goldenRuns((key, octets) => {
    codes[key] = bytesToHex(sha256(octets));
  });
  return JSON.stringify({ runs, codes } satisfies Expectations);
}

async function fallen(ended: Promise<string>): Promise<never> {
  throw new Unfinished(`the browser ended before the suite: ${await ended}`);
}

class Watch {
  readonly #onSilence: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, SILENCE_MS_MAX);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Helpers of a browser may write to its profile a moment longer. */
async function remove(folder: string): Promise<void> {
  for (let tries = 10;; tries--) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((go) => setTimeout(go, 200));
    }
  }
}
