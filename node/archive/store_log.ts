/**
 * The appends of a store, read from its device without the graph cell.
 *
 * Follows the log as `cells/graph/STORE.md` says: every record has its place in
 * the chain and its hash is checked, gaps are passed over. Bookmarks are left
 * out: they are the node's own. Reads only; memory: one record.
 *
 * Deliberately absent: checkpoints, the octets of contents that are kept apart
 * (the cell gives and checks those), and what the signals mean.
 */
import {
  digestOf,
  equalOctets,
  fromUtf8,
  toHex,
} from "../../kernel/crypto/mod.ts";
import type { Block } from "../../wit/gen/hal_block.ts";
import { Refusal } from "../api.ts";
import type { Append } from "./format.ts";

const MAGIC = "KREC";
const KIND_APPEND = 1;
const KIND_GAP = 2;
const HEADER_OCTETS = 64;
const CHAIN_OCTETS = 32;
const PAYLOAD_OCTETS_MAX = 1 << 25;
const SUPERBLOCKS = 2;

/** Of contents that are kept apart: where one is, and which are gone. */
const KIND_KEPT = 3;
const KIND_GONE = 4;
const GONE_ROW_OCTETS = 33;
const DIGEST_OCTETS = 32;
const VERSION_AT = 8;
/** The format of a store that keeps contents apart from its log. */
const VERSION_APART = 4;

interface LogRecord {
  readonly kind: number;
  readonly sequence: bigint;
  readonly place: number;
  readonly signals: number;
  readonly contents: number;
  readonly payload: Uint8Array;
}

/** The first `height` signals, in their appends. Throws a `Refusal`. */
export function* appendsOf(device: Block, height: bigint): Generator<Append> {
  let signals = 0n;
  if (height === 0n) return;
  for (const record of recordsOf(device)) {
    if (record.kind !== KIND_APPEND) continue;
    const { sequence, place, payload } = record;
    const octets = itemsOf(payload, record.signals + record.contents) ??
      refused(sequence, place, "an item is too long");
    yield { signals: record.signals, payload: octets };
    signals += BigInt(record.signals);
    if (signals >= height) return;
  }
  throw new Refusal({
    kind: "failed",
    message: `the log ends after ${signals} of ${height} signals`,
    fix: FIX,
  });
}

/**
 * The particles whose contents are kept apart from the log, or were, in the
 * order in which they came first. Throws a `Refusal`.
 */
export function apartOf(device: Block): Uint8Array[] {
  const superblocks = octetsAt(
    device,
    0,
    SUPERBLOCKS * device.describe().blockSize,
  );
  const { blockSize } = device.describe();
  const isApart = [0, blockSize].some((at) =>
    superblocks[at + VERSION_AT] === VERSION_APART
  );
  if (!isApart) return [];
  const seen = new Map<string, Uint8Array>();
  const note = (digest: Uint8Array) => {
    if (!seen.has(toHex(digest))) {
      seen.set(toHex(digest), Uint8Array.of(1, ...digest));
    }
  };
  for (const { kind, payload } of recordsOf(device)) {
    if (kind === KIND_KEPT) note(payload.slice(0, DIGEST_OCTETS));
    if (kind !== KIND_GONE) continue;
    for (let at = 4; at < payload.length; at += GONE_ROW_OCTETS) {
      note(payload.slice(at, at + DIGEST_OCTETS));
    }
  }
  return [...seen.values()];
}

/** Every record of the log, up to where none follows. */
function* recordsOf(device: Block): Generator<LogRecord> {
  const { blockSize, capacity } = device.describe();
  let place = SUPERBLOCKS * blockSize;
  let chain: Uint8Array = new Uint8Array(CHAIN_OCTETS);
  for (let sequence = 0n;; sequence++) {
    if (BigInt(place + blockSize) > capacity) return;
    const header = octetsAt(device, place, HEADER_OCTETS);
    const view = new DataView(header.buffer, header.byteOffset);
    const follows = fromUtf8(header.subarray(0, 4)) === MAGIC &&
      view.getBigUint64(16, true) === sequence &&
      equalOctets(header.subarray(32, HEADER_OCTETS), chain);
    if (!follows) return;
    const length = Number(view.getBigUint64(8, true));
    if (length > PAYLOAD_OCTETS_MAX) {
      refused(sequence, place, `${length} octets of payload`);
    }
    const end = HEADER_OCTETS + length;
    const record = octetsAt(device, place, end + CHAIN_OCTETS);
    chain = record.slice(end);
    if (!equalOctets(digestOf(record.subarray(0, end)), chain)) {
      refused(sequence, place, "the chain hash does not match");
    }
    const kind = view.getUint32(4, true);
    if (kind < KIND_APPEND || kind > KIND_GONE) {
      refused(sequence, place, `kind ${kind}`);
    }
    const payload = record.subarray(HEADER_OCTETS, end);
    yield {
      kind,
      sequence,
      place,
      signals: view.getUint32(24, true),
      contents: view.getUint32(28, true),
      payload,
    };
    place += wholeBlocks(end + CHAIN_OCTETS, blockSize);
    if (kind !== KIND_GAP) continue;
    const gap = new DataView(payload.buffer, payload.byteOffset, length);
    place += Number(gap.getBigUint64(8, true));
  }
}

/** The octets of so many items that each stand behind their length. */
function itemsOf(payload: Uint8Array, items: number): Uint8Array | undefined {
  const view = new DataView(
    payload.buffer,
    payload.byteOffset,
    payload.byteLength,
  );
  let at = 0;
  for (let i = 0; i < items; i++) {
    if (payload.length - at < 4) return undefined;
    at += 4 + view.getUint32(at, true);
    if (at > payload.length) return undefined;
  }
  return payload.slice(0, at);
}

function wholeBlocks(octets: number, blockSize: number): number {
  return Math.ceil(octets / blockSize) * blockSize;
}

/** Octets from the beginning of a block on. */
function octetsAt(device: Block, place: number, length: number): Uint8Array {
  const { blockSize, transferMax, capacity } = device.describe();
  const whole = wholeBlocks(length, blockSize);
  if (BigInt(place) + BigInt(whole) > capacity) {
    throw new Refusal({
      kind: "failed",
      message: `the log leads to ${place + whole}, past the device's end`,
      fix: FIX,
    });
  }
  const octets = new Uint8Array(whole);
  for (let at = 0; at < whole;) {
    const piece = Math.min(transferMax, whole - at);
    const answer = device.read(BigInt(place + at), piece);
    if (answer.tag === "err") {
      throw new Refusal({
        kind: "failed",
        message: `reading the store at ${place + at}: ${answer.val.tag}`,
        fix: FIX,
      });
    }
    octets.set(answer.val, at);
    at += piece;
  }
  return octets.subarray(0, length);
}

const FIX = "ask deno run kernel fsck; restore the data directory from a copy";

function refused(sequence: bigint, place: number, what: string): never {
  throw new Refusal({
    kind: "failed",
    message: `record ${sequence} at ${place}: ${what}`,
    fix: FIX,
  });
}
