/**
 * What the device is sent before the first round, in pieces of 64 KiB.
 *
 * Matrices go as they lie in memory; constants of the nodes are computed in f64 and cut into halves
 * on the way.
 */
import { DIFFUSION } from "../iterate";
import { both, inward, Rows, Sums, UNIT, Weights } from "../matrix";
import { Nodes } from "../nodes";
import { FOLLOW, MU, SPRINGS } from "../rows";
import { COPY_OCTETS } from "../tasks";
import { writeOctets } from "./device";
import { highOf, lowOf } from "./halves";
import { bothJobs, inwardJobs, Jobs } from "./jobs";
import {
  BOTH, COLUMNS, CONSTANTS, CONSTS, INWARD, OF_ANCHOR, OF_INVERSE, OF_OUT, OF_PRIOR,
  OF_SPRING, STARTS, VECS, WEIGHTS,
} from "./layout";

/** Parts of each matrix, the constants, and the start. */
const STREAMS: u32 = 4 + 4 + CONSTANTS + 1;
const VALUE_OCTETS: u32 = 8;

let stream: u32 = 0;
let done: u64 = 0;
let isPlain: bool = false;
let volume: f64 = 0;

export function beginSending(plain: bool, whole: f64): void {
  stream = 0;
  done = 0;
  isPlain = plain;
  volume = whole;
}

/** Octets of a part of a matrix on the device. */
export function partOctets(matrix: u32, part: u32): u64 {
  const rows = matrix == INWARD ? inward : both;
  const entries = <u64>rows.start(Nodes.count);
  if (part == STARTS) return (<u64>Nodes.count + 1) * 4;
  if (part == COLUMNS) return entries * 4;
  if (part == WEIGHTS) return Weights.kind == UNIT ? 4 : entries * 4;
  return jobsOf(matrix).octets;
}

function jobsOf(matrix: u32): Jobs {
  return matrix == INWARD ? inwardJobs : bothJobs;
}

function partAt(matrix: u32, part: u32): usize {
  const rows: Rows = matrix == INWARD ? inward : both;
  if (part == STARTS) return rows.starts.at;
  if (part == COLUMNS) return rows.columns.at;
  if (part == WEIGHTS) return rows.weights.at;
  return jobsOf(matrix).list.at;
}

/** Posts one piece; true if it is under way. */
export function sendPiece(): bool {
  if (stream < 8) {
    const matrix = stream < 4 ? INWARD : BOTH;
    const part = stream % 4;
    if (part == WEIGHTS && Weights.kind == UNIT) {
      next();
      return true;
    }
    return sendRaw(matrix + part, partAt(matrix, part), partOctets(matrix, part));
  }
  return sendValues();
}

export function isSent(): bool {
  return stream == STREAMS;
}

function next(): void {
  ++stream;
  done = 0;
}

function sendRaw(buffer: u32, at: usize, octets: u64): bool {
  const count = <u32>min<u64>(COPY_OCTETS, octets - done);
  const piece = new StaticArray<u8>(<i32>count);
  memory.copy(changetype<usize>(piece), at + <usize>done, count);
  if (!writeOctets(buffer, done, piece)) return false;
  done += count;
  if (done == octets) next();
  return true;
}

function sendValues(): bool {
  const which = stream - 8;
  const n = Nodes.count;
  const from = <u32>(done / VALUE_OCTETS);
  const to = min<u32>(n, from + COPY_OCTETS / VALUE_OCTETS);
  const piece = new StaticArray<u8>(<i32>((to - from) * VALUE_OCTETS));
  let at = changetype<usize>(piece);
  for (let i = from; i < to; ++i) {
    const value = which == CONSTANTS ? 1 / <f64>n : constantOf(which, i);
    store<f32>(at, highOf(value));
    store<f32>(at, lowOf(value), 4);
    at += VALUE_OCTETS;
  }
  const first = which == CONSTANTS ? 0 : <u64>which * <u64>n * VALUE_OCTETS;
  if (!writeOctets(which == CONSTANTS ? VECS : CONSTS, first + done, piece)) return false;
  done = <u64>to * VALUE_OCTETS;
  if (to == n) next();
  return true;
}

function constantOf(which: u32, node: u32): f64 {
  const at = <usize>node << 3;
  const degree = load<f64>(Sums.degree + at);
  const mu = MU * Weights.largest;
  if (which == OF_OUT) {
    const out = load<f64>(Sums.out + at);
    return out > 0 ? (isPlain ? 1 : DIFFUSION) * FOLLOW / out : 0;
  }
  if (which == OF_PRIOR) return degree / volume;
  if (which == OF_ANCHOR) return SPRINGS * mu / <f64>Nodes.count / (mu + degree);
  if (which == OF_SPRING) return SPRINGS / (mu + degree);
  if (which == OF_INVERSE) return degree > 0 ? 1 / degree : 0;
  return degree;
}
