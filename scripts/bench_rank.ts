/** Ranks of large graphs: speed, preemption, increments, memory, beside JavaScript and C. */
import { parseArgs } from "node:util";
import type { CompiledCell } from "../kernel/engine/engine.ts";
import { rankComponent } from "./bench_rank_cell.ts";
import {
  type EdgeList,
  type Kind,
  makeGraph,
  withMore,
} from "./bench_rank_graphs.ts";
import {
  plainDiffusion,
  plainTriKernel,
  type Ran,
  rowFile,
  rowSet,
} from "./bench_rank_plain.ts";
import {
  figure,
  type Line,
  print,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import {
  best,
  compileLarge,
  type Config,
  inC,
  openCell,
  type Settled,
} from "./bench_rank_run.ts";
import { type EngineShape, withEngine } from "./bench_timing.ts";

const MANUAL = `Ranks Kronecker and uniform graphs, as Graph500 makes them.

usage: deno task bench:rank [--scale 16]... [--rounds 3] [--json]

  --scale N    2^N vertices, 16 times as many edges; may be given again (10 to 22)
  --rounds N   each figure is the best of so many runs

Edge-iterations: distinct directed edges times rounds, by time. Whole: from a new
record to a publication with an L1 change below 1e-10, reading and sorting included.
Rounds: the rounds alone. JavaScript and C (gcc -O3, where gcc is found) do the data
model's rounds over rows that are made already; the cell extrapolates and expands
less heat, and its "not extrapolated" does neither the one nor a rough round.
The cell is rewritten to be stopped (mode trap); "not stoppable" is it without.
`;

const MORE = [1, 100, 10_000];
const PLAIN: Config = [["acceleration", "0"]];
const DIFFUSION: Config = [["operators", "diffusion"]];

interface BenchOptions {
  readonly json: boolean;
  readonly rounds: number;
  readonly scales: readonly number[];
}

function benchOptions(): BenchOptions {
  const whole = (text: string, from: number, to: number, name: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : -1;
    if (value >= from && value <= to) return value;
    throw new Error(`--${name} is ${from} to ${to}, not "${text}"`);
  };
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        json: { type: "boolean", default: false },
        rounds: { type: "string", default: "3" },
        scale: { type: "string", multiple: true, default: ["16"] },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(MANUAL);
      Deno.exit(0);
    }
    return {
      json: values.json,
      rounds: whole(values.rounds, 1, 1_000, "rounds"),
      scales: values.scale.map((text) => whole(text, 10, 22, "scale")),
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

/** The cell, with and without the checks that let it be stopped. */
interface Engines {
  readonly trap: EngineShape;
  readonly none: EngineShape;
  readonly trapped: CompiledCell;
  readonly bare: CompiledCell;
}

/** A whole ranking, and the same with one round only: the difference is the rounds. */
interface Ranking {
  readonly whole: Settled;
  readonly roundMs: number;
}

function ranking(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  config: Config,
  rounds: number,
): Ranking {
  const once = (more: Config) => {
    const open = openCell(engine, cell, graph, [...config, ...more]);
    const settled = open.settle();
    open.dispose();
    return settled;
  };
  const whole = best(rounds, () => once([]));
  const first = best(rounds, () => once([["rounds-max", "1"]]));
  return { whole, roundMs: (whole.ms - first.ms) / (whole.rounds - 1) };
}

/** Nanoseconds of an edge-iteration. */
function edgeLine(
  name: string,
  edges: number,
  roundMs: number,
  more: Partial<Line> = {},
): Line {
  const value = roundMs * 1e6 / edges;
  const detail = `${figure(1 / value)} G edge-iterations/s`;
  return { name, value, detail, ...more };
}

function wholeLine(
  name: string,
  { rounds, ms }: Ran,
  more: Partial<Line> = {},
) {
  return { name, value: ms, detail: `${rounds} rounds`, ...more };
}

/** Every figure of one graph. `tell` says what is measured next. */
async function graphSections(
  { trap, none, trapped, bare }: Engines,
  kind: Kind,
  scale: number,
  rounds: number,
  tell: (what: string) => void,
): Promise<Section[]> {
  const name = `${kind} ${scale}`;
  tell(`${name}: making the graph`);
  const graph = makeGraph(kind, scale);
  const edges = graph.origins.length;
  const rows = rowSet(graph);
  tell(`${name}: JavaScript`);
  const plainWalk = best(rounds, () => plainDiffusion(rows));
  const plainWhole = plainTriKernel(rows);
  tell(`${name}: C`);
  const native = await inC(rowFile(rows));
  tell(`${name}: the cell`);
  const walk = ranking(trap, trapped, graph, [...DIFFUSION, ...PLAIN], rounds);
  const bareWalk = ranking(none, bare, graph, [...DIFFUSION, ...PLAIN], rounds);
  const whole = ranking(trap, trapped, graph, [], rounds);
  const bareWhole = ranking(none, bare, graph, [], rounds);
  const exact = ranking(trap, trapped, graph, PLAIN, 1);
  const roundOf = (ran: Ran) => ran.ms / ran.rounds;
  const walks: Line[] = [
    edgeLine("cell", edges, walk.roundMs),
    edgeLine("cell, not stoppable", edges, bareWalk.roundMs),
    edgeLine("JavaScript", edges, roundOf(plainWalk), {
      yardstick: "of JavaScript",
    }),
  ];
  const wholes: Line[] = [
    wholeLine("cell, from the record", whole.whole),
    wholeLine("cell, not stoppable", bareWhole.whole),
    wholeLine("cell, not extrapolated", exact.whole),
    wholeLine("JavaScript, rounds alone", plainWhole, {
      yardstick: "of JavaScript",
    }),
  ];
  if (native !== undefined) {
    walks.push(
      edgeLine("C -O3", edges, roundOf(native[0]), { yardstick: "of C" }),
    );
    wholes.push(
      wholeLine("C -O3, rounds alone", native[1], { yardstick: "of C" }),
    );
  }
  const perLink = whole.whole.memoryOctets / edges;
  const title = `${name}, ${figure(rows.n)} vertices, ${figure(edges)} edges`;
  return [
    {
      title: `Diffusion alone, ns per edge-iteration: ${title}`,
      unit: "ns",
      lines: walks,
    },
    {
      title: `Tri-kernel to 1e-10: ${title}`,
      unit: "ms",
      lines: wholes,
      notes: [
        `the cell's rounds: ${
          figure(edges / whole.roundMs / 1e6)
        } G edge-iterations/s; ` +
        `its memory: ${figure(perLink)} octets per link`,
        ...(native === undefined ? ["gcc was not found"] : []),
      ],
    },
    increments(trap, trapped, graph, name, whole.whole),
  ];
}

/** A settled cell gets more links, against a new cell over all of them. */
function increments(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  name: string,
  whole: Settled,
): Section {
  const lines: Line[] = [{
    ...wholeLine("all anew", whole),
    yardstick: "of all",
  }];
  const open = openCell(engine, cell, graph, []);
  open.settle();
  for (const count of MORE) {
    open.edges.graph = withMore(open.edges.graph, count, count);
    lines.push(wholeLine(`${figure(count)} more`, open.settle()));
  }
  open.dispose();
  return { title: `More links: ${name}`, unit: "ms", lines };
}

async function main(): Promise<void> {
  const options = benchOptions();
  const machine = thisMachine();
  const component = await rankComponent();
  const tell = (what: string) => {
    if (Deno.stderr.isTerminal()) console.error(`  ${what}`);
  };
  const sections = await withEngine(
    { mode: "trap" },
    (trap) =>
      withEngine({ mode: "none" }, async (none) => {
        const engines = {
          trap,
          none,
          trapped: await compileLarge(trap, component),
          bare: await compileLarge(none, component),
        };
        const found: Section[] = [];
        for (const scale of options.scales) {
          for (const kind of ["kronecker", "uniform"] as const) {
            found.push(
              ...await graphSections(
                engines,
                kind,
                scale,
                options.rounds,
                tell,
              ),
            );
          }
        }
        return found;
      }),
  );
  print("rank", machine, options, sections);
}

if (import.meta.main) await main();
