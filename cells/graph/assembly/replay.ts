/**
 * Reads the log from its beginning and rebuilds the tables, piece by piece.
 *
 * Each record is checked whole (place in the chain, chain hash) before any of
 * it counts. A record that does not check ends the log if it lies behind the
 * seal: then a crash has torn it and nobody was told that it is durable. Before
 * the seal it is corruption, and replay stops with the place.
 */
import { hash } from "../../sdk/assembly/blake3";
import { equal32, isZero } from "../../sdk/assembly/bytes";
import { Tree } from "../../sdk/assembly/blake3_tree";
import { Buffer } from "../../sdk/assembly/buffer";
import { replayNote } from "./bookmarks";
import { Follows, follows } from "./chains";
import { commitContents, commitSignal } from "./commit";
import { blockOctets, blockOf, capacity, deviceFault, readBlocks } from "./device";
import {
  PIECE_CONTENTS_MAX,
  PIECE_OCTETS,
  SIGNAL_LINKS_MAX,
  WINDOW_OCTETS,
} from "./limits";
import { chain, logEnd, records, setLogEnd } from "./log";
import {
  beginOperations,
  lacksBalance,
  lacksWill,
  operate,
  spendsTwice,
} from "./operate";
import { takeGone, takeKept } from "./content_records";
import { noteGap, SLOT_CONTENTS } from "./space";
import {
  chainAt,
  Header,
  HEADER_OCTETS,
  KIND_GONE,
  KIND_KEPT,
  recordSpan,
} from "./record";
import { Signal } from "./signal";
import { beginCall, beginStage, endStage, stage } from "./stage";
import {
  beginContents,
  contentsFault,
  contentsStaged,
  ITEM_FROM,
  ITEM_OFFSET,
  itemAt,
  stageContents,
} from "./stage_contents";
import {
  network,
  noteApart,
  noteOperations,
  sealedChain,
  sealedEnd,
  sealedRecords,
  setSlot,
  SLOTS_MAX,
} from "./superblock";
import { height } from "./tables";

/** What a piece of replaying came to. */
export enum Replayed {
  More,
  /** The log's end is reached. */
  End,
  /** See `replayFault`. */
  Failed,
}

enum Doing {
  Reading,
  Heading,
  Hashing,
  Signals,
  Contents,
}

export let replayFault: string = "";
/** What lies behind the end is not blank: a crash has torn an append. */
export let isTorn: bool = false;
let doing: Doing = Doing.Heading;
let afterReading: Doing = Doing.Heading;

const window = new Buffer();
let windowPlace: u64 = 0;
let windowOctets: u32 = 0;
let windowFilled: u32 = 0;

const header = new Header();
const tree = new Tree();
const one = new StaticArray<Signal>(1);
one[0] = new Signal();
const DIGEST: usize = memory.data(32, 16);

/** Where the record under way lies in the window, and how far it is done. */
let record: usize = 0;
let at: usize = 0;
let end: usize = 0;
let left: u32 = 0;

function fail(reason: string): Replayed {
  replayFault = `record ${records} at ${logEnd}: ${reason}`;
  return Replayed.Failed;
}

/** Does one bounded piece: about a millisecond. */
export function replayPiece(): Replayed {
  if (doing == Doing.Heading) return head();
  if (doing == Doing.Reading) return readOn();
  if (doing == Doing.Hashing) return hashOn();
  if (doing == Doing.Signals) return nextSignal();
  return nextContents();
}

/** Frees the window. Replaying may go on later, from the same record. */
export function endReplay(): void {
  window.shrink(0);
  windowOctets = 0;
  windowFilled = 0;
  doing = Doing.Heading;
}

function isThere(octets: u64): bool {
  return logEnd >= windowPlace && windowFilled == windowOctets &&
    logEnd + octets <= windowPlace + windowOctets;
}

function readFrom(octets: u64, then: Doing): Replayed {
  windowPlace = logEnd;
  windowOctets = <u32> min<u64>(
    capacity - logEnd,
    max<u64>(octets, WINDOW_OCTETS),
  );
  windowFilled = 0;
  window.need(windowOctets);
  doing = Doing.Reading;
  afterReading = then;
  return Replayed.More;
}

function readOn(): Replayed {
  const now = min(windowOctets - windowFilled, PIECE_OCTETS);
  const to = window.start + windowFilled;
  if (!readBlocks(windowPlace + windowFilled, now, to)) {
    replayFault = deviceFault;
    return Replayed.Failed;
  }
  windowFilled += now;
  if (windowFilled == windowOctets) doing = afterReading;
  return Replayed.More;
}

function head(): Replayed {
  if (logEnd + blockOctets > capacity) return endOfLog("the device ends");
  if (!isThere(blockOctets)) return readFrom(blockOctets, Doing.Heading);
  record = window.start + <usize> (logEnd - windowPlace);
  if (!header.read(record, records, chain)) return endOfLog("no header");
  const span = recordSpan(header.payload);
  if (span > capacity - logEnd) return endOfLog("longer than the device");
  if (!isThere(span)) return readFrom(span, Doing.Heading);
  tree.begin(record, HEADER_OCTETS + header.payload);
  doing = Doing.Hashing;
  return Replayed.More;
}

