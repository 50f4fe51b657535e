/**
 * The one way into the record: checks, stages, writes, commits.
 *
 * Nothing changes before everything is checked, and nothing counts before the
 * device has flushed. The refusals come in the contract's order.
 */
import { hash } from "../../sdk/assembly/blake3";
import { equal32 } from "../../sdk/assembly/bytes";
import { encodeNote, hasRoom, keep } from "./bookmarks";
import { Follows, follows, nextStep } from "./chains";
import { commitContents, commitSignal } from "./commit";
import { capacity, deviceFault, deviceFull } from "./device";
import { Bookmark, Entry, Receipt, Refusal } from "./gen/ledger";
import { ENTRIES_MAX, HASH_BLAKE3, RECORD_OCTETS_MAX } from "./limits";
import { append, chain, isDistrusted, logEnd, records, sweepAll } from "./log";
import { buildRecord, Note, payloadOctets, recordSpan } from "./record";
import { Signal } from "./signal";
import { beginCall, beginStage, endStage, stage, unstage } from "./stage";
import {
  beginContents,
  contentsFault,
  contentsStaged,
  stageContents,
  unstageContents,
} from "./stage_contents";
import { noteTrouble, whyNotOpen } from "./store";
import { network, noteOperations } from "./superblock";
import { height } from "./tables";
import {
  beginOperations,
  lacksBalance,
  lacksWill,
  operate,
  spendsTwice,
} from "./operate";

/** Identities of the entries, 32 octets each. */
const DIGESTS: usize = memory.data(2048, 16);

let signals: StaticArray<Signal> = new StaticArray<Signal>(0);
let linksAll: u32 = 0;

/** Applies all entries; null, or why nothing was applied. */
export function appendAll(
  entries: Array<Entry>,
  bookmark: Bookmark | null,
): Refusal | null {
  const closed = whyNotOpen();
  if (closed.length > 0) return Refusal.unavailable(closed);
  const note = new Note();
  const fault = readAll(entries, bookmark, note);
  if (fault.length > 0) return Refusal.malformed(fault);
  const chainRefusal = checkChains();
  if (chainRefusal !== null && !anyContents(entries)) return chainRefusal;
  const refusal = stageAll(entries, note, chainRefusal);
  if (refusal === null) {
    const written = writeAll(bookmark, note);
    if (written === null) return null;
    undo();
    return written;
  }
  undo();
  return refusal;
}

function readAll(
  entries: Array<Entry>,
  bookmark: Bookmark | null,
  note: Note,
): string {
  const count = entries.length;
  if (count < 1 || count > ENTRIES_MAX) {
    return `${count} entries, 1 to ${ENTRIES_MAX} are allowed`;
  }
  signals = new StaticArray<Signal>(count);
  linksAll = 0;
  for (let i = 0; i < count; i++) {
    const signal = new Signal();
    signals[i] = signal;
    const octets = entries[i].signal;
    const fault = signal.decode(changetype<usize>(octets), octets.length);
    if (fault.length > 0) return `entry ${i}: ${fault}`;
    hash(signal.start, signal.bodyOctets, DIGESTS + (<usize> i << 5));
    linksAll += signal.links;
  }
  if (bookmark === null) return "";
  return encodeNote(bookmark.key, bookmark.value, note);
}

function anyContents(entries: Array<Entry>): bool {
  for (let i = 0; i < entries.length; i++) {
    if (entries[i].contents.length > 0) return true;
  }
  return false;
}

/** The refusals that depend on the record, up to `prev-mismatch`. */
function checkChains(): Refusal | null {
  for (let i = 0; i < signals.length; i++) {
    if (!equal32(signals[i].network + 1, network + 1)) {
      return Refusal.wrongNetwork();
    }
  }
  for (let i = 0; i < signals.length; i++) {
    const answer = follows(signals, DIGESTS, i);
    if (answer == Follows.Equivocation) return Refusal.equivocation();
    if (answer == Follows.WrongStep) {
      return Refusal.stepNotSequential(nextStep);
    }
    if (answer == Follows.WrongPrevious) return Refusal.prevMismatch();
  }
  return null;
}

/**
 * Puts everything into the tables' ends. What is wrong with the contents is
 * `malformed` and so comes before `later`, the refusal that is known already.
 */
function stageAll(
  entries: Array<Entry>,
  note: Note,
  later: Refusal | null,
): Refusal | null {
  beginCall();
  beginStage(linksAll);
  beginContents();
  beginOperations();
  const first = height() + 1;
  for (let i = 0; i < signals.length; i++) {
    const digest = DIGESTS + (<usize> i << 5);
    const staged = stage(signals[i], digest) &&
      operate(signals[i], digest, first + i);
    if (!staged) return Refusal.full();
  }
  for (let i = 0; i < entries.length; i++) {
    const list = entries[i].contents;
    if (stageContents(changetype<usize>(list), list.length)) continue;
    if (contentsFault.length == 0) return Refusal.full();
    return Refusal.malformed(`entry ${i}: ${contentsFault}`);
  }
  const payload = payloadOctets(signals, note);
  if (payload > RECORD_OCTETS_MAX) {
    const allowed = `at most ${RECORD_OCTETS_MAX} are allowed`;
    return Refusal.malformed(`an append of ${payload} octets, ${allowed}`);
  }
  if (later !== null) return later;
  if (lacksWill) return Refusal.insufficientWill();
  if (lacksBalance) return Refusal.insufficientBalance();
  if (spendsTwice) return Refusal.doubleSpend();
  return endStage(contentsStaged, signals.length) ? null : Refusal.full();
}

function undo(): void {
  unstageContents();
  unstage();
}

/** Makes the append durable, then commits it. */
function writeAll(bookmark: Bookmark | null, note: Note): Refusal | null {
  const payload = payloadOctets(signals, note);
  if (bookmark !== null && !hasRoom(bookmark.key, bookmark.value)) {
    return Refusal.full();
  }
  if (recordSpan(payload) > capacity - logEnd) return Refusal.full();
  if (isDistrusted() && !noteTrouble(sweepAll())) return deviceRefusal();
  for (let i = 0; i < signals.length; i++) {
    if (signals[i].hasOperations) noteOperations();
  }
  const place = logEnd;
  const octets = <u32> payload;
  const record = buildRecord(signals, note, octets, records, chain);
  if (!noteTrouble(append(record, octets))) return deviceRefusal();
  let linksDone: u32 = 0;
  for (let i = 0; i < signals.length; i++) {
    commitSignal(signals[i], linksDone);
    linksDone += signals[i].links;
  }
  commitContents(place);
  if (bookmark !== null) keep(bookmark.key, bookmark.value);
  return null;
}

function deviceRefusal(): Refusal {
  return deviceFull ? Refusal.full() : Refusal.unavailable(deviceFault);
}

/** What the append that was accepted last has to show. */
export function receipts(heightBefore: u64): Array<Receipt> {
  const list = new Array<Receipt>(signals.length);
  for (let i = 0; i < signals.length; i++) {
    const id = new StaticArray<u8>(33);
    id[0] = HASH_BLAKE3;
    const digest = DIGESTS + (<usize> i << 5);
    memory.copy(changetype<usize>(id) + 1, digest, 32);
    list[i] = new Receipt(id, heightBefore + i + 1, signals[i].links);
  }
  signals = new StaticArray<Signal>(0);
  return list;
}
