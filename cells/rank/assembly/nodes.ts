/**
 * Which particles take part: the endpoints of at least one link.
 *
 * Nodes are numbered from 0 by falling number of links, ties by particle number.
 * So rows of one length stand together, and the values that most rows read share
 * few cache lines; in another order a round takes half as long again. A few links
 * more do not number anew: their new particles come after the known ones.
 * Built in pieces of bounded work.
 */
import { PIECE } from "./limits";
import { Block } from "./pages";
import { Columns, originOf, targetOf } from "./record";

/** Marks a particle that is no node. */
export const NO_NODE: u32 = 0xffffffff;

/** Particles with more links than this are not told apart. */
const BUSIEST: u32 = (1 << 12) - 1;

/** u32 per particle number: link ends, later its node or `NO_NODE`. */
const map = new Block();

// Per number of link ends: how many particles have it, later the next node's number.
const shares = new StaticArray<u32>(<i32>BUSIEST + 1);

export class Nodes {
  /** Particle numbers are below this. */
  static particles: u32 = 0;
  static count: u32 = 0;
  static map: usize = 0;
}

const CLEAR: u32 = 0;
const TOUCH: u32 = 1;
const SHARE: u32 = 2;
const NUMBER: u32 = 3;

let phase: u32 = CLEAR;
let cursor: u32 = 0;
let links: u32 = 0;

/** Starts over for particles numbered below `particles`, by the first `first` links. */
export function beginNodes(particles: u32, first: u32): bool {
  links = first;
  Nodes.particles = particles;
  Nodes.count = 0;
  phase = CLEAR;
  cursor = 0;
  const ok = map.reserve(<u64>particles * 4);
  Nodes.map = map.at;
  return ok;
}

export function dropNodes(): void {
  map.release();
  wider.release();
  Nodes.map = 0;
}

export function nodeOf(particle: u32): u32 {
  return load<u32>(Nodes.map + (<usize>particle << 2));
}

/** One piece; true when the map is complete. */
export function nodesPiece(): bool {
  const end = phase == TOUCH ? links : Nodes.particles;
  const to = min<u32>(cursor + PIECE, end);
  if (phase == CLEAR) clear(cursor, to);
  else if (phase == TOUCH) touch(cursor, to);
  else if (phase == SHARE) share(cursor, to);
  else number(cursor, to);
  cursor = to;
  if (to < end) return false;
  if (phase == SHARE) startShares();
  cursor = 0;
  return phase++ == NUMBER;
}

function clear(from: u32, to: u32): void {
  memory.fill(Nodes.map + (<usize>from << 2), 0, <usize>(to - from) << 2);
  memory.fill(changetype<usize>(shares), 0, (<usize>BUSIEST + 1) << 2);
}

function touch(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const origin = Nodes.map + (<usize>originOf(i) << 2);
    store<u32>(origin, load<u32>(origin) + 1);
    const target = Nodes.map + (<usize>targetOf(i) << 2);
    store<u32>(target, load<u32>(target) + 1);
  }
}

function share(from: u32, to: u32): void {
  let nodes: u32 = 0;
  for (let i = from; i < to; ++i) {
    const ends = nodeOf(i);
    nodes += <u32>(ends != 0);
    shares[min(ends, BUSIEST)] += 1;
  }
  Nodes.count += nodes;
}

/** From how many have a number of link ends to the first of their nodes. */
function startShares(): void {
  let first: u32 = 0;
  for (let ends = BUSIEST; ends > 0; --ends) {
    const count = shares[ends];
    shares[ends] = first;
    first += count;
  }
}

function number(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const at = Nodes.map + (<usize>i << 2);
    const ends = load<u32>(at);
    if (ends == 0) store<u32>(at, NO_NODE);
    else store<u32>(at, shares[min(ends, BUSIEST)]++);
  }
}

// Growing: the wider map, until it takes the place of the map.
const wider = new Block();
let isWide: bool = false;
let firstMore: u32 = 0;
let moreParticles: u32 = 0;

/** Starts to number what links from `first` on name, below `particles`. Known numbers stay. */
export function beginMoreNodes(particles: u32, first: u32): bool {
  isWide = particles <= Nodes.particles;
  cursor = isWide ? first : 0;
  firstMore = first;
  moreParticles = particles;
  return isWide || wider.reserve(<u64>particles * 4);
}

/** One piece; true when the map knows all of them. */
export function moreNodesPiece(): bool {
  if (!isWide) {
    const to = min<u32>(cursor + PIECE, moreParticles);
    widen(cursor, to);
    cursor = to;
    if (to < moreParticles) return false;
    map.adopt(wider);
    Nodes.map = map.at;
    Nodes.particles = moreParticles;
    isWide = true;
    cursor = firstMore;
    return false;
  }
  const to = min<u32>(cursor + PIECE, Columns.links);
  for (let i = cursor; i < to; ++i) {
    numberMore(originOf(i));
    numberMore(targetOf(i));
  }
  cursor = to;
  return to == Columns.links;
}

function widen(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const node = i < Nodes.particles ? nodeOf(i) : NO_NODE;
    store<u32>(wider.at + (<usize>i << 2), node);
  }
}

function numberMore(particle: u32): void {
  const at = Nodes.map + (<usize>particle << 2);
  if (load<u32>(at) == NO_NODE) store<u32>(at, Nodes.count++);
}