function hashOn(): Replayed {
  if (!tree.advance(PIECE_OCTETS)) return Replayed.More;
  tree.finish(DIGEST);
  if (!equal32(DIGEST, chainAt(record, header.payload))) {
    return endOfLog("the chain hash does not match");
  }
  at = record + HEADER_OCTETS;
  end = at + header.payload;
  if (header.isGap) return passGap();
  if (header.kind == KIND_KEPT || header.kind == KIND_GONE) return passSmall();
  left = header.signals;
  beginCall();
  doing = Doing.Signals;
  return Replayed.More;
}

function endOfLog(why: string): Replayed {
  if (logEnd < sealedEnd) {
    return fail(`corrupt (${why}); the store was sealed up to ${sealedEnd}`);
  }
  isTorn = logEnd + blockOctets <= capacity && !isZero(record, blockOctets);
  return Replayed.End;
}

function nextSignal(): Replayed {
  if (left == 0) {
    left = header.contents;
    doing = Doing.Contents;
    return Replayed.More;
  }
  if (end - at < 4 || load<u32>(at) > end - at - 4) {
    return fail("a signal is longer than the record");
  }
  const signal = one[0];
  const fault = signal.decode(at + 4, load<u32>(at));
  if (fault.length > 0) return fail(fault);
  if (!equal32(signal.network + 1, network + 1)) {
    return fail("a signal is of another network");
  }
  hash(signal.start, signal.bodyOctets, DIGEST);
  if (follows(one, DIGEST, 0) != Follows.Yes) {
    return fail("a signal does not follow its neuron's chain");
  }
  beginStage(SIGNAL_LINKS_MAX);
  beginOperations();
  const staged = stage(signal, DIGEST) &&
    operate(signal, DIGEST, height() + 1) && endStage(0, 1);
  if (!staged) return fail("the memory has no room");
  if (lacksWill || lacksBalance || spendsTwice) {
    return fail("a signal moves what its neuron does not have");
  }
  if (signal.hasOperations) noteOperations();
  commitSignal(signal, 0);
  at = signal.start + signal.octets;
  left--;
  return Replayed.More;
}

function nextContents(): Replayed {
  if (left == 0) return finish();
  const from = at;
  let count: u32 = 0;
  while (left > count && count < PIECE_CONTENTS_MAX) {
    if (at - from >= PIECE_OCTETS) break;
    if (end - at < 4 || load<u32>(at) > end - at - 4) {
      return fail("a content is longer than the record");
    }
    at += 4 + load<u32>(at);
    count++;
  }
  beginContents(true);
  if (!stageContents(from, <u32> (at - from))) return fail(contentsFault);
  if (contentsStaged != count) return fail("a content was there before");
  if (!endStage(count, 0)) return fail("the memory has no room");
  for (let i: u32 = 0; i < count; i++) {
    const item = itemAt(i);
    store<u32>(item, load<u32>(item, ITEM_FROM) - <u32> record, ITEM_OFFSET);
  }
  commitContents(logEnd);
  left -= count;
  return Replayed.More;
}

function passGap(): Replayed {
  const begin = logEnd + recordSpan(header.payload);
  const slot = load<u64>(at);
  const octets = load<u64>(at, 8);
  const fits = slot <= SLOT_CONTENTS && octets <= capacity - begin &&
    blockOf(octets) == octets && begin <= capacity;
  if (!fits) return fail("a gap that does not fit the device");
  if (!noteGap(<u32> slot, begin, octets)) {
    return fail("the memory has no room");
  }
  if (slot < SLOTS_MAX) setSlot(<u32> slot, begin, octets);
  else noteApart();
  return pass(begin + octets);
}

/** A record about contents that are kept apart. */
function passSmall(): Replayed {
  if (header.signals != 0 || header.contents != 0) {
    return fail("a record of contents that has others");
  }
  noteApart();
  const fault = header.kind == KIND_KEPT
    ? takeKept(at, header.payload)
    : takeGone(at, header.payload);
  if (fault.length > 0) return fail(fault);
  return pass(logEnd + recordSpan(header.payload));
}

function finish(): Replayed {
  if (!replayNote(at, <u32> (end - at))) {
    return fail("the bookmark is not canonical");
  }
  return pass(logEnd + recordSpan(header.payload));
}

/** The record counts; the next one begins at `next`. */
function pass(next: u64): Replayed {
  const passesSeal = logEnd < sealedEnd && next >= sealedEnd;
  setLogEnd(next, records + 1, end);
  if (passesSeal) {
    const meets = logEnd == sealedEnd && records == sealedRecords &&
      equal32(chain, sealedChain);
    if (!meets) return fail("the seal names another record");
  }
  doing = Doing.Heading;
  return Replayed.More;
}
