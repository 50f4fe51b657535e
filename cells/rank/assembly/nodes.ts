/**
 * Which particles take part: the endpoints of at least one link.
 *
 * Nodes are numbered from 0 in the order of the graph's particle numbers, so
 * an order by node is an order by particle. Built in pieces of bounded work.
 */
import { CHUNK_LINKS, PIECE } from "./limits";
import { Block } from "./pages";
import { Columns, originOf, targetOf } from "./record";

/** Marks a particle that is no node. */
export const NO_NODE: u32 = 0xffffffff;

/** u32 per particle number: its node, or `NO_NODE`. */
const map = new Block();

export class Nodes {
  /** Particle numbers are below this. */
  static particles: u32 = 0;
  static count: u32 = 0;
  static map: usize = 0;
}

let phase: u32 = 0;
let cursor: u32 = 0;

/** Starts over for particles numbered below `particles`. */
export function beginNodes(particles: u32): bool {
  Nodes.particles = particles;
  Nodes.count = 0;
  phase = 0;
  cursor = 0;
  const ok = map.reserve(<u64>particles * 4);
  Nodes.map = map.at;
  return ok;
}

export function dropNodes(): void {
  map.release();
  Nodes.map = 0;
}

export function nodeOf(particle: u32): u32 {
  return load<u32>(Nodes.map + (<usize>particle << 2));
}

/** One piece; true when the map is complete. */
export function nodesPiece(): bool {
  if (phase == 1) return markPiece();
  const end = min<u32>(cursor + PIECE * 2, Nodes.particles);
  if (phase == 0) {
    memory.fill(
      Nodes.map + (<usize>cursor << 2),
      0,
      <usize>(end - cursor) << 2,
    );
  } else {
    number(cursor, end);
  }
  cursor = end;
  if (end < Nodes.particles) return false;
  cursor = 0;
  return phase++ == 2;
}

function markPiece(): bool {
  const end = min<u32>(cursor + PIECE, Columns.links);
  const table = Nodes.map;
  for (let i = cursor; i < end; ++i) {
    store<u32>(table + (<usize>originOf(i) << 2), 1);
    store<u32>(table + (<usize>targetOf(i) << 2), 1);
  }
  cursor = end;
  if (end < Columns.links) return false;
  cursor = 0;
  phase = 2;
  return false;
}

function number(from: u32, to: u32): void {
  let next = Nodes.count;
  for (let i = from; i < to; ++i) {
    const at = Nodes.map + (<usize>i << 2);
    store<u32>(at, load<u32>(at) != 0 ? next++ : NO_NODE);
  }
  Nodes.count = next;
}

if (CHUNK_LINKS % PIECE != 0) abort("a piece stays in one chunk");
