/**
 * The two superblocks: what the store is, and how far it was sealed.
 *
 * A copy fills the device's block 0 or 1; the one with the higher sequence
 * number counts. The seal names the end of a record that was acknowledged:
 * whatever lies before it must replay. Writing alternates between the copies,
 * so that a torn write leaves the other one whole. See STORE.md.
 */
import { hash } from "../../sdk/assembly/blake3";
import { copy32, equal, hex, isZero } from "../../sdk/assembly/bytes";
import { blockOctets, capacity, readBlocks, writeBlocks } from "./device";
import { IDENTITY_OCTETS } from "./limits";

/**
 * Format 4 keeps contents apart from its log, with or without what the others
 * have. Format 3 has signals with operations, format 2 none of them but gaps in
 * its log, where checkpoints lie; else it is format 1.
 */
export const FORMAT_VERSION: u32 = 4;
const FORMAT_WITH_OPERATIONS: u32 = 3;
const FORMAT_WITH_GAPS: u32 = 2;
const FORMAT_WITHOUT_GAPS: u32 = 1;
/** "KARYONGR" */
const MAGIC: u64 = 0x52474e4f5952414b;

const VERSION_AT: usize = 8;
const BLOCK_AT: usize = 12;
const NETWORK_AT: usize = 16;
const SEQUENCE_AT: usize = 64;
const RECORDS_AT: usize = 72;
const END_AT: usize = 80;
const CHAIN_AT: usize = 88;
const SLOTS_AT: usize = 120;
const CHECK_AT: usize = 224;

/** Places for checkpoints, used in turn. */
export const SLOTS_MAX: u32 = 2;
/** What the superblock says of checkpoints: `SLOTS_OCTETS`. */
const SLOTS: usize = memory.data(80, 16);
const SLOTS_OCTETS: usize = 80;
const LENGTH_AT: usize = 8;
/** The slot of the checkpoint that counts + 1, 0 where there is none. */
const CURRENT_AT: usize = 32;
/** Hash of its header. */
const HEADER_HASH_AT: usize = 40;

/** Copies, and with them the blocks before the log. */
export const COPIES: u32 = 2;

/** The superblock that counts. */
export let sequence: u64 = 0;
/** The next superblock may be on the device, although nobody counts it. */
let triedNext: bool = false;
export let sealedRecords: u64 = 0;
export let sealedEnd: u64 = 0;
export const sealedChain: usize = memory.data(32, 16);
export const network: usize = memory.data(40, 16);
/** Superblocks that were written since the checkpoint that counts was named. */
let namedCopies: u32 = 0;

/** Where the gap of slot 0 or 1 begins; 0 where there is none. */
export function slotPlace(slot: u32): u64 {
  return load<u64>(SLOTS + (<usize> slot << 4));
}

export function slotOctets(slot: u32): u64 {
  return load<u64>(SLOTS + (<usize> slot << 4), LENGTH_AT);
}

export function setSlot(slot: u32, place: u64, octets: u64): void {
  store<u64>(SLOTS + (<usize> slot << 4), place);
  store<u64>(SLOTS + (<usize> slot << 4), octets, LENGTH_AT);
}

/** The slot of the checkpoint that counts + 1, or 0. */
export function checkpointSlot(): u32 {
  return load<u32>(SLOTS, CURRENT_AT);
}

/** Where the hash of its header is. */
export function checkpointHash(): usize {
  return SLOTS + HEADER_HASH_AT;
}

/** From now on superblocks name this checkpoint; it is durable. */
export function nameCheckpoint(slot: u32, headerHash: usize): void {
  store<u32>(SLOTS, slot + 1, CURRENT_AT);
  copy32(SLOTS + HEADER_HASH_AT, headerHash);
  namedCopies = 0;
}

/** The log has signals with operations. */
let hasOperations: bool = false;

/** From now on superblocks say so: older programs then leave the store alone. */
export function noteOperations(): void {
  if (hasOperations) return;
  hasOperations = true;
  namedCopies = 0;
}

/** Contents are kept apart from the log. */
let hasApart: bool = false;

/** From now on superblocks say so. */
export function noteApart(): void {
  if (hasApart) return;
  hasApart = true;
  namedCopies = 0;
}

export function keepsApart(): bool {
  return hasApart;
}

/** Whether both superblocks have to say what only one of them may say. */
export function wantsCopies(): bool {
  const says = checkpointSlot() != 0 || hasOperations || hasApart;
  return says && !isNamedTwice();
}

/** No checkpoint counts; its slot is free. */
export function forgetCheckpoint(): void {
  store<u32>(SLOTS, 0, CURRENT_AT);
  namedCopies = 0;
}

/** Whether both copies on the device name the checkpoint that counts. */
export function isNamedTwice(): bool {
  return namedCopies >= COPIES;
}

