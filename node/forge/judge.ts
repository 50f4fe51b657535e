/** What a suite said about a component, from the process that ran it. */
import { type Result } from "../../conformance/hal/suite/run.ts";
import { BadAnswer } from "./answer.ts";
import type { Judged, Judgement } from "./judge_process.ts";
import { JUDGE_MS_MAX } from "./limits.ts";
import type { Processes } from "./processes.ts";

export interface Verdict {
  readonly results: ReadonlyArray<Result>;
  /** Cases that the suite has. */
  readonly total: number;
  /** Why not all of them were run. */
  readonly brokenOff?: string;
}

/** Throws `BadAnswer` where the engine does not take the component. */
export async function judged(
  processes: Processes,
  job: Judgement,
): Promise<Verdict> {
  const results: Result[] = [];
  let total = 0;
  const ended = await processes.run<Judged>({
    module: "node/forge/judge_process.ts",
    permissions: [],
    job,
    withinMs: JUDGE_MS_MAX,
    onLine(line) {
      const judged = line as Judged;
      if (!("result" in judged)) return;
      results.push(judged.result);
      total = judged.total;
    },
  });
  const { last } = ended;
  if (last !== undefined && "refused" in last) {
    throw new BadAnswer(`the engine does not take it: ${last.refused}`);
  }
  if (last !== undefined && "end" in last) {
    return last.end === "whole" ? { results, total } : {
      results,
      total,
      brokenOff:
        "calls did not end within their deadline; the rest was not run",
    };
  }
  return {
    results,
    total,
    brokenOff: ended.late
      ? `the suite was not over in ${JUDGE_MS_MAX / 1000} s`
      : `the process that runs it broke off: ${ended.said}`,
  };
}
