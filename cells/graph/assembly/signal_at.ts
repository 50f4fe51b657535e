/**
 * Finds a signal in the log by its height, for whoever needs its very octets.
 *
 * The tables hold no signal, so the log is read from its beginning, a block of
 * each record; where reading has come to is remembered. What is found is held
 * against the identity that the tables have: a foreign octet cannot get out.
 */
import { hash } from "../../sdk/assembly/blake3";
import { equal32 } from "../../sdk/assembly/bytes";
import { blockOctets, blockOf, deviceFault, octetsRead, readBlocks, wholeBlocks } from "./device";
import { FoundSignal } from "./gen/views";
import { SIGNATURE_OCTETS, STEP_OCTETS_MAX } from "./limits";
import { logEnd } from "./log";
import { GAP_PAYLOAD_OCTETS, Header, HEADER_OCTETS, recordSpan } from "./record";
import { height as heightNow, signals } from "./tables";

const SEQUENCE_AT: usize = 16;
const PREVIOUS_AT: usize = 32;
/** No signal is longer: `encodings.md`. */
const SIGNAL_OCTETS_MAX: u32 = 1 << 19;
const DIGEST: usize = memory.data(32, 16);

/** Where the next record is to be read, and how many signals are before it. */
let place: u64 = 0;
let before: u64 = 0;
const header = new Header();

export function findSignal(height: u64): FoundSignal {
  if (height == 0 || height > heightNow()) return FoundSignal.none();
  if (place == 0 || height <= before) {
    place = 2 * <u64> blockOctets;
    before = 0;
  }
  const block = heap.alloc(max<usize>(blockOctets, HEADER_OCTETS + GAP_PAYLOAD_OCTETS));
  const found = search(height, block);
  heap.free(block);
  return found;
}

function damaged(why: string): FoundSignal {
  return FoundSignal.damaged(`record at ${place}: ${why}`);
}

function search(height: u64, block: usize): FoundSignal {
  const most = octetsRead + STEP_OCTETS_MAX;
  while (place < logEnd) {
    if (octetsRead >= most) return FoundSignal.reading(before);
    if (!readBlocks(place, blockOctets, block)) return damaged(deviceFault);
    // Its place in the chain was checked when the store was opened.
    const sequence = load<u64>(block, SEQUENCE_AT);
    if (!header.read(block, sequence, block + PREVIOUS_AT)) {
      return damaged("it has no header");
    }
    if (before + header.signals >= height) {
      return take(<u32> (height - before - 1), <u32> height);
    }
    before += header.signals;
    place += recordSpan(header.payload);
    if (header.isGap) place += load<u64>(block, HEADER_OCTETS + 8);
  }
  return damaged("the log ends before it");
}

/** Reads octets that need not begin at a block; an empty list is a refusal. */
function readAny(from: u64, octets: u32): StaticArray<u8> {
  const first = blockOf(from);
  const span = <u32> (wholeBlocks(from + octets) - first);
  const window = heap.alloc(span);
  const good = readBlocks(first, span, window);
  const list = new StaticArray<u8>(good ? octets : 0);
  if (good) {
    const start = window + <usize> (from - first);
    memory.copy(changetype<usize>(list), start, octets);
  }
  heap.free(window);
  return list;
}

/** The signal with this number in the record at `place`. */
function take(number: u32, height: u32): FoundSignal {
  let at = place + HEADER_OCTETS;
  let length: u32 = 0;
  const end = at + header.payload;
  for (let i: u32 = 0; i <= number; i++) {
    at += length;
    const list = readAny(at, 4);
    if (list.length == 0) return damaged(deviceFault);
    length = load<u32>(changetype<usize>(list));
    at += 4;
    if (length > SIGNAL_OCTETS_MAX || at + length > end) {
      return damaged("a signal is longer than it");
    }
  }
  if (length < SIGNATURE_OCTETS) return damaged("a signal is too short");
  const signal = readAny(at, length);
  if (signal.length == 0) return damaged(deviceFault);
  hash(changetype<usize>(signal), length - SIGNATURE_OCTETS, DIGEST);
  if (!equal32(DIGEST, signals.at(height - 1))) {
    return damaged("it holds another signal");
  }
  return FoundSignal.found(signal);
}
