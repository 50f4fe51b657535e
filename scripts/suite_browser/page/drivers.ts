/**
 * Suites of drivers in a page: they run in a dedicated worker, as drivers do.
 *
 * The worker says first which cases there are, then what became of each, in
 * order; a case that the driver's fixture cannot show is left out with a reason.
 */
import type { Report } from "../report.ts";

/** What the worker tells. */
export type Told =
  | { readonly kind: "plan"; readonly names: readonly string[] }
  | Extract<Report, { kind: "case" }>
  | { readonly kind: "broken"; readonly reason: string };

/** Ends when the last case has; each is told as it ends. */
export async function runDrivers(
  onTold: (told: Told) => Promise<void>,
): Promise<void> {
  // With the page's own wish for more suites.
  const script = new URL(`drivers_worker.js${location.search}`, location.href);
  const worker = new Worker(script, { type: "module" });
  let left: number | undefined;
  let telling = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onerror = ({ message }) =>
        reject(new Error(message || "the drivers' worker did not start"));
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if (data.kind === "broken") return reject(new Error(data.reason));
        left = data.kind === "plan" ? data.names.length : (left ?? 0) - 1;
        telling = telling.then(() => onTold(data));
        if (left === 0) resolve();
      };
    });
    await telling;
  } finally {
    worker.terminate();
  }
}
