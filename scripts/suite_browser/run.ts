/**
 * One run of the suite in one browser: bundled, served, watched, cleaned up.
 */
import { goldenRuns } from "../vectors_engine.ts";
import { kindOf, start } from "./browsers.ts";
import { bundle } from "./bundle.ts";
import type { Report } from "./report.ts";
import { serve } from "./server.ts";

/** No case takes this long; a page that says nothing for so long is stuck. */
const SILENCE_MS_MAX = 120_000;

/** The page did not come to its end. */
export class Unfinished extends Error {}

export async function runSuite(
  browser: NonNullable<ReturnType<typeof kindOf>>,
  onReport: (report: Report) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "karyon-browser-" });
  const finished = Promise.withResolvers<void>();
  const watch = new Watch(() => {
    finished.reject(new Unfinished(`silent for ${SILENCE_MS_MAX / 1_000} s`));
  });
  try {
    const files = await bundle(folder);
    const golden = JSON.stringify(await goldenRuns());
    const server = serve(files, golden, (report) => {
      watch.restart();
      onReport(report);
      if (report.kind === "done") finished.resolve();
      if (report.kind === "broken") {
        finished.reject(new Unfinished(`the page broke: ${report.reason}`));
      }
    });
    try {
      const running = start(browser, `${folder}/profile`, `${server.url}/bare`);
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
    await remove(folder);
  }
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
