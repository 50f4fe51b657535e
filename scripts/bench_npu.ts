/**
 * Runs of models through the NPU driver, beside plain onnxruntime-node.
 *
 *   deno task bench:npu [--rounds 5] [--json]
 *
 * The same library, options and models in one process, in turns: plain in this
 * thread, the driver on its own behind its session. One run at a time, where the
 * figure is the median of all runs and what was added is judged; and 32 together,
 * where it is the time of all by their number. Then what the driver's way is made
 * of, each part by itself.
 */
import { f32, launch } from "../conformance/hal/npu/case.ts";
import { model, single } from "../conformance/hal/npu/encode.ts";
import { loadLibrary } from "../drivers/deno/npu_onnxruntime/library.ts";
import type {
  Library,
  SessionOptions,
} from "../hal/npu/onnxruntime/library.ts";
import type { LibraryTensor } from "../hal/npu/onnxruntime/values.ts";
import { openOnnxRuntime } from "../drivers/deno/npu_onnxruntime/open.ts";
import type { Npu, Tensor, Work } from "../hal/npu_contract.ts";
import { hopLine, wayLines } from "./bench_npu_parts.ts";
import {
  figure,
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import { quantile } from "./bench_timing.ts";

const MANUAL = `usage: deno task bench:npu [--rounds N] [--json]

  --rounds N   how often each takes its turn (default 5)
  --json       one JSON object
`;

const PATIENT_US = 60_000_000n;
const TOGETHER = 32;
const GOAL_US = 10;
/** As the driver has them. */
const OPTIONS: SessionOptions = {
  executionProviders: ["cpu"],
  logSeverityLevel: 4,
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
};

interface Measured {
  readonly title: string;
  readonly octets: Uint8Array;
  readonly inputs: readonly Tensor[];
  /** Runs of one turn. */
  readonly count: number;
  readonly isJudged?: boolean;
}

const ADD = single("Add", [
  { name: "a", shape: ["n"] },
  { name: "b", shape: ["n"] },
], { shape: ["n"] });

/** Two inputs of so many octets each, and one output. */
function adding(title: string, octets: number, count: number): Measured {
  const length = octets / 4;
  const ones = new Float32Array(length).fill(1);
  const inputs = [f32("a", [length], ones), f32("b", [length], ones)];
  return { title, octets: ADD, inputs, count };
}

const WIDTH = 256;

/** A network of three dense layers, 768 KiB of weights. */
function network(count: number): Measured {
  const values = Float32Array.from(
    { length: WIDTH * WIDTH },
    (_, at) => (at % 7 - 3) / WIDTH,
  );
  const layers = [0, 1, 2];
  const octets = model({
    nodes: layers.flatMap((at) => [
      { op: "MatMul", inputs: [`x${at}`, `w${at}`], outputs: [`h${at}`] },
      {
        op: "Relu",
        inputs: [`h${at}`],
        outputs: [at === 2 ? "y" : `x${at + 1}`],
      },
    ]),
    inputs: [{ name: "x0", shape: ["n", WIDTH] }],
    outputs: [{ name: "y", shape: ["n", WIDTH] }],
    constants: layers.map((at) => ({
      name: `w${at}`,
      shape: [WIDTH, WIDTH],
      values,
    })),
  });
  const inputs = [f32("x0", [16, WIDTH], new Array(16 * WIDTH).fill(1))];
  const title = "Three dense layers of 256, 16 rows";
  return { title, octets, inputs, count };
}

const ALL: readonly Measured[] = [
  { ...adding("Sum of 64 octets", 64, 1024), isJudged: true },
  { ...adding("Sum of 4 KiB", 4096, 512), isJudged: true },
  adding("Sum of 64 KiB", 65_536, 256),
  adding("Sum of 1 MiB", 1 << 20, 64),
  network(256),
];

/** Microseconds of each run, or of each of those that were asked together. */
type Turn = (together: number) => Promise<number[]>;

async function plain(
  ort: Library,
  { octets, inputs, count }: Measured,
): Promise<Turn> {
  const session = await ort.InferenceSession.create(octets, OPTIONS);
  const values = inputs.map(({ name, shape, octets }) => ({
    name,
    shape: [...shape],
    data: new Float32Array(octets.slice().buffer),
  }));
  const run = () => {
    const feeds: Record<string, LibraryTensor> = {};
    for (const { name, data, shape } of values) {
      feeds[name] = new ort.Tensor("float32", data, shape);
    }
    return session.run(feeds, ["y"]);
  };
  return async (together) => {
    const took: number[] = [];
    for (let i = 0; i < count; i += together) {
      const begun = performance.now();
      if (together === 1) await run();
      else await Promise.all(Array.from({ length: together }, run));
      took.push((performance.now() - begun) * 1000 / together);
    }
    return took;
  };
}

function driver(npu: Npu, { octets, inputs, count }: Measured): Turn {
  const ask = (work: Work) => {
    const answer = npu.submit(work, PATIENT_US);
    if (answer.tag === "err") throw new Error(answer.val.tag);
  };
  ask({ tag: "load", val: octets });
  const [one] = npu.wait(1, PATIENT_US);
  if (one?.outcome.tag !== "made") throw new Error(one?.outcome.tag);
  const work = launch(one.outcome.val, [...inputs]);
  const settle = () => {
    for (const { outcome } of npu.wait(TOGETHER, PATIENT_US)) {
      if (outcome.tag !== "tensors") throw new Error(outcome.tag);
      left -= 1;
    }
  };
  let left = 0;
  return (together) => {
    const took: number[] = [];
    for (let i = 0; i < count; i += together) {
      const begun = performance.now();
      for (; left < together; left++) ask(work);
      while (left > 0) settle();
      took.push((performance.now() - begun) * 1000 / together);
    }
    return Promise.resolve(took);
  };
}

async function section(
  ort: Library,
  npu: Npu,
  measured: Measured,
  together: number,
  rounds: number,
): Promise<Section> {
  const turns = new Map<string, Turn>([
    ["onnxruntime-node", await plain(ort, measured)],
    ["deno/npu-onnxruntime", driver(npu, measured)],
  ]);
  const took = new Map<string, number[]>();
  // The first turn is to warm.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, turn] of turns) {
      const some = await turn(together);
      if (round > 0) took.set(name, [...took.get(name) ?? [], ...some]);
    }
  }
  const lines: Line[] = [...took].map(([name, all]) => ({
    name,
    value: quantile(all, 0.5),
    detail: `p10 ${figure(quantile(all, 0.1))}, p99 ${
      figure(quantile(all, 0.99))
    }`,
    ...(name === "onnxruntime-node" ? { yardstick: name } : {}),
  }));
  const [theirs, ours] = lines;
  const value = (ours?.value ?? NaN) - (theirs?.value ?? NaN);
  const name = "added per run";
  const isOne = together === 1;
  return {
    title: `${measured.title}, ${
      isOne ? "one at a time" : `${together} together`
    }`,
    unit: "us",
    lines: [...lines, { name, value }],
    ...(measured.isJudged && { goals: [{ line: name, limit: GOAL_US }] }),
  };
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 5);
  const machine = thisMachine();
  const ort = loadLibrary();
  const hosted = openOnnxRuntime();
  const sections: Section[] = [];
  for (const measured of ALL) {
    for (const together of [1, TOGETHER]) {
      const { rounds } = options;
      // More would not fit the driver's queue at once.
      const octets = measured.inputs.reduce(
        (n, one) => n + one.octets.length,
        0,
      );
      if (together > 1 && octets > 65_536) continue;
      sections.push(await section(ort, hosted.npu, measured, together, rounds));
    }
  }
  hosted.close();
  sections.push({
    title: "What the driver's way is made of",
    unit: "us",
    lines: [...await wayLines(64), ...await wayLines(1 << 20), await hopLine()],
    notes: [
      "medians; both threads' parts on one thread, without waiting",
      "the library works in this thread where it is plain: no hop, no copy",
    ],
  });
  print("npu", machine, options, sections);
  Deno.exit(0);
}
