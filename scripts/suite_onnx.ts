/**
 * The operator cases of the onnx package on the NPU drivers.
 *
 *   deno task suite:onnx [--driver NAME] [--only TEXT] [--again] [--json]
 *   deno task suite:onnx --vectors
 *
 * The package's own node cases are written to build/onnx by the first Python that
 * has it (Debian: python3-onnx; a fixed seed), and each driver is judged as
 * conformance/hal/npu/onnx/judge.ts says, with the tolerances of ONNX's own runner.
 * Printed: counts by operator where any case did not pass, what is expected with its
 * reason, and every case that is red. Drivers: cpu/npu, deno/npu-onnxruntime (after
 * deno task install:onnxruntime). --vectors stores the cases that the reference
 * passes for the tests. Ends with 1 if anything is red, 2 on a wrong command line,
 * 3 where the package or the library is not there.
 */
import { OPERATORS } from "../hal/npu/evaluate/evaluator.ts";
import { type HostedNpu, NpuNotOpened } from "../hal/hosted/npu_host.ts";
import type { Files, OnnxCase } from "../conformance/hal/npu/onnx/case.ts";
import {
  judge,
  readExpectations,
  type Verdict,
} from "../conformance/hal/npu/onnx/judge.ts";
import { runCase } from "../conformance/hal/npu/onnx/run.ts";
import type { Stored } from "../conformance/hal/npu/onnx/stored.ts";
import { openCpuNpu } from "../drivers/cpu/npu/npu.ts";
import { openOnnxRuntime } from "../drivers/deno/npu_onnxruntime/open.ts";
import { makeCases, NoCases } from "./suite_onnx/python.ts";

const HELP =
  `deno task suite:onnx: the onnx package's operator cases on NPU drivers

  --driver NAME  cpu/npu or deno/npu-onnxruntime; both without it
  --only TEXT    cases whose name has the text
  --again        the cases are generated anew
  --vectors      stores the reference's cases in conformance/vectors/onnx
  --json         one line of JSON for each driver`;

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname)
  .replace(/\/$/, "");
const FOLDER = `${ROOT}/build/onnx`;
const GENERATOR = `${ROOT}/scripts/suite_onnx/generate.py`;
const VECTORS = `${ROOT}/conformance/vectors/onnx/cases.json`;
/** Larger cases are not stored. */
const STORED_OCTETS_MAX = 4096;

interface Driver {
  readonly open: () => HostedNpu;
  readonly operators?: ReadonlySet<string>;
}

const DRIVERS: Readonly<Record<string, Driver>> = {
  "cpu/npu": {
    open: () => openCpuNpu(),
    operators: new Set(OPERATORS.keys()),
  },
  "deno/npu-onnxruntime": { open: () => openOnnxRuntime() },
};

interface Listed {
  readonly onnx: string;
  readonly cases: readonly OnnxCase[];
}

const filesOf = ({ name }: OnnxCase): Files => (file) =>
  Deno.readFileSync(`${FOLDER}/${name}/${file}`);

interface Judged extends Verdict {
  readonly one: OnnxCase;
}

function onDriver(
  name: string,
  { open, operators }: Driver,
  all: Listed,
  only: string,
): Judged[] {
  const path = name.replaceAll("-", "_");
  const expectations = readExpectations(
    Deno.readTextFileSync(`${ROOT}/conformance/expectations/${path}/onnx.json`),
    new Set(all.cases.map((one) => one.name)),
  );
  const known = { expectations, ...(operators && { operators }) };
  const hosted = open();
  try {
    return all.cases.filter((one) => one.name.includes(only)).map((one) => ({
      one,
      ...judge(one, runCase(hosted.npu, one, filesOf(one)), known),
    }));
  } finally {
    hosted.close();
  }
}

const VERDICTS = ["passed", "outside", "absent", "expected", "red"] as const;

function countsOf(judged: readonly Judged[]): Record<string, number> {
  return Object.fromEntries(
    VERDICTS.map((verdict) => [
      verdict,
      judged.filter((each) => each.verdict === verdict).length,
    ]),
  );
}

