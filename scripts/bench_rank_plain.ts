/**
 * The yardsticks of bench:rank: the same mathematics in plain JavaScript, and in C.
 *
 * Typed arrays, pull along sorted rows, vertices in the cell's order (most links first),
 * unit weights. Rounds are the data model's, without any extrapolation, and the heat
 * has as many terms in each round as its error bound of 1e-12 asks for (13 here). A
 * few rounds from the uniform start are timed: all cost the same. The C program
 * (bench_rank.c) gets the same rows from a file.
 */
import { cpuUsage } from "node:process";
import type { EdgeList } from "./bench_rank_graphs.ts";

const HEAT_TERMS = 13;
const ROUNDS = 5;

/** Milliseconds of one round, and the L1 change of the last one. */
export interface Round {
  readonly ms: number;
  readonly change: number;
}

/** Processor time of this process so far: other processes do not count. */
export function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1_000;
}

/** Who points to each vertex, and the neighbours of each, in rows. */
export interface RowSet {
  readonly n: number;
  readonly inStarts: Uint32Array<ArrayBuffer>;
  readonly inColumns: Uint32Array<ArrayBuffer>;
  readonly allStarts: Uint32Array<ArrayBuffer>;
  readonly allColumns: Uint32Array<ArrayBuffer>;
  readonly out: Float64Array<ArrayBuffer>;
}

function rowsOf(
  n: number,
  rows: readonly Uint32Array[],
  columns: readonly Uint32Array[],
): [Uint32Array<ArrayBuffer>, Uint32Array<ArrayBuffer>] {
  const starts = new Uint32Array(n + 1);
  let count = 0;
  for (const part of rows) {
    for (const row of part) starts[row + 1]! += 1;
    count += part.length;
  }
  for (let i = 0; i < n; i += 1) starts[i + 1]! += starts[i]!;
  const at = starts.slice();
  const found = new Uint32Array(count);
  rows.forEach((part, which) =>
    part.forEach((row, i) => found[at[row]!++] = columns[which]![i]!)
  );
  for (let i = 0; i < n; i += 1) {
    found.subarray(starts[i], starts[i + 1]).sort();
  }
  return [starts, found];
}

export function rowSet({ vertices, origins, targets }: EdgeList): RowSet {
  const ends = new Uint32Array(vertices);
  for (const end of origins) ends[end]! += 1;
  for (const end of targets) ends[end]! += 1;
  const order = Uint32Array.from({ length: vertices }, (_, i) => i)
    .filter((i) => ends[i]! > 0)
    .sort((a, b) => ends[b]! - ends[a]! || a - b);
  const node = new Uint32Array(vertices);
  order.forEach((vertex, i) => node[vertex] = i);
  const from = origins.map((vertex) => node[vertex]!);
  const to = targets.map((vertex) => node[vertex]!);
  const n = order.length;
  const [inStarts, inColumns] = rowsOf(n, [to], [from]);
  const [allStarts, allColumns] = rowsOf(n, [to, from], [from, to]);
  const out = new Float64Array(n);
  for (const vertex of from) out[vertex]! += 1;
  return { n, inStarts, inColumns, allStarts, allColumns, out };
}

/** The rows as the C program reads them: n, edges, neighbours, then the arrays. */
export function rowFile(rows: RowSet): Uint8Array {
  const { n, inStarts, inColumns, allStarts, allColumns, out } = rows;
  const head = Uint32Array.of(n, inColumns.length, allColumns.length, 0);
  const parts = [head, inStarts, inColumns, allStarts, allColumns, out];
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const file = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    file.set(new Uint8Array(part.buffer), at);
    at += part.byteLength;
  }
  return file;
}

function gather(
  starts: Uint32Array,
  columns: Uint32Array,
  x: Float64Array,
  row: number,
): number {
  let sum = 0;
  const end = starts[row + 1]!;
  for (let i = starts[row]!; i < end; i += 1) sum += x[columns[i]!]!;
  return sum;
}

