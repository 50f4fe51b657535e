/**
 * The graph cell opens a device whose blocks were changed.
 *
 * A case is an octet and the blocks that are not all zeros, each behind its
 * number (4): a store has megabytes of zeros, and they would be all that is drawn
 * and copied. The octet says which checks are made right again after the change,
 * as whoever can write the whole device would do; else the first hash would hide
 * everything behind it.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import {
  damaged,
  randomOctets,
} from "../../../conformance/kernel/engine/chance.ts";
import {
  type GraphCell,
  graphCell,
  NETWORK_NAME,
  valueOf,
} from "../../../cells/graph/testing/graph_cell.ts";
import { below, CHANGES, pick } from "../mutate.ts";
import { type Chance, hold, type Target, type Verdict } from "../target.ts";
import { baseOf, BLOCK, CAPACITY, deviceOf, usedBlocks } from "./graph_cell.ts";

const MEMORY_MAX = 256 << 20;
const MODES = 8;
/** Bits of the octet in front. */
const SUPERBLOCKS = 1;
const RECORDS = 2;
const CHECKPOINT = 4;

const CHECK_AT = 224;
const SEAL_END_AT = 80;
const SEAL_CHAIN_AT = 88;
const SLOTS_AT = 120;
const CURRENT_AT = 152;
const HEADER_HASH_AT = 160;
const LOG_AT = 2 * BLOCK;
const RECORD_HEAD = 64;
const HASH_OCTETS = 32;
const CHECKPOINT_HEAD = 256;
const PIECE_OCTETS = 1 << 18;
/** A block's number, and the block. */
const ENTRY = 4 + BLOCK;

class Image {
  readonly view: DataView;

  constructor(readonly octets: Uint8Array) {
    this.view = new DataView(
      octets.buffer,
      octets.byteOffset,
      octets.byteLength,
    );
  }

  u32(at: number): number {
    return at + 4 <= this.octets.length ? this.view.getUint32(at, true) : 0;
  }

  u64(at: number): number {
    return at + 8 <= this.octets.length
      ? Number(this.view.getBigUint64(at, true))
      : 0;
  }

  put(at: number, piece: Uint8Array): void {
    if (at >= 0 && at + piece.length <= this.octets.length) {
      this.octets.set(piece, at);
    }
  }

  hash(from: number, to: number): Uint8Array {
    return blake3(this.octets.subarray(from, to));
  }
}

/** Makes the digest of a content's map right, where the record names one. */
function mapped(image: Image, payload: number): void {
  const map = image.u64(payload + 48);
  const end = map + 64 + 48 * image.u32(payload + 56);
  if (end <= image.octets.length) {
    image.put(payload + 64, image.hash(map, end));
  }
}

/** Chains the records anew; the chain hash at each record's end. */
function chained(image: Image): Map<number, Uint8Array> {
  const ends = new Map<number, Uint8Array>();
  let chain: Uint8Array = new Uint8Array(HASH_OCTETS);
  let at = LOG_AT;
  while (at + RECORD_HEAD <= image.octets.length && image.u32(at) !== 0) {
    const hashAt = at + RECORD_HEAD + image.u64(at + 8);
    if (!(hashAt + HASH_OCTETS <= image.octets.length)) break;
    image.put(at + 32, chain);
    if (image.u32(at + 4) === 3) mapped(image, at + RECORD_HEAD);
    chain = image.hash(at, hashAt);
    image.put(hashAt, chain);
    const isGap = image.u32(at + 4) === 2;
    const skipped = isGap ? image.u64(at + RECORD_HEAD + 8) : 0;
    at = Math.ceil((hashAt + HASH_OCTETS) / BLOCK) * BLOCK;
    ends.set(at, chain);
    if (!Number.isSafeInteger(skipped)) break;
    at += skipped;
    ends.set(at, chain);
  }
  return ends;
}