const CHECK: usize = memory.data(32, 16);

/** What `readSuperblocks` found. */
export enum Found {
  /** A superblock that reads; the values above are set. */
  Store,
  /** A device on which nothing was ever written. */
  Blank,
  /** The device refused; see `deviceFault`. */
  Unreadable,
  /** Something else; `superblockFault` says what. */
  Foreign,
}

export let superblockFault: string = "";
/** A copy did not read although the other one does. */
export let copyLost: bool = false;

/** Reads both copies; `wanted` is the network that the store must be of. */
export function readSuperblocks(wanted: usize): Found {
  const both = heap.alloc(COPIES * blockOctets);
  const found = readBlocks(0, COPIES * blockOctets, both)
    ? judge(both, wanted)
    : Found.Unreadable;
  heap.free(both);
  return found;
}

function judge(both: usize, wanted: usize): Found {
  let best: usize = 0;
  let otherVersion: u32 = FORMAT_VERSION;
  copyLost = false;
  for (let i: u32 = 0; i < COPIES; i++) {
    const copy = both + i * blockOctets;
    const ours = load<u64>(copy) == MAGIC;
    const version = load<u32>(copy, VERSION_AT);
    if (ours && (version < 1 || version > FORMAT_VERSION)) {
      otherVersion = version;
    } else if (!ours || !checks(copy)) {
      copyLost = true;
    } else if (
      best == 0 || load<u64>(copy, SEQUENCE_AT) > load<u64>(best, SEQUENCE_AT)
    ) {
      best = copy;
    }
  }
  if (best != 0) return take(best, wanted);
  if (otherVersion == FORMAT_VERSION) return blankOrForeign(both, wanted);
  superblockFault = `the store has format ${otherVersion}, ` +
    `this cell reads formats ${FORMAT_WITHOUT_GAPS} to ${FORMAT_VERSION}`;
  return Found.Foreign;
}

function checks(copy: usize): bool {
  hash(copy, CHECK_AT, CHECK);
  return equal(CHECK, copy + CHECK_AT, 32);
}

/**
 * A format that a crash has interrupted left zeros and octets that it meant to
 * write, so it may begin anew. Anything else belongs to somebody.
 */
function blankOrForeign(both: usize, wanted: usize): Found {
  for (let i: u32 = 0; i < COPIES; i++) {
    const image = build(wanted, i, 0, <u64> COPIES * blockOctets, 0);
    const meant = changetype<usize>(image);
    const copy = both + i * blockOctets;
    for (let at: usize = 0; at < blockOctets; at++) {
      const octet = load<u8>(copy + at);
      if (octet != 0 && octet != load<u8>(meant + at)) {
        superblockFault = `octet ${i * blockOctets + <u32> at} of the device ` +
          "is not of a graph store, and the device is not blank";
        return Found.Foreign;
      }
    }
  }
  return Found.Blank;
}

function take(best: usize, wanted: usize): Found {
  const size = load<u32>(best, BLOCK_AT);
  if (size != blockOctets) {
    superblockFault =
      `the store has blocks of ${size} octets, the device of ${blockOctets}`;
    return Found.Foreign;
  }
  if (!equal(best + NETWORK_AT, wanted, IDENTITY_OCTETS)) {
    const theirs = hex(best + NETWORK_AT, IDENTITY_OCTETS);
    const ours = hex(wanted, IDENTITY_OCTETS);
    superblockFault = `the store is of network ${theirs}, not of ${ours}`;
    return Found.Foreign;
  }
  if (load<u64>(best, END_AT) > capacity) {
    superblockFault = `the store reaches to ${load<u64>(best, END_AT)}, ` +
      `the device only to ${capacity}`;
    return Found.Foreign;
  }
  superblockFault = slotsFault(best);
  if (superblockFault.length > 0) return Found.Foreign;
  memory.copy(network, best + NETWORK_AT, IDENTITY_OCTETS);
  sequence = load<u64>(best, SEQUENCE_AT);
  sealedRecords = load<u64>(best, RECORDS_AT);
  sealedEnd = load<u64>(best, END_AT);
  copy32(sealedChain, best + CHAIN_AT);
  memory.fill(SLOTS, 0, SLOTS_OCTETS);
  const version = load<u32>(best, VERSION_AT);
  hasOperations = version == FORMAT_WITH_OPERATIONS;
  hasApart = version == FORMAT_VERSION;
  if (version != FORMAT_WITHOUT_GAPS) {
    memory.copy(SLOTS, best + SLOTS_AT, SLOTS_OCTETS);
  }
  namedCopies = 0;
  return Found.Store;
}