function report(name: string, judged: readonly Judged[]): void {
  console.log(`\n${name}: ${shown(countsOf(judged))}`);
  const groups = Map.groupBy(
    judged,
    ({ one }) =>
      one.name.endsWith("_expanded")
        ? "(functions, expanded)"
        : one.operators.join(", "),
  );
  for (
    const [operator, some] of [...groups].sort(([a], [b]) => a < b ? -1 : 1)
  ) {
    console.log(`  ${operator.padEnd(28)} ${shown(countsOf(some))}`);
  }
  const expected = Map.groupBy(
    judged.filter(({ verdict }) => verdict === "expected"),
    ({ why }) => why,
  );
  for (const [why, some] of expected) {
    console.log(`  expected: ${why}`);
    for (const { one } of some) console.log(`    ${one.name}`);
  }
  for (const { one, verdict, why } of judged) {
    if (verdict === "red") console.log(`  RED ${one.name} ${why}`);
  }
}

function shown(counts: Record<string, number>): string {
  return Object.entries(counts).filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`).join(", ");
}

/** The cases that the reference passes, as the tests have them. */
function store(judged: readonly Judged[], onnx: string): number {
  const cases = judged.filter(({ verdict }) => verdict === "passed").map((
    { one },
  ) => {
    const names = [...Deno.readDirSync(`${FOLDER}/${one.name}`)]
      .map(({ name }) => name).sort();
    const files = names.map((file) => [file, filesOf(one)(file)] as const);
    const octets = files.reduce((sum, [, { length }]) => sum + length, 0);
    const texts = files.map(([file, octets]) => [file, octets.toBase64()]);
    return { octets, stored: { ...one, files: Object.fromEntries(texts) } };
  }).filter(({ octets }) => octets <= STORED_OCTETS_MAX);
  const stored: Stored = {
    source: `onnx ${onnx}, onnx.backend.test.case.node; ` +
      "Apache-2.0, Copyright (c) ONNX Project Contributors",
    cases: cases.map(({ stored }) => stored),
  };
  Deno.writeTextFileSync(VECTORS, `${JSON.stringify(stored, null, 2)}\n`);
  return cases.length;
}

interface Wishes {
  readonly drivers: readonly string[];
  readonly only: string;
  readonly again: boolean;
  readonly vectors: boolean;
  readonly json: boolean;
}

function wishesOf(args: readonly string[]): Wishes | string {
  const left = [...args];
  let [only, again, vectors, json] = ["", false, false, false];
  let drivers = Object.keys(DRIVERS);
  for (let one = left.shift(); one !== undefined; one = left.shift()) {
    if (one === "--again") again = true;
    else if (one === "--vectors") vectors = true;
    else if (one === "--json") json = true;
    else if (one === "--only") only = left.shift() ?? "";
    else if (one === "--driver") drivers = [left.shift() ?? ""];
    else return `there is no ${one}`;
  }
  const odd = drivers.find((name) => !(name in DRIVERS));
  if (odd !== undefined) {
    return `there is no driver "${odd}"; ${Object.keys(DRIVERS).join(", ")}`;
  }
  if (vectors) drivers = ["cpu/npu"];
  return { drivers, only: vectors ? "" : only, again, vectors, json };
}

async function main(wishes: Wishes): Promise<number> {
  await makeCases({
    generator: GENERATOR,
    folder: FOLDER,
    again: wishes.again,
  });
  const all = JSON.parse(
    Deno.readTextFileSync(`${FOLDER}/cases.json`),
  ) as Listed;
  let isRed = false;
  for (const name of wishes.drivers) {
    const driver = DRIVERS[name];
    if (driver === undefined) continue;
    const judged = onDriver(name, driver, all, wishes.only);
    const red = judged.filter(({ verdict }) => verdict === "red");
    isRed ||= red.length > 0;
    if (wishes.json) {
      const named = red.map(({ one, why }) => ({ case: one.name, why }));
      const counts = countsOf(judged);
      console.log(
        JSON.stringify({ driver: name, onnx: all.onnx, ...counts, named }),
      );
    } else report(name, judged);
    if (wishes.vectors) {
      console.log(`${store(judged, all.onnx)} cases stored in ${VECTORS}`);
    }
  }
  return isRed ? 1 : 0;
}

if (import.meta.main) {
  const wishes = wishesOf(Deno.args);
  if (Deno.args.includes("--help")) console.log(HELP);
  else if (typeof wishes === "string") {
    console.error(`${wishes}\n\n${HELP}`);
    Deno.exit(2);
  } else {
    try {
      Deno.exit(await main(wishes));
    } catch (error) {
      if (!(error instanceof NoCases || error instanceof NpuNotOpened)) {
        throw error;
      }
      console.error(error.message);
      Deno.exit(3);
    }
  }
}
