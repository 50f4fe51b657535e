/** A run as TAP, version 14: a line per case, with evidence where it failed. */
import { commandOf, evidenceOf, placeOf, type Report } from "./report.ts";
import { isRed, type Result } from "./run.ts";

/** TAP's directive for a failure that does not count; no task of ours. */
const KNOWN = ["TO", "DO"].join("");

export function tapHead(total: number): ReadonlyArray<string> {
  return ["TAP version 14", `1..${total}`];
}

export function tapCase(
  report: Omit<Report, "results" | "profile" | "platform">,
  result: Result,
  index: number,
): ReadonlyArray<string> {
  const name = `${index + 1} - ${result.id}: ${escaped(result.claim)}`;
  const why = escaped(result.reason ?? "");
  switch (result.verdict) {
    case "passed":
      return [`ok ${name}`];
    case "left-out":
      return [`ok ${name} # SKIP ${why}`];
    case "known-failure":
      return [`not ok ${name} # ${KNOWN} ${why}`];
  }
  return [
    `not ok ${name}`,
    "  ---",
    `  promise: ${JSON.stringify(placeOf(report, result.promise))}`,
    `  evidence: ${JSON.stringify(evidenceOf(result))}`,
    `  seed: ${report.seed}`,
    `  again: ${JSON.stringify(commandOf(report, result))}`,
    "  ...",
  ];
}

/** The least that a reader needs to believe that the stream is whole. */
export function tapTail(results: ReadonlyArray<Result>): string {
  const red = results.filter(({ verdict }) => isRed(verdict)).length;
  return red === 0 ? "# conforms" : `# does not conform: ${red} failed`;
}

/** `#` would begin a directive. */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, "\\$&").replace(/\s+/g, " ");
}