/** Places for checkpoints that a store cannot have; empty if they are sound. */
function slotsFault(best: usize): string {
  if (load<u32>(best, VERSION_AT) == FORMAT_WITHOUT_GAPS) return "";
  const current = load<u64>(best + SLOTS_AT, CURRENT_AT);
  if (current > SLOTS_MAX) {
    return `the store names place ${current} for checkpoints of ${SLOTS_MAX}`;
  }
  for (let slot: u32 = 0; slot < SLOTS_MAX; slot++) {
    const place = load<u64>(best + SLOTS_AT + (<usize> slot << 4));
    const octets = load<u64>(best + SLOTS_AT + (<usize> slot << 4), LENGTH_AT);
    const isNone = place == 0 && octets == 0 && current != slot + 1;
    const fits = place >= <u64> COPIES * blockOctets && place <= capacity &&
      place % blockOctets == 0 && octets <= capacity - place;
    if (!isNone && !fits) {
      return `the store keeps checkpoints at ${place}, ${octets} octets; ` +
        `the device has ${capacity}`;
    }
  }
  return "";
}

function build(
  id: usize,
  number: u64,
  records: u64,
  end: u64,
  chain: usize,
): StaticArray<u8> {
  const list = new StaticArray<u8>(blockOctets);
  const at = changetype<usize>(list);
  store<u64>(at, MAGIC);
  const hasGaps = records > 0 && !isZero(SLOTS, SLOTS_OCTETS);
  const version = hasApart && records > 0
    ? FORMAT_VERSION
    : hasOperations && records > 0
    ? FORMAT_WITH_OPERATIONS
    : hasGaps
    ? FORMAT_WITH_GAPS
    : FORMAT_WITHOUT_GAPS;
  store<u32>(at, version, VERSION_AT);
  if (hasGaps) memory.copy(at + SLOTS_AT, SLOTS, SLOTS_OCTETS);
  store<u32>(at, blockOctets, BLOCK_AT);
  memory.copy(at + NETWORK_AT, id, IDENTITY_OCTETS);
  store<u64>(at, number, SEQUENCE_AT);
  store<u64>(at, records, RECORDS_AT);
  store<u64>(at, end, END_AT);
  if (chain != 0) copy32(at + CHAIN_AT, chain);
  hash(at, CHECK_AT, at + CHECK_AT);
  return list;
}

/** Writes both copies of an empty store; the caller flushes. */
export function writeFirstSuperblocks(id: usize): bool {
  memory.copy(network, id, IDENTITY_OCTETS);
  sealedRecords = 0;
  sealedEnd = <u64> COPIES * blockOctets;
  memory.fill(sealedChain, 0, 32);
  for (let i: u32 = 0; i < COPIES; i++) {
    const image = build(id, i, 0, sealedEnd, 0);
    if (!writeBlocks(<u64> i * blockOctets, image)) return false;
  }
  sequence = COPIES - 1;
  copyLost = false;
  return true;
}

/**
 * Writes the next superblock over the older copy. It counts in memory only
 * after `sealed`, which the caller says when the device has flushed it.
 */
export function writeSeal(records: u64, end: u64, chain: usize): bool {
  const next = sequence + 1;
  const image = build(network, next, records, end, chain);
  triedNext = true;
  return writeBlocks((next % COPIES) * blockOctets, image);
}

export function sealed(records: u64, end: u64, chain: usize): void {
  sequence++;
  namedCopies++;
  triedNext = false;
  sealedRecords = records;
  sealedEnd = end;
  copy32(sealedChain, chain);
}

/** Who wrote to the device last, by its superblocks. */
export enum Writer {
  /** This life, as far as the superblocks tell. */
  We,
  /** Another life, which has sealed no record that is not ours. */
  OtherSealed,
  /** Another life, which has more records, or a device that does not answer. */
  OtherAppended,
}

/** Looks at the superblocks; takes over a sequence that only sealed. */
export function lastWriter(records: u64): Writer {
  const both = heap.alloc(COPIES * blockOctets);
  let writer = Writer.OtherAppended;
  if (readBlocks(0, COPIES * blockOctets, both)) {
    let newest: usize = 0;
    for (let i: u32 = 0; i < COPIES; i++) {
      const copy = both + i * blockOctets;
      if (load<u64>(copy) != MAGIC || !checks(copy)) continue;
      const isNewer = newest == 0 ||
        load<u64>(copy, SEQUENCE_AT) > load<u64>(newest, SEQUENCE_AT);
      if (isNewer) newest = copy;
    }
    if (newest != 0) writer = judgeWriter(newest, records);
  }
  heap.free(both);
  return writer;
}

function judgeWriter(newest: usize, records: u64): Writer {
  const found = load<u64>(newest, SEQUENCE_AT);
  const mine = found == sequence || (triedNext && found == sequence + 1);
  if (mine) return Writer.We;
  if (load<u64>(newest, RECORDS_AT) > records) return Writer.OtherAppended;
  sequence = max(sequence, found);
  return Writer.OtherSealed;
}
