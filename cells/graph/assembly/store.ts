/**
 * The store's life: opened, replayed, swept, open, or failed.
 *
 * Appends are taken only while it is open. Reads answer from what is in the
 * tables at any time; while the log is replayed that is a whole prefix of it.
 */
import { Level, write as say } from "./gen/log";
import { isZero } from "../../sdk/assembly/bytes";
import {
  blockOctets,
  capacity,
  deviceFault,
  flushDevice,
  octetsRead,
  openDevice,
  readBlocks,
  readOnly,
} from "./device";
import {
  beginCheckpoint,
  checkpointPiece,
  giveUpCheckpoint,
  isCheckpointDue,
  setLastCheckpoint,
  writing,
  Wrote,
} from "./checkpoint";
import { fromLog } from "./config";
import { beginMapping, mappingFault, mappingPiece } from "./mapping";
import { dropUploads } from "./uploads";
import { beginLoad, Loaded, loadFault, loadPiece } from "./checkpoint_load";
import { STEP_OCTETS_MAX, WINDOW_OCTETS } from "./limits";
import {
  chain,
  distrustTail,
  isDistrusted,
  logEnd,
  records,
  seal,
  setLogEnd,
  sweepPiece,
  Swept,
} from "./log";
import { Header } from "./record";
import {
  endReplay,
  isTorn,
  Replayed,
  replayFault,
  replayPiece,
} from "./replay";
import {
  checkpointSlot,
  copyLost,
  forgetCheckpoint,
  Found,
  lastWriter,
  readSuperblocks,
  sealedEnd,
  superblockFault,
  wantsCopies,
  writeFirstSuperblocks,
  Writer,
} from "./superblock";
import { height, links } from "./tables";
import { beginClock } from "./will";

export enum Phase {
  Closed,
  /** Reading a checkpoint. */
  Loading,
  Replaying,
  /** Finding what contents use of the device. */
  Mapping,
  Sweeping,
  Open,
  Failed,
}

export let phase: Phase = Phase.Closed;
/** Why the store failed. */
export let storeFault: string = "";
/** What the device refused last; empty once it has obeyed again. */
export let trouble: string = "";
/** What the device had read when the step under way began. */
let stepBegin: u64 = 0;
/** Another generation may have been started on the same device. */
let mayBeReplaced: bool = false;

/** Opens or formats the device for the network; empty, or why not. */
export function openStore(network: usize): string {
  const fault = openDevice();
  if (fault.length > 0) return fault;
  if (capacity < <u64> blockOctets * 8) {
    return `the device has ${capacity} octets, less than 8 blocks`;
  }
  const found = readSuperblocks(network);
  if (found == Found.Unreadable) return deviceFault;
  if (found == Found.Foreign) return superblockFault;
  if (found == Found.Blank) {
    const refused = format(network);
    if (refused.length > 0) return refused;
  }
  setLogEnd(<u64> blockOctets * 2, 0, 0);
  setLastCheckpoint(logEnd, 0);
  beginClock();
  phase = Phase.Replaying;
  if (checkpointSlot() != 0 && !fromLog) {
    phase = Phase.Loading;
    if (beginLoad() == Loaded.Bad) leaveCheckpoint();
  }
  return "";
}

/** The checkpoint does not count: the whole log is replayed. */
function leaveCheckpoint(): void {
  say(Level.Warn, `${loadFault}; the log is replayed from its beginning`);
  forgetCheckpoint();
  phase = Phase.Replaying;
}

function loadOn(): void {
  const answer = loadPiece();
  if (answer == Loaded.Bad) leaveCheckpoint();
  if (answer != Loaded.Done) return;
  say(Level.Info, `a checkpoint was read: ${height()} signals`);
  phase = Phase.Replaying;
}

function format(network: usize): string {
  if (readOnly) return "the device is blank and read-only";
  const block = heap.alloc(blockOctets);
  const readable = readBlocks(<u64> blockOctets * 2, blockOctets, block);
  const blank = readable && isZero(block, blockOctets);
  heap.free(block);
  if (!readable) return deviceFault;
  if (!blank) return "both superblocks are lost, but there is a log";
  const done = writeFirstSuperblocks(network) && flushDevice();
  return done ? "" : deviceFault;
}

/** Does one piece of opening; true while there is more. */
export function openPiece(): bool {
  if (phase == Phase.Loading) loadOn();
  else if (phase == Phase.Replaying) replayOn();
  else if (phase == Phase.Mapping) mapOn();
  else if (phase == Phase.Sweeping) sweepOn();
  return phase == Phase.Loading || phase == Phase.Replaying ||
    phase == Phase.Mapping || phase == Phase.Sweeping;
}

/**
 * Does one piece of reading what another generation has written, and changes
 * nothing; true while there is more. Later there may be more again.
 */