/** Makes a checkpoint's digest right, and gives the hash of its header. */
function checkpointHash(
  image: Image,
  place: number,
  ends: ReadonlyMap<number, Uint8Array>,
): Uint8Array {
  const chain = ends.get(image.u64(place + 16));
  if (chain !== undefined) image.put(place + 24, chain);
  const pieces = image.u32(place + 88);
  const lastOctets = image.u32(place + 108);
  let digest: Uint8Array = new Uint8Array(HASH_OCTETS);
  let at = place + BLOCK;
  for (let piece = 1; piece <= pieces && at < image.octets.length; piece += 1) {
    const length = piece === pieces ? lastOctets : PIECE_OCTETS;
    const octets = new Uint8Array(HASH_OCTETS + Math.min(length, PIECE_OCTETS));
    octets.set(digest);
    octets.set(
      image.octets.subarray(at, at + octets.length - HASH_OCTETS),
      HASH_OCTETS,
    );
    digest = blake3(octets);
    at += length;
  }
  image.put(place + 56, digest);
  return image.hash(place, place + CHECKPOINT_HEAD);
}

/** The blocks of a store, each behind its number, behind the mode. */
function casesOf(mode: number, image: Uint8Array): Uint8Array {
  const used = usedBlocks(image);
  const octets = new Uint8Array(1 + ENTRY * used.length);
  const view = new DataView(octets.buffer);
  octets[0] = mode;
  for (const [i, block] of used.entries()) {
    const at = 1 + ENTRY * i;
    view.setUint32(at, block, true);
    octets.set(image.subarray(BLOCK * block, BLOCK * (block + 1)), at + 4);
  }
  return octets;
}

/** Blocks beyond the device, and half ones, are nowhere. */
function imageOf(octets: Uint8Array): Uint8Array {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const entries: [number, number][] = [];
  for (let at = 1; at + ENTRY <= octets.length; at += ENTRY) {
    const block = view.getUint32(at, true);
    if (block < CAPACITY / BLOCK) entries.push([block, at + 4]);
  }
  const blocks = Math.max(2, ...entries.map(([block]) => block + 1));
  const image = new Uint8Array(BLOCK * blocks);
  for (const [block, at] of entries) {
    image.set(octets.subarray(at, at + BLOCK), BLOCK * block);
  }
  return image;
}

function repaired(octets: Uint8Array): Uint8Array {
  const mode = (octets[0] ?? 0) % MODES;
  const image = new Image(imageOf(octets));
  const ends = (mode & RECORDS) === 0
    ? new Map<number, Uint8Array>()
    : chained(image);
  for (const at of [0, BLOCK]) {
    const chain = ends.get(image.u64(at + SEAL_END_AT));
    if (chain !== undefined) image.put(at + SEAL_CHAIN_AT, chain);
    const slot = image.u32(at + CURRENT_AT) - 1;
    const place = slot === 0 || slot === 1
      ? image.u64(at + SLOTS_AT + 16 * slot)
      : Infinity;
    if ((mode & CHECKPOINT) !== 0 && place < image.octets.length) {
      const hash = checkpointHash(image, place, ends);
      image.put(at + HEADER_HASH_AT, hash);
    }
    if ((mode & SUPERBLOCKS) !== 0) {
      image.put(at + CHECK_AT, image.hash(at, at + CHECK_AT));
    }
  }
  return image.octets;
}

/** Changes within a block; places stay where they are. */
function change(octets: Uint8Array, chance: Chance): Uint8Array {
  const copy = octets.slice();
  copy[0] = below(MODES, chance);
  const entries = Math.floor((copy.length - 1) / ENTRY);
  if (entries < 1) return copy;
  // Both superblocks and the first record are looked at more often.
  const entry = chance() < 0.3
    ? Math.min(below(3, chance), entries - 1)
    : below(entries, chance);
  const from = 1 + ENTRY * entry + 4;
  const length = chance() < 0.7 ? CHECKPOINT_HEAD : BLOCK;
  const part = copy.slice(from, from + length);
  const kind = chance();
  if (kind < 0.1) {
    const other = 1 + ENTRY * below(entries, chance) + 4;
    copy.copyWithin(from, other, other + BLOCK);
  } else if (kind < 0.2) {
    copy.fill(0, from, from + BLOCK);
  } else if (kind < 0.3) {
    copy.set(randomOctets(part.length, chance), from);
  } else {
    const made = kind < 0.4
      ? damaged(part, chance, 0)
      : pick(CHANGES, chance)(part, chance, [part], length);
    copy.set(made.subarray(0, part.length), from);
  }
  return copy;
}