/** Some rounds of `round`, normalised. */
function iterate(
  n: number,
  round: (now: Float64Array, then: Float64Array) => void,
): Round {
  const startMs = cpuMs();
  let now = new Float64Array(n).fill(1 / n);
  let then = new Float64Array(n);
  let change = 0;
  for (let rounds = 1; rounds <= ROUNDS; rounds += 1) {
    round(now, then);
    let mass = 0;
    for (let i = 0; i < n; i += 1) mass += then[i]!;
    change = 0;
    for (let i = 0; i < n; i += 1) {
      then[i]! /= mass;
      change += Math.abs(then[i]! - now[i]!);
    }
    [now, then] = [then, now];
  }
  return { ms: (cpuMs() - startMs) / ROUNDS, change };
}

function diffusionOf(rows: RowSet, share: number) {
  const { n, inStarts, inColumns, allStarts, out } = rows;
  const sent = new Float64Array(n);
  const volume = rows.allColumns.length;
  return (now: Float64Array, then: Float64Array) => {
    let stuck = 0;
    for (let i = 0; i < n; i += 1) {
      if (out[i] === 0) stuck += now[i]!;
      sent[i] = out[i] === 0 ? 0 : now[i]! / out[i]!;
    }
    const back = share * (0.15 + 0.85 * stuck) / volume;
    for (let i = 0; i < n; i += 1) {
      const degree = allStarts[i + 1]! - allStarts[i]!;
      const sum = gather(inStarts, inColumns, sent, i);
      then[i] = back * degree + share * 0.85 * sum;
    }
  };
}

/** Diffusion alone. */
export function plainDiffusion(rows: RowSet): Round {
  return iterate(rows.n, diffusionOf(rows, 1));
}

/** e^-1 I_0(1), then 2 e^-1 I_k(1), scaled to add up to 1. */
function chebyshev(): number[] {
  const found = Array.from({ length: HEAT_TERMS + 1 }, (_, k) => {
    let term = k === 0 ? 1 : 2;
    for (let i = 1; i <= k; i += 1) term *= 0.5 / i;
    let sum = 0;
    for (let m = 1; m <= 30; m += 1) {
      sum += term;
      term *= 0.25 / (m * (m + k));
    }
    return sum;
  });
  const whole = found.reduce((sum, value) => sum + value, 0);
  return found.map((value) => value / whole);
}

/** The whole tri-kernel. */
export function plainTriKernel(rows: RowSet): Round {
  const { n, allStarts, allColumns } = rows;
  const diffuse = diffusionOf(rows, 0.5);
  const factors = chebyshev();
  let last = new Float64Array(n);
  let before = new Float64Array(n);
  const warmth = new Float64Array(n);
  return iterate(n, (now, then) => {
    diffuse(now, then);
    for (let i = 0; i < n; i += 1) {
      const degree = allStarts[i + 1]! - allStarts[i]!;
      const sum = gather(allStarts, allColumns, now, i);
      then[i]! += 0.3 * (1 / n + sum) / (1 + degree);
      last[i] = now[i]! / degree;
      before[i] = 0;
      warmth[i] = factors[0]! * last[i]!;
    }
    for (let k = 1; k <= HEAT_TERMS; k += 1) {
      const scale = k === 1 ? 1 : 2;
      for (let i = 0; i < n; i += 1) {
        const degree = allStarts[i + 1]! - allStarts[i]!;
        const sum = gather(allStarts, allColumns, last, i);
        before[i] = scale * sum / degree - before[i]!;
        warmth[i]! += factors[k]! * before[i]!;
      }
      [last, before] = [before, last];
    }
    for (let i = 0; i < n; i += 1) {
      then[i]! += 0.2 * (allStarts[i + 1]! - allStarts[i]!) * warmth[i]!;
    }
  });
}