export function followPiece(): bool {
  if (phase == Phase.Loading) {
    loadOn();
    return true;
  }
  if (phase != Phase.Replaying) return false;
  const answer = replayPiece();
  if (answer == Replayed.More) return true;
  endReplay();
  if (answer == Replayed.Failed) failStore(replayFault);
  return false;
}

/** The other generation writes no more: empty, or why the device is not ours. */
export function takeStore(): string {
  return lastWriter(records) == Writer.OtherAppended
    ? "the device has records that were not read"
    : "";
}

/** A step of opening begins. */
export function beginOpening(): void {
  stepBegin = octetsRead;
}

/** Whether a step has read as much as one may. */
export function isStepFull(): bool {
  return octetsRead - stepBegin >= STEP_OCTETS_MAX - WINDOW_OCTETS;
}

function replayOn(): void {
  const answer = replayPiece();
  if (answer == Replayed.More) return;
  endReplay();
  if (answer == Replayed.Failed) return failStore(replayFault);
  if (isTorn) {
    say(Level.Warn, `an append was torn at ${logEnd}: cut off`);
  }
  distrustTail();
  beginMapping();
  phase = Phase.Mapping;
}

function mapOn(): void {
  if (mappingPiece()) return;
  if (mappingFault.length > 0) return failStore(mappingFault);
  if (readOnly) return nowOpen();
  phase = Phase.Sweeping;
}

function sweepOn(): void {
  const swept = sweepPiece();
  if (swept == Swept.More) return;
  if (swept == Swept.Refused) trouble = deviceFault;
  else if (copyLost) repairSuperblock();
  nowOpen();
}

function repairSuperblock(): void {
  say(Level.Warn, "a superblock copy did not read: written anew");
  noteTrouble(seal(true));
}

function nowOpen(): void {
  phase = Phase.Open;
  say(
    Level.Info,
    `open: ${height()} signals, ${links.length} links, ${logEnd} octets`,
  );
}

/** The store can no longer serve appends; the kernel restarts the cell. */
export function failStore(fault: string): void {
  phase = Phase.Failed;
  storeFault = fault;
  say(Level.Error, fault);
}

/** Remembers whether the device obeyed. */
export function noteTrouble(obeyed: bool): bool {
  trouble = obeyed ? "" : deviceFault;
  return obeyed;
}

/** Why appends are refused now; empty if they are not. */
export function whyNotOpen(): string {
  if (phase == Phase.Failed) return storeFault;
  if (phase != Phase.Open) return progress();
  if (readOnly) return "the device is read-only";
  return checkReplaced() ? storeFault : "";
}

/** How far opening has come. */
export function progress(): string {
  if (phase == Phase.Closed) return "not started";
  if (phase == Phase.Loading) return "opening: reading the checkpoint";
  if (phase == Phase.Mapping) return "opening: reading the maps of contents";
  if (phase == Phase.Sweeping) return "opening: sweeping behind the log's end";
  const whole = max(sealedEnd, logEnd);
  return `opening: ${logEnd * 100 / whole}%, ${logEnd} of ${whole} octets`;
}

/** A snapshot was taken: another generation may write from now on. */
export function expectReplacement(): void {
  mayBeReplaced = true;
  dropUploads();
}

/**
 * Fails the store if another generation has appended to the device since: this
 * one's tables are then out of date, and it must open anew.
 */
export function checkReplaced(): bool {
  if (!mayBeReplaced || phase != Phase.Open) return false;
  const writer = lastWriter(records);
  if (writer == Writer.We) return false;
  if (writer == Writer.OtherSealed && !hasFollower()) return false;
  failStore("another generation has written to the device");
  return true;
}

/** Whether a record stands behind the last one that this life knows. */
function hasFollower(): bool {
  if (logEnd + blockOctets > capacity) return false;
  const block = heap.alloc(blockOctets);
  const follows = !readBlocks(logEnd, blockOctets, block) ||
    new Header().read(block, records, chain);
  heap.free(block);
  return follows;
}

/** What an idle store does: seals what was appended. */
export function idleStore(): void {
  if (phase != Phase.Open || readOnly || checkReplaced()) return;
  if (!isDistrusted()) noteTrouble(seal(wantsCopies()));
}

/**
 * Does a piece of a checkpoint, and begins one that is due; true while there
 * is more. A generation that may be replaced leaves the device to the other.
 */
export function checkpointOn(): bool {
  if (phase != Phase.Open || readOnly) return false;
  if (mayBeReplaced || isDistrusted()) {
    giveUpCheckpoint();
    return false;
  }
  if (!writing && !isCheckpointDue()) return false;
  const answer = writing ? checkpointPiece() : beginCheckpoint();
  if (answer == Wrote.Refused) noteTrouble(false);
  return writing;
}
