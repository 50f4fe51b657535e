/**
 * Hashes of links, four at a time, and the chains that commit to them.
 *
 * A link's octets fill three blocks (149 of 192), a chain's step one: both are
 * compressed in lanes, some 30 ns a block instead of 100.
 */
import {
  BLOCK_OCTETS,
  CHUNK_END,
  CHUNK_START,
  ROOT,
} from "../../sdk/assembly/blake3_block";
import {
  compressLanes,
  loadLanes,
  resetLanes,
  setCounters,
  setLengths,
  storeLanes,
} from "../../sdk/assembly/blake3_lanes";
import { copy32 } from "../../sdk/assembly/bytes";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import {
  amountOf,
  heightOf,
  LINK_FROM,
  LINK_TO,
  links,
  neurons,
  particles,
  signers,
  tokenOf,
  tokens,
  valenceOf,
  weightOf,
} from "./tables";

export const LANES: u32 = 4;
/** What a link is hashed from, `state.md`. */
const LINK_STATE_OCTETS: u32 = 149;
const PADDED: usize = 192;
const AMOUNT_AT: usize = 132;
const VALENCE_AT: usize = 140;
const HEIGHT_AT: usize = 141;

/** Four links, padded with zeros. */
const INPUTS: usize = memory.data(768, 16);
/** Their digests. */
export const LINK_HASHES: usize = memory.data(128, 16);
/** Four pairs of a chain and a link's digest. */
const PAIRS: usize = memory.data(256, 16);
const CHAINED: usize = memory.data(128, 16);

// @ts-ignore: decorator
@inline
function identity(to: usize, digest: usize): void {
  store<u8>(to, HASH_BLAKE3);
  copy32(to + 1, digest);
}

/** Puts link `index` of the record, made by the neuron, into a lane. */
export function setLink(lane: u32, index: u32, neuron: u32, height: u32): void {
  const at = INPUTS + lane * PADDED;
  const row = links.at(index);
  const weight = weightOf(index);
  const step: usize = IDENTITY_OCTETS;
  identity(at, neurons.at(neuron));
  identity(at + step, particles.at(load<u32>(row, LINK_FROM)));
  identity(at + 2 * step, particles.at(load<u32>(row, LINK_TO)));
  identity(at + 3 * step, tokens.at(tokenOf(index)));
  store<u64>(at, amountOf(weight), AMOUNT_AT);
  store<i8>(at, valenceOf(weight), VALENCE_AT);
  store<u64>(at, height, HEIGHT_AT);
}

/** Writes the octets that a link is hashed from. */
export function writeLink(index: u32, to: usize): void {
  const at = heightOf(index);
  setLink(0, index, load<u32>(signers.at(at - 1)), at);
  memory.copy(to, INPUTS, LINK_STATE_OCTETS);
}

/** Hashes what is in the lanes to `LINK_HASHES`. */
export function hashLinks(): void {
  const block = <u32> BLOCK_OCTETS;
  const last = LINK_STATE_OCTETS - 2 * block;
  resetLanes();
  setCounters(0, 0);
  for (let i: u32 = 0; i < 3; i++) {
    const octets = i < 2 ? block : last;
    setLengths(octets, octets, octets, octets);
    const at = INPUTS + i * block;
    loadLanes(at, at + PADDED, at + 2 * PADDED, at + 3 * PADDED);
    compressLanes(i == 0 ? CHUNK_START : i == 1 ? 0 : CHUNK_END | ROOT);
  }
  const to = LINK_HASHES;
  storeLanes(to, to + 32, to + 64, to + 96);
}

/** Takes the hash of the link in `lane` into three chains; all may differ. */
export function chainThree(lane: u32, a: usize, b: usize, c: usize): void {
  const link = LINK_HASHES + (<usize> lane << 5);
  pair(PAIRS, a, link);
  pair(PAIRS + 64, b, link);
  pair(PAIRS + 128, c, link);
  const block = <u32> BLOCK_OCTETS;
  resetLanes();
  setCounters(0, 0);
  setLengths(block, block, block, block);
  loadLanes(PAIRS, PAIRS + 64, PAIRS + 128, PAIRS + 128);
  compressLanes(CHUNK_START | CHUNK_END | ROOT);
  storeLanes(CHAINED, CHAINED + 32, CHAINED + 64, CHAINED + 96);
  copy32(a, CHAINED);
  copy32(b, CHAINED + 32);
  copy32(c, CHAINED + 64);
}

// @ts-ignore: decorator
@inline
function pair(to: usize, chain: usize, link: usize): void {
  copy32(to, chain);
  copy32(to + 32, link);
}
