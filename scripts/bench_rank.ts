/** Ranks of large graphs: speed, preemption, increments, memory, beside JavaScript and C. */
import { parseArgs } from "node:util";
import type { CompiledCell } from "../kernel/engine/engine.ts";
import { rankComponent } from "./bench_rank_cell.ts";
import { besideSection } from "./bench_rank_beside.ts";
import { reachNotes } from "./bench_rank_reach.ts";
import { gpuSections } from "./bench_rank_gpu.ts";
import { hartsSections } from "./bench_rank_harts.ts";
import {
  type EdgeList,
  type Kind,
  makeGraph,
  withMore,
} from "./bench_rank_graphs.ts";
import {
  plainDiffusion,
  plainTriKernel,
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
  roundMs,
  type Settled,
} from "./bench_rank_run.ts";
import { type EngineShape, withEngine } from "./bench_timing.ts";

const MANUAL = `Ranks Kronecker and uniform graphs, as Graph500 makes them.

usage: deno task bench:rank [--scale 16]... [--rounds 3]
                            [--harts 1 | --beside | --gpu] [--json]

  --scale N    2^N vertices, 16 times as many edges; may be given again (10 to 22)
  --rounds N   each figure is the best of so many runs
  --harts N    only one hart against N, on Kronecker graphs, in time that passes;
               and how late a hard cell beside them is
  --beside     only how late the jobs of a hard cell beside a ranking are, and
               without one
  --gpu        only the way by a GPU against one hart and C, in time that passes, where
               WebGPU finds an adapter; the heading names it

All is processor time, so that other programs do not count. An edge-iteration is one
of the distinct directed edges in one round. A whole ranking is from a new record to
a publication with an L1 change below 1e-10, reading and sorting included; a round is
timed alone. How far it is goes to the standard error. JavaScript and C (gcc -O3, where gcc is found) do the data model's
rounds, over rows that are made already. The cell is rewritten to be stopped (mode
trap); "not stoppable" is it without that. More links come to a cell that is
settled, and are published there.
`;

const MORE = [1, 100, 10_000];
/** A ranking that a hard cell runs beside takes some seconds. */
const BESIDE_SCALE = 16;
const PLAIN: Config = [["acceleration", "0"]];

/** Edge-iterations of diffusion that are timed: enough to drown what the rest of a ranking varies by. */
const WALKED_EDGES = 3e8;

/** Diffusion alone, for as many rounds as it is given: no change is below this tolerance. */
const WALKS: Config = [
  ...PLAIN,
  ["operators", "diffusion"],
  ["tolerance", "1e-300"],
];

interface BenchOptions {
  readonly json: boolean;
  readonly gpu: boolean;
  readonly rounds: number;
  readonly harts: number;
  readonly beside: boolean;
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
        harts: { type: "string", default: "1" },
        beside: { type: "boolean", default: false },
        gpu: { type: "boolean", default: false },
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
      gpu: values.gpu,
      rounds: whole(values.rounds, 1, 1_000, "rounds"),
      harts: whole(values.harts, 1, 8, "harts"),
      beside: values.beside,
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

/** The best of some rankings of new cells. */
function ranking(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  config: Config,
  rounds: number,
): Settled {
  return best(rounds, () => {
    const open = openCell(engine, cell, graph, config);
    const settled = open.settle();
    open.dispose();
    return settled;
  });
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

function wholeLine(name: string, settled: Settled, more: Partial<Line> = {}) {
  const detail = `${settled.rounds} rounds`;
  return { name, value: settled.ms, detail, ...more };
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
  const plainWhole = best(rounds, () => plainTriKernel(rows));
  tell(`${name}: C`);
  const native = await inC(rowFile(rows));
  tell(`${name}: the cell, whole rankings`);
  const whole = ranking(trap, trapped, graph, [], rounds);
  const bareWhole = ranking(none, bare, graph, [], rounds);
  tell(`${name}: the cell, rounds`);
  const walks = Math.max(20, Math.round(WALKED_EDGES / edges));
  const walk = (engine: EngineShape, cell: CompiledCell) =>
    roundMs(engine, cell, graph, WALKS, walks);
  const walkLines: Line[] = [
    edgeLine("cell", edges, walk(trap, trapped)),
    edgeLine("cell, not stoppable", edges, walk(none, bare)),
    edgeLine("JavaScript", edges, plainWalk.ms, { yardstick: "of JavaScript" }),
  ];
  const wholes: Line[] = [
    wholeLine("cell, whole ranking", whole),
    wholeLine("cell, whole, not stoppable", bareWhole),
    {
      name: "cell, a round as in the data model",
      value: roundMs(trap, trapped, graph, PLAIN, 8),
    },
    {
      name: "JavaScript, such a round",
      value: plainWhole.ms,
      yardstick: "of JavaScript",
    },
  ];
  if (native !== undefined) {
    const [cWalk, cWhole] = native;
    walkLines.push(edgeLine("C -O3", edges, cWalk.ms, { yardstick: "of C" }));
    wholes.push({
      name: "C -O3, such a round",
      value: cWhole.ms,
      yardstick: "of C",
    });
  }
  const perLink = whole.memoryOctets / edges;
  const title = `${name}, ${figure(rows.n)} vertices, ${figure(edges)} edges`;
  const notes = [
    "the best round of each, not the median; processor time",
    `memory of the cell: ${figure(perLink)} octets per link`,
    ...(native === undefined ? ["gcc was not found"] : []),
  ];
  return [
    {
      title: `Diffusion alone, one edge in one round: ${title}`,
      unit: "ns",
      lines: walkLines,
    },
    {
      title: `Tri-kernel to 1e-10: ${title}`,
      unit: "ms",
      lines: wholes,
      notes,
    },
    increments(trap, trapped, graph, name, whole, tell),
  ];
}

/** A settled cell gets more links, against a new cell over all of them. */
function increments(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  name: string,
  whole: Settled,
  tell: (what: string) => void,
): Section {
  tell(`${name}: more links`);
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
  const notes = [
    "one that repeats an edge gives it a weight of 2: the matrices of equal weights are built anew then",
  ];
  tell(`${name}: how far more links reach`);
  notes.push(...reachNotes(engine, cell, graph, MORE));
  return { title: `More links: ${name}`, unit: "ms", lines, notes };
}

async function main(): Promise<void> {
  const options = benchOptions();
  const machine = thisMachine();
  const component = await rankComponent();
  const tell = (what: string) =>
    console.error(
      `${(performance.now() / 1_000).toFixed(0).padStart(6)} s  ${what}`,
    );
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
          const late = Math.min(scale, BESIDE_SCALE);
          if (options.beside) {
            tell(`kronecker ${late}: a hard cell beside it`);
            found.push(await besideSection(component, late));
            continue;
          }
          if (options.gpu) {
            const { rounds } = options;
            tell(`${scale}: by the GPU`);
            found.push(
              ...await gpuSections(trap, engines.trapped, scale, rounds),
            );
            continue;
          }
          if (options.harts > 1) {
            const { harts, rounds } = options;
            const about = { kind: "kronecker", scale, harts, rounds } as const;
            tell(`kronecker ${scale}: one hart and ${harts}`);
            found.push(
              ...await hartsSections(trap, component, engines.trapped, about),
              await besideSection(component, late),
            );
            continue;
          }
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
