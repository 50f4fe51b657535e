/**
 * What a model is told: the contract, the plan, the datasheet, then what failed.
 *
 * A question has the driver as it is now and what is wrong with it, not the way
 * there; so it stays of one size however many attempts there are.
 */
import { join } from "node:path";
import { BLOCK_SUITE } from "../../conformance/hal/block/block_suite.ts";
import { caseId } from "../../conformance/hal/suite/case.ts";
import { promisesOf } from "../../conformance/hal/suite/promise.ts";
import { evidenceOf, placeOf } from "../../conformance/hal/suite/report.ts";
import { isRed } from "../../conformance/hal/suite/run.ts";
import type { Sources } from "./answer.ts";
import type { Message } from "./endpoint.ts";
import type { Verdict } from "./judge.ts";
import { EVIDENCE_CHARS_MAX, FAILURES_TOLD_MAX } from "./limits.ts";
import type { Target } from "./target.ts";

const SYSTEM =
  `You write a device driver in AssemblyScript. It becomes a WebAssembly component
that has only what its contract grants. It is compiled, and put to a conformance
suite on a simulated device; you are told what broke, until nothing does.

Answer with whole files, each as a line and a fenced block:

FILE name.ts
\`\`\`ts
…
\`\`\`

Only files that change need to be there; an empty block removes a file. Names are
plain (lower case, digits, _), .ts, no folder. A file may import "./name",
"./gen/name" (the bindings below, which you cannot change) and
"../../../../cells/sdk/assembly/name". There is nothing else to import: no WASI, no
clock, no console. Never trust what the device writes. Every loop must end.`;

export interface Brief {
  readonly target: Target;
  readonly root: string;
  readonly datasheet: string;
  readonly bindings: Sources;
  readonly skeleton: Sources;
}

/** What is known of the last attempt. */
export interface State {
  readonly files: Sources;
  /** Empty before the first one. */
  readonly feedback: string;
}

export function messagesOf(brief: Brief, state: State): Message[] {
  const first: Message[] = [
    { role: "system", content: SYSTEM },
    { role: "user", content: briefing(brief) },
  ];
  if (state.files.size === 0) {
    return state.feedback === "" ? first : [
      ...first,
      { role: "user", content: state.feedback },
    ];
  }
  return [
    ...first,
    { role: "assistant", content: asFiles(state.files) },
    { role: "user", content: state.feedback },
  ];
}

function briefing(brief: Brief): string {
  const { target, root, datasheet, bindings, skeleton } = brief;
  const read = (path: string) => Deno.readTextFileSync(join(root, path));
  const [plan = ""] = /\/\*\*[^]*?\*\//.exec(read(target.plan)) ?? [];
  const cases = BLOCK_SUITE.cases.map((one) =>
    `- ${caseId(one)} (${one.promise})`
  );
  return [
    `Write a driver of ${target.contract} for ${target.about}.`,
    `# World\n\n${target.wit}`,
    ...target.texts.map((path) => `# ${path}\n\n${read(path)}`),
    `# What the suite does\n\n${plan}\n\n${cases.join("\n")}`,
    `# Bindings\n\n${asFiles(bindings, "gen/")}`,
    `# Skeleton, which compiles and does nothing yet\n\n${asFiles(skeleton)}`,
    `# Datasheet of the device\n\n${datasheet}`,
  ].join("\n\n");
}

/** Files as the model is to write them. */
export function asFiles(files: Sources, folder = ""): string {
  return [...files].map(([name, text]) =>
    `FILE ${folder}${name}\n\`\`\`ts\n${text}\`\`\`\n`
  ).join("\n");
}

/** The first failures, each with the promise that it breaks. */
export function feedbackOf(
  { target, root }: Pick<Brief, "target" | "root">,
  { results, total, brokenOff }: Verdict,
): string {
  const { wit } = BLOCK_SUITE;
  const promises = promisesOf(Deno.readTextFileSync(join(root, wit)));
  const red = results.filter(({ verdict }) => isRed(verdict));
  const told = red.slice(0, FAILURES_TOLD_MAX).map((result) => {
    const { id, claim, promise } = result;
    const words = promises.get(promise)?.text ?? "";
    return `## ${id}\nclaim: ${claim}\npromise (${
      placeOf({ wit, promises }, promise)
    }): ${words}\nevidence: ${evidenceOf(result).slice(0, EVIDENCE_CHARS_MAX)}`;
  });
  const more = red.length - told.length;
  return [
    `The driver compiles, and fails ${red.length} of ${total} cases of ${target.contract}.`,
    ...told,
    ...(more > 0 ? [`and ${more} more.`] : []),
    ...(brokenOff === undefined ? [] : [brokenOff]),
    "Mend it, and answer with the files that change.",
  ].join("\n\n");
}
