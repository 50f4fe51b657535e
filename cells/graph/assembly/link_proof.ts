/**
 * The proof of one link: that it is among the links of a leaf.
 *
 * A leaf commits to its links by a chain of hashes in their order. So the proof
 * is the chain before the link, the link, and the hashes of those behind it;
 * then the proof of the leaf. `state.md` has the octets.
 */
import { hash } from "../../sdk/assembly/blake3";
import { copy32 } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import { Index, Place } from "./gen/proofs";
import {
  LINK_PROOF_LINKS_MAX,
  LINK_PROOF_LOOKS_MAX,
  SCRATCH_OCTETS_KEPT,
} from "./limits";
import { COUNT, Leaves } from "./leaves";
import { hashLinks, LANES, LINK_HASHES, setLink, writeLink } from "./link_hashes";
import {
  allowLooks,
  isOf,
  newestAt,
  ofNeuron,
  olderAt,
} from "./link_runs";
import { linkLeaves, out, treesHeight, writeProof } from "./proof_octets";
import { identity } from "./reads";
import {
  heightOf,
  LINK_FROM,
  LINK_TO,
  links,
  linksUpTo,
  neurons,
  particles,
  signers,
} from "./tables";

/** "KLNK" */
const MAGIC: u32 = 0x4b4e4c4b;
const VERSION: u8 = 1;
const LINK_STATE_OCTETS: u32 = 149;

export enum LinkProven {
  Yes,
  No,
}

export let linkProofFault: string = "";

/** Indexes of the leaf's links, 4 octets each, the newest first. */
const found = new Buffer();
const CHAIN: usize = memory.data(64, 16);
const CHAINED: usize = memory.data(32, 16);

function fail(why: string): LinkProven {
  linkProofFault = why;
  found.shrink(SCRATCH_OCTETS_KEPT);
  return LinkProven.No;
}

/** Writes the proof to `out`. */
export function proveIn(link: u32, place: Place): LinkProven {
  const row = links.at(link);
  const height = heightOf(link);
  if (height > treesHeight()) {
    return fail(`the link has height ${height}, above ${treesHeight()}`);
  }
  const isNeuron = place == Place.Neuron;
  const neuron = load<u32>(signers.at(height - 1));
  const end = place == Place.Origin ? LINK_FROM : LINK_TO;
  const owner = isNeuron ? neuron : load<u32>(row + end);
  const leaves: Leaves = linkLeaves(isNeuron);
  const leaf = leaves.find(isNeuron ? owner : particles.slot(owner));
  assert(leaf != 0, "the link is in the trees");
  const count = load<u32>(leaves.leaves.at(leaf - 1), COUNT);
  if (count > LINK_PROOF_LINKS_MAX) {
    return fail(
      `that namespace has ${count} links, ${LINK_PROOF_LINKS_MAX} at most`,
    );
  }
  found.need(<usize> count << 2);
  const good = isNeuron ? collectOf(owner, count) : collectAt(owner, count);
  if (!good) return fail("that namespace has too many newer links");
  write(link, place, count);
  found.shrink(SCRATCH_OCTETS_KEPT);
  const index = isNeuron ? Index.ByNeuron : Index.ByParticle;
  const digest = isNeuron ? neurons.at(owner) : particles.digest(owner);
  const namespace = identity(digest);
  writeProof(index, namespace, namespace);
  return LinkProven.Yes;
}

function collectOf(neuron: u32, count: u32): bool {
  allowLooks(LINK_PROOF_LOOKS_MAX);
  let at = linksUpTo(treesHeight());
  for (let i: u32 = 0; i < count; i++) {
    at = ofNeuron(neuron, at);
    if (at == 0 || !isOf(neuron, at)) return false;
    store<u32>(found.start + (<usize> i << 2), --at);
  }
  return true;
}

function collectAt(particle: u32, count: u32): bool {
  let a = newestAt(particle, true);
  let b = newestAt(particle, false);
  let i: u32 = 0;
  for (let looks = LINK_PROOF_LOOKS_MAX; i < count; looks--) {
    if (looks == 0) return false;
    const newest = max(a, b);
    assert(newest != 0, "the leaf has counted its links");
    if (heightOf(newest - 1) <= treesHeight()) {
      store<u32>(found.start + (<usize> i << 2), newest - 1);
      i++;
    }
    // One from the particle to itself is on both sides, and counts once.
    if (a == newest) a = olderAt(a, true);
    if (b == newest) b = olderAt(b, false);
  }
  return true;
}

/** The hash of the link number `i` of the leaf, the oldest first. */
function hashFrom(i: u32, count: u32): void {
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const number = min(i + lane, count - 1);
    const index = load<u32>(found.start + (<usize> (count - 1 - number) << 2));
    const at = heightOf(index);
    setLink(lane, index, load<u32>(signers.at(at - 1)), at);
  }
  hashLinks();
}

function write(link: u32, place: Place, count: u32): void {
  let before: u32 = 0;
  while (load<u32>(found.start + (<usize> (count - 1 - before) << 2)) != link) {
    before++;
  }
  memory.fill(CHAIN, 0, 64);
  for (let i: u32 = 0; i < before; i += LANES) {
    hashFrom(i, count);
    for (let lane: u32 = 0; lane < min(LANES, before - i); lane++) {
      copy32(CHAIN + 32, LINK_HASHES + (<usize> lane << 5));
      hash(CHAIN, 64, CHAINED);
      copy32(CHAIN, CHAINED);
    }
  }
  const behind = count - 1 - before;
  const at = out.room(6);
  store<u32>(at, MAGIC);
  store<u8>(at, VERSION, 4);
  store<u8>(at, <u8> place, 5);
  writeLink(link, out.room(LINK_STATE_OCTETS));
  out.copy(CHAIN, 32);
  store<u32>(out.room(4), behind);
  for (let i = before + 1; i < count; i += LANES) {
    hashFrom(i, count);
    const some = min(LANES, count - i);
    out.copy(LINK_HASHES, <usize> some << 5);
  }
}
