/**
 * The appends of a store, read from its device without the graph cell.
 *
 * Follows the log as `cells/graph/STORE.md` says: every record has its place in
 * the chain and its hash is checked, gaps are passed over. Bookmarks are left
 * out: they are the node's own. Reads only; memory: one record.
 *
 * Deliberately absent: superblocks, checkpoints, and what the signals mean.
 */
import { digestOf, equalOctets, fromUtf8 } from "../../kernel/crypto/mod.ts";
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

/** The first `height` signals, in their appends. Throws a `Refusal`. */
export function* appendsOf(device: Block, height: bigint): Generator<Append> {
  const { blockSize } = device.describe();
  let place = SUPERBLOCKS * blockSize;
  let chain: Uint8Array = new Uint8Array(CHAIN_OCTETS);
  let signals = 0n;
  for (let sequence = 0n; signals < height; sequence++) {
    const refuse = (what: string): never => refused(sequence, place, what);
    const header = octetsAt(device, place, HEADER_OCTETS);
    const view = new DataView(header.buffer, header.byteOffset);
    const follows = fromUtf8(header.subarray(0, 4)) === MAGIC &&
      view.getBigUint64(16, true) === sequence &&
      equalOctets(header.subarray(32, HEADER_OCTETS), chain);
    if (!follows) refuse(`no record, after ${signals} of ${height} signals`);
    const length = Number(view.getBigUint64(8, true));
    if (length > PAYLOAD_OCTETS_MAX) refuse(`${length} octets of payload`);
    const end = HEADER_OCTETS + length;
    const record = octetsAt(device, place, end + CHAIN_OCTETS);
    chain = record.slice(end);
    if (!equalOctets(digestOf(record.subarray(0, end)), chain)) {
      refuse("the chain hash does not match");
    }
    place += wholeBlocks(end + CHAIN_OCTETS, blockSize);
    const payload = record.subarray(HEADER_OCTETS, end);
    const kind = view.getUint32(4, true);
    if (kind === KIND_APPEND) {
      const count = view.getUint32(24, true);
      const items = count + view.getUint32(28, true);
      const octets = itemsOf(payload, items) ?? refuse("an item is too long");
      yield { signals: count, payload: octets };
      signals += BigInt(count);
    } else if (kind === KIND_GAP && length === 16) {
      const gap = new DataView(payload.buffer, payload.byteOffset, length);
      place += Number(gap.getBigUint64(8, true));
    } else refuse(`kind ${kind}`);
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
