/**
 * The GPU suite in a page: on a worker, since a page's own thread may not wait.
 *
 * Sends its report to the server that it came from.
 */
import { GPU_SUITE } from "../../../conformance/hal/gpu/gpu_suite.ts";
import { runSuite } from "../../../conformance/hal/suite/run.ts";
import { subjectOn } from "../../../drivers/web/gpu/testing/fixture.ts";

const subject = subjectOn(new URL("/held_worker.js", location.href));

async function judged(): Promise<unknown> {
  const absent = await subject.absent?.();
  if (absent !== undefined) return { absent };
  const { results } = await runSuite(GPU_SUITE, subject, {
    seed: 1,
    nowMs: () => performance.now(),
  });
  return { agent: navigator.userAgent, results };
}

const report = await judged().catch((error: unknown) => ({
  broken: String(error),
}));
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