/** Asks an open cell for all that it holds. */
function readAll({ reads, proofs, ledger }: GraphCell): void {
  const { particles, contents } = valueOf(reads.count());
  for (let particle = 0; particle < particles; particle += 1) {
    valueOf(reads.describe(particle));
    valueOf(reads.content(particle, 0n, 1 << 20));
    valueOf(reads.links(particle, "outward", undefined, 100));
  }
  valueOf(reads.scan(0n, 65_536));
  for (let index = 0; index < contents;) {
    const { next } = valueOf(reads.arrivals(index, 1 << 20));
    hold(next > index, "contents do not come to an end");
    index = next;
  }
  valueOf(proofs.latest());
  ledger.recall("key 1");
}

/** Asks for all that is kept apart, and lets it go. */
function letAllGo({ reads, contents }: GraphCell): void {
  const { particles } = valueOf(reads.count());
  for (const id of valueOf(reads.identities(numbersTo(particles)))) {
    const standing = valueOf(contents.look(id));
    if (!standing.apart) continue;
    const answer = contents.letGo(id, "dropped");
    const isGone = answer.tag === "ok" || answer.val.tag === "not-here" ||
      answer.val.tag === "needed" || answer.val.tag === "full";
    hold(isGone, `it does not let go: ${answer.tag}`);
  }
  const { area, free } = contents.count();
  hold(free <= area, "more is free than there is");
}

function numbersTo(end: number): Uint32Array {
  return Uint32Array.from({ length: Math.min(end, 1000) }, (_, i) => i);
}

/** Whole blocks; of megabytes. */
function sameWords(a: Uint8Array, b: Uint8Array): boolean {
  const [these, those] = [a, b].map((octets) =>
    new BigUint64Array(octets.slice().buffer)
  ) as [BigUint64Array, BigUint64Array];
  return these.every((word, i) => word === those[i]);
}

async function run(octets: Uint8Array): Promise<Verdict> {
  const image = repaired(octets);
  const device = deviceOf(image);
  const cell = await graphCell(device);
  const answer = cell.lifecycle.start([["network", NETWORK_NAME]], undefined);
  const isLeftAlone = () => {
    const log = image.slice(LOG_AT);
    hold(
      sameWords(device.peek(LOG_AT, log.length), log),
      "it changed the log of a store that it refuses",
    );
  };
  if (answer.tag === "err") {
    isLeftAlone();
    return "refused";
  }
  cell.settle();
  const { tag } = cell.lifecycle.health();
  if (tag === "failed") {
    isLeftAlone();
    return "refused";
  }
  hold(tag === "ok" || tag === "degraded", `it rests and is ${tag}`);
  readAll(cell);
  letAllGo(cell);
  cell.lifecycle.stop();
  const held = cell.memory.buffer.byteLength;
  hold(held <= MEMORY_MAX, `it asked for ${held >> 20} MiB`);
  return "taken";
}

const OFTEN: [string, string][] = [["checkpoint-octets", "1"]];
const CASE_OCTETS_MAX = 2 ** 18;

export const GRAPH_DEVICE: readonly Target[] = [{
  name: "graph-device",
  about: "opening a device with changed blocks",
  form: "octets",
  cost: 12,
  octetsMax: CASE_OCTETS_MAX,
  change,
  open: async () => {
    const seeds: Uint8Array[] = [];
    for (const [appends, config] of [[0, []], [3, []], [3, OFTEN]] as const) {
      const { image } = await baseOf(appends, [...config], appends > 0);
      for (const mode of [0, MODES - 1]) {
        seeds.push(casesOf(mode, image));
      }
    }
    return { seeds, run };
  },
}];
