/**
 * One record of the log: its layout, building it, and checking its header.
 *
 * Header (64 octets), payload, chain hash (32), zeros to the end of the block.
 * The chain hash covers header and payload, and the header holds the one of
 * the record before: so a record counts only in its one place. See STORE.md.
 */
import { hash } from "../../sdk/assembly/blake3";
import { copy32, equal32 } from "../../sdk/assembly/bytes";
import { blockOctets, wholeBlocks } from "./device";
import { RECORD_OCTETS_MAX } from "./limits";
import { Signal } from "./signal";
import {
  contentsOctets,
  contentsStaged,
  ITEM_FROM,
  ITEM_LENGTH,
  ITEM_OFFSET,
  itemAt,
} from "./stage_contents";

/** "KREC" */
const MAGIC: u32 = 0x4345524b;
const KIND_APPEND: u32 = 1;
/** Octets behind the record that are not the log's: a slot for checkpoints. */
const KIND_GAP: u32 = 2;
/** A content that is kept apart from the log; `content_records.ts`. */
export const KIND_KEPT: u32 = 3;
/** Contents that are gone. */
export const KIND_GONE: u32 = 4;
/** A gap's payload: number of the slot (8), octets (8). */
export const GAP_PAYLOAD_OCTETS: u32 = 16;

const KIND_AT: usize = 4;
const LENGTH_AT: usize = 8;
const SEQUENCE_AT: usize = 16;
const SIGNALS_AT: usize = 24;
const CONTENTS_AT: usize = 28;
const PREVIOUS_AT: usize = 32;

export const HEADER_OCTETS: u32 = 64;
export const CHAIN_OCTETS: u32 = 32;

/** Octets that a record takes on the device. */
export function recordSpan(payload: u64): u64 {
  return wholeBlocks(HEADER_OCTETS + payload + CHAIN_OCTETS);
}

/** A header whose place in the chain is right. */
export class Header {
  payload: u32 = 0;
  signals: u32 = 0;
  contents: u32 = 0;
  isGap: bool = false;
  kind: u32 = 0;

  /** Takes the header at `at`; false unless it is the one that follows. */
  read(at: usize, sequence: u64, previous: usize): bool {
    if (load<u32>(at) != MAGIC) return false;
    const kind = load<u32>(at, KIND_AT);
    if (kind < KIND_APPEND || kind > KIND_GONE) return false;
    if (load<u64>(at, SEQUENCE_AT) != sequence) return false;
    if (!equal32(at + PREVIOUS_AT, previous)) return false;
    if (load<u64>(at, LENGTH_AT) > RECORD_OCTETS_MAX) return false;
    this.payload = <u32> load<u64>(at, LENGTH_AT);
    this.kind = kind;
    this.isGap = kind == KIND_GAP;
    if (this.isGap && this.payload != GAP_PAYLOAD_OCTETS) return false;
    this.signals = load<u32>(at, SIGNALS_AT);
    this.contents = load<u32>(at, CONTENTS_AT);
    return true;
  }
}

/** A bookmark as octets; no key means no bookmark. */
export class Note {
  key: ArrayBuffer = new ArrayBuffer(0);
  value: ArrayBuffer = new ArrayBuffer(0);

  get octets(): u32 {
    if (this.key.byteLength == 0) return 1;
    return 3 + this.key.byteLength + this.value.byteLength;
  }

  /** Writes the note and returns the place behind it. */
  write(at: usize): usize {
    const keyLength = this.key.byteLength;
    store<u8>(at, <u8> keyLength);
    if (keyLength == 0) return at + 1;
    memory.copy(at + 1, changetype<usize>(this.key), keyLength);
    const valueAt = at + 1 + keyLength;
    store<u16>(valueAt, <u16> this.value.byteLength);
    memory.copy(
      valueAt + 2,
      changetype<usize>(this.value),
      this.value.byteLength,
    );
    return valueAt + 2 + this.value.byteLength;
  }
}

/** Octets of the payload that the signals, staged contents and note make. */
export function payloadOctets(signals: StaticArray<Signal>, note: Note): u64 {
  let octets: u64 = contentsOctets + note.octets;
  for (let i = 0; i < signals.length; i++) octets += 4 + signals[i].octets;
  return octets;
}

/**
 * The whole record, ready to write. Tells each staged content its offset in
 * it. The chain hash is at `chainAt`.
 */
export function buildRecord(
  signals: StaticArray<Signal>,
  note: Note,
  payload: u32,
  sequence: u64,
  previous: usize,
): StaticArray<u8> {
  const record = new StaticArray<u8>(<i32> recordSpan(payload));
  const start = changetype<usize>(record);
  store<u32>(start, MAGIC);
  store<u32>(start, KIND_APPEND, KIND_AT);
  store<u64>(start, payload, LENGTH_AT);
  store<u64>(start, sequence, SEQUENCE_AT);
  store<u32>(start, signals.length, SIGNALS_AT);
  store<u32>(start, contentsStaged, CONTENTS_AT);
  copy32(start + PREVIOUS_AT, previous);
  let at = start + HEADER_OCTETS;
  for (let i = 0; i < signals.length; i++) {
    const signal = signals[i];
    store<u32>(at, signal.octets);
    memory.copy(at + 4, signal.start, signal.octets);
    at += 4 + signal.octets;
  }
  for (let i: u32 = 0; i < contentsStaged; i++) {
    const item = itemAt(i);
    const length = load<u32>(item, ITEM_LENGTH);
    store<u32>(at, length);
    memory.copy(at + 4, load<u32>(item, ITEM_FROM), length);
    store<u32>(item, <u32> (at + 4 - start), ITEM_OFFSET);
    at += 4 + length;
  }
  at = note.write(at);
  assert(at == start + HEADER_OCTETS + payload, "the payload was measured");
  hash(start, HEADER_OCTETS + payload, at);
  return record;
}

const GAP: usize = memory.data(16, 16);

/** The record of a gap, ready to write. */
export function buildGap(
  slot: u32,
  octets: u64,
  sequence: u64,
  previous: usize,
): StaticArray<u8> {
  store<u64>(GAP, slot);
  store<u64>(GAP, octets, 8);
  return buildSmall(KIND_GAP, GAP, GAP_PAYLOAD_OCTETS, sequence, previous);
}

/** A record that is no append, ready to write. */
export function buildSmall(
  kind: u32,
  payload: usize,
  octets: u32,
  sequence: u64,
  previous: usize,
): StaticArray<u8> {
  const record = new StaticArray<u8>(<i32> recordSpan(octets));
  const start = changetype<usize>(record);
  store<u32>(start, MAGIC);
  store<u32>(start, kind, KIND_AT);
  store<u64>(start, octets, LENGTH_AT);
  store<u64>(start, sequence, SEQUENCE_AT);
  copy32(start + PREVIOUS_AT, previous);
  memory.copy(start + HEADER_OCTETS, payload, octets);
  const end = HEADER_OCTETS + octets;
  hash(start, end, start + end);
  return record;
}

/** Where the chain hash lies in a record with this payload. */
export function chainAt(record: usize, payload: u32): usize {
  return record + HEADER_OCTETS + payload;
}

/** The largest span of blocks that one append writes. */
export function spanMax(): u64 {
  return recordSpan(RECORD_OCTETS_MAX) + blockOctets;
}
