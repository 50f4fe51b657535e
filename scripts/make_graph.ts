/**
 * Writes a random graph as an edge list, for imports and for other programs.
 *
 *   deno task graph:make --kind kronecker --scale 16 --out build/kron.el
 *
 * The graphs of bench:rank: Kronecker and uniform with the parameters of Graph500. A name
 * that ends with `.wel` gets weights from 1 to 255, as GAP has them. The same
 * seed gives the same octets.
 */
import { parseArgs } from "node:util";
import { chance, type Kind, makeGraph } from "./bench_rank_graphs.ts";

const USAGE = `Writes a random graph as an edge list.

usage: deno task graph:make --out FILE [--kind K] [--scale N] [--seed N]

  --out FILE   in build/; .el without weights, .wel with weights from 1 to 255
  --kind K     kronecker (default) or uniform
  --scale N    2^N vertices, 16 times as many edges drawn (1 to 22, default 16)
  --seed N     1 to 1000000 (default 27)`;

/** Lines of one piece of the file. */
const PIECE_LINES = 1 << 14;
const WEIGHT_MAX = 255;

/** The file in pieces: `from to` or `from to weight` on each line. */
export function* edgeList(
  kind: Kind,
  scale: number,
  seed: number,
  weighted: boolean,
): Generator<string> {
  const { origins, targets } = makeGraph(kind, scale, seed);
  const next = chance(seed + 1);
  let lines: string[] = [];
  for (let i = 0; i < origins.length; i++) {
    const weight = weighted ? ` ${1 + Math.floor(next() * WEIGHT_MAX)}` : "";
    lines.push(`${origins[i]} ${targets[i]}${weight}\n`);
    if (lines.length < PIECE_LINES) continue;
    yield lines.join("");
    lines = [];
  }
  yield lines.join("");
}

function whole(text: string, most: number, name: string): number {
  const value = /^\d{1,7}$/u.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new Error(`--${name} must be an integer from 1 to ${most}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      kind: { type: "string", default: "kronecker" },
      scale: { type: "string", default: "16" },
      seed: { type: "string", default: "27" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const { kind, out } = values;
  if (kind !== "kronecker" && kind !== "uniform") {
    throw new Error("--kind must be kronecker or uniform");
  }
  const isWeighted = out?.endsWith(".wel") ?? false;
  if (out === undefined || !(isWeighted || out.endsWith(".el"))) {
    throw new Error("--out must name a file that ends with .el or .wel");
  }
  const scale = whole(values.scale, 22, "scale");
  const seed = whole(values.seed, 1_000_000, "seed");
  using file = await Deno.open(out, {
    write: true,
    create: true,
    truncate: true,
  });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  let edges = 0;
  for (const piece of edgeList(kind, scale, seed, isWeighted)) {
    await writer.write(encoder.encode(piece));
    edges += piece.split("\n").length - 1;
  }
  console.log(`${out}: ${edges} edges`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(
      `graph:make: ${error instanceof Error ? error.message : error}`,
    );
    console.error("see them all: deno task graph:make --help");
    Deno.exit(2);
  }
}
