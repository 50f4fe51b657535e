/**
 * How the rows of a matrix are shared out among groups.
 *
 * Short rows are by 64 in a row and need no list. A longer row is a job of a group; one of more than 4096
 * entries is several, whose sums another group joins. So a hub with any number of entries
 * keeps no invocation longer than 64 of them.
 */
import { PIECE } from "../limits";
import { both, inward, Rows } from "../matrix";
import { Nodes } from "../nodes";
import { Block } from "../pages";
import { PIECE_ENTRIES, SHORT_ENTRIES } from "./layout";

const JOB_OCTETS: u32 = 16;
const WHOLE: u32 = 0xffffffff;

/** The jobs of one matrix: u32[4] each, those that join behind the others once all are there. */
export class Jobs {
  list: Block = new Block();
  joins: Block = new Block();
  jobs: u32 = 0;
  joined: u32 = 0;
  pieces: u32 = 0;

  get octets(): u32 {
    return max<u32>(1, this.jobs + this.joined) * JOB_OCTETS;
  }
}

export const inwardJobs = new Jobs();
export const bothJobs = new Jobs();

let row: u32 = 0;
let isBoth: bool = false;

export function beginJobs(): bool {
  row = 0;
  isBoth = false;
  return reserve(inwardJobs, inward) && reserve(bothJobs, both);
}

function reserve(jobs: Jobs, rows: Rows): bool {
  jobs.jobs = 0;
  jobs.joined = 0;
  jobs.pieces = 0;
  const entries = <u64>rows.start(Nodes.count);
  const joins = entries / PIECE_ENTRIES + 1;
  const most = entries / (SHORT_ENTRIES + 1) + 2 * joins;
  return jobs.list.reserve((most + joins) * JOB_OCTETS) && jobs.joins.reserve(joins * JOB_OCTETS);
}

export function dropJobs(): void {
  inwardJobs.list.release();
  inwardJobs.joins.release();
  bothJobs.list.release();
  bothJobs.joins.release();
}

/** One piece; true when both lists are whole. */
export function jobsPiece(): bool {
  const to = min<u32>(Nodes.count, row + PIECE / 4);
  const jobs = isBoth ? bothJobs : inwardJobs;
  const starts = (isBoth ? both : inward).starts.at;
  for (; row < to; ++row) {
    const from = load<u32>(starts + (<usize>row << 2));
    const end = load<u32>(starts + (<usize>row << 2), 4);
    if (end - from <= SHORT_ENTRIES) continue;
    if (end - from <= PIECE_ENTRIES) put(jobs.list, jobs.jobs++, from, end, WHOLE);
    else cut(jobs, from, end);
  }
  if (row < Nodes.count) return false;
  memory.copy(
    jobs.list.at + <usize>jobs.jobs * JOB_OCTETS,
    jobs.joins.at,
    <usize>jobs.joined * JOB_OCTETS,
  );
  row = 0;
  if (isBoth) return true;
  isBoth = true;
  return false;
}

/** A row of millions of entries is some hundred jobs: no more than a piece's work. */
function cut(jobs: Jobs, from: u32, end: u32): void {
  const first = jobs.pieces;
  for (let at = from; at < end; at += PIECE_ENTRIES) {
    put(jobs.list, jobs.jobs++, at, min(end, at + PIECE_ENTRIES), jobs.pieces++);
  }
  put(jobs.joins, jobs.joined++, first, jobs.pieces, WHOLE);
}

function put(list: Block, index: u32, from: u32, end: u32, slot: u32): void {
  const at = list.at + <usize>index * JOB_OCTETS;
  store<u32>(at, row);
  store<u32>(at, from, 4);
  store<u32>(at, end, 8);
  store<u32>(at, slot, 12);
}
