/**
 * Particles out of a checkpoint: which axons are bare, and their first links.
 *
 * A row of the checkpoint does not say which link made an axon, nor whether
 * something touches it. Both follow from the links once they are read: numbers
 * are given in the order of first appearance, so an axon that a link brought
 * is the next number that nobody had. Until then the ends are kept where
 * `links` will have chains.
 */
import { reserve } from "../../sdk/assembly/pages";
import { RESERVED } from "../../sdk/assembly/slots";
import { LINK_FROM, LINK_TO, links, OLDER_IN, OLDER_OUT } from "./link_table";
import { particles } from "./particles";

// An entry, while it is read: bare and its place among the kept ends; later
// its first link, and whether something touches it.
const BARE: u32 = 1 << 31;
const BOUND: u32 = 1 << 30;
const TOUCHED: u32 = 1 << 29;
const INDEX: u32 = TOUCHED - 1;

let linksAll: u32 = 0;
let allHaveRows: bool = false;
let keptEnds: u32 = 0;
/** Numbers below are those of links that were seen, or of key bundles. */
let nextNumber: u32 = 0;

/**
 * Begins to read; `links` are prepared. With `late` axons the ends of an axon
 * may be of a later record, so nothing can be made of them: all get rows.
 */
export function beginParticles(linkCount: u32, late: u32): void {
  linksAll = linkCount;
  allHaveRows = late > 0;
  keptEnds = 0;
  nextNumber = 0;
}

/** Takes digest and ends + 1 at `from`; false where the memory has no room. */
export function readParticle(particle: u32, from: usize): bool {
  const origin = load<u32>(from, 32);
  const target = load<u32>(from, 36);
  // An end that has a later number did not come with it.
  const bare = !allHaveRows && origin != 0 && origin <= particle &&
    target != 0 && target <= particle && keptEnds < linksAll;
  if (!reserve(RESERVED) || !particles.adopt(particle, from, bare)) return false;
  if (!bare) {
    particles.addRow(particle, from, origin, target);
    return true;
  }
  const ends = links.at(keptEnds);
  store<u32>(ends, origin - 1, OLDER_OUT);
  store<u32>(ends, target - 1, OLDER_IN);
  particles.setEntry(particle, BARE | keptEnds++);
  return true;
}

/** Finds the axon that the link has brought, and notes what it touches. */
export function bindAxon(link: u32, count: u32): void {
  const row = links.at(link);
  const from = load<u32>(row, LINK_FROM);
  const to = load<u32>(row, LINK_TO);
  touch(from);
  touch(to);
  nextNumber = max(nextNumber, max(from, to) + 1);
  // Between two appends there may be numbers of key bundles.
  while (nextNumber < count && !waits(nextNumber)) nextNumber++;
  if (nextNumber == count) return;
  const ends = links.at(particles.entry(nextNumber) & INDEX);
  const meets = load<u32>(ends, OLDER_OUT) == from &&
    load<u32>(ends, OLDER_IN) == to;
  if (!meets) return;
  particles.setEntry(nextNumber, BARE | BOUND | link);
  nextNumber++;
}

function waits(particle: u32): bool {
  return (particles.entry(particle) & (BARE | BOUND)) == BARE;
}

function touch(particle: u32): void {
  const entry = particles.entry(particle);
  if ((entry & BARE) != 0) particles.setEntry(particle, entry | TOUCHED);
}

/**
 * Settles the particle, those with lower numbers being settled; false where the
 * memory has no room. Its ends have lower numbers, and rows.
 */
export function settleParticle(particle: u32): bool {
  const entry = particles.entry(particle);
  if ((entry & BARE) == 0) return true;
  if ((entry & TOUCHED) == 0) {
    assert((entry & BOUND) != 0, "an axon that no link has brought");
    particles.setEntry(particle, BARE | (entry & INDEX));
    return true;
  }
  if (!reserve(1)) return false;
  const isBound = (entry & BOUND) != 0;
  const ends = links.at(entry & INDEX);
  const from = load<u32>(ends + (isBound ? LINK_FROM : OLDER_OUT));
  const to = load<u32>(ends + (isBound ? LINK_TO : OLDER_IN));
  particles.settle(particle, from, to);
  return true;
}
