/**
 * Octets of a virtio entropy device: Virtio 1.2, section 5.4.
 *
 * Buffers are lent to the device ahead of need, and a draw takes what it has filled:
 * no draw waits, neither for octets nor for a reset. A device that is lost is asked
 * to reset itself, and looked at with each further draw until it has.
 */
import {
  EVENT_INDEX,
  requestsMax,
  VERSION_1,
} from "../../shared/assembly/agreed";
import { REQUESTS_MAX } from "../../shared/assembly/bounds";
import { Kind } from "../../shared/assembly/kind";
import { isLost, lose, lossReason } from "../../shared/assembly/loss";
import { dataAddress, getData, putData } from "../../shared/assembly/memory";
import { allow } from "../../shared/assembly/patience";
import {
  acknowledge,
  addPiece,
  collect,
  inFlight,
  isRequestDone,
  look,
  notify,
  offer,
  writtenOf,
} from "../../shared/assembly/queue";
import { needsReset } from "../../shared/assembly/registers";
import {
  askReset,
  isReset,
  setUp,
  setUpReset,
} from "../../shared/assembly/setup";
import { doubt } from "./doubt";
import {
  ATTEMPTS_MAX,
  BATCH_OCTETS,
  BUFFER_OCTETS,
  KICK_EVERY,
  PATIENCE_MAX,
  POOL_OCTETS,
  ROUNDS_MAX,
} from "./limits";
import { drain, empty, pooled, pour } from "./pool";
import { fillUs, patience, resetUs } from "./settings";

/** Why the last draw failed; empty if it was dry, or went well. */
export let failure: string = "";
/** What is wrong with the device; empty if nothing is. */
let trouble: string = "";
let isResetting: bool = false;
/** Draws in a row that found no octet, and how many may. */
let dry: u32 = 0;
let dryMax: u32 = 0;
/** Requests of the batch whose octets were taken in. */
const isTaken = new StaticArray<bool>(REQUESTS_MAX);
/** Requests of the batch. */
let lent: u32 = 0;

/** It has neither features of its own nor a configuration. */
const SOURCE = new Kind(
  4,
  "a source of entropy",
  EVENT_INDEX | VERSION_1,
  1,
  1,
  () => "",
);

/** Why the driver is not well; empty if it is. */
export function sourceTrouble(): string {
  return isLost ? `the device was lost: ${lossReason}` : trouble;
}

/** Finds the device, and waits for its first octets; empty, or why there are none. */
export function openSource(): string {
  dryMax = patience;
  let reason = "";
  for (let attempt: u32 = 0; attempt < ATTEMPTS_MAX; attempt++) {
    allow(resetUs);
    const fault = setUp(SOURCE, BATCH_OCTETS);
    if (fault.length > 0) return fault;
    allow(fillUs);
    lend();
    if (!isLost && collect(lent - 1)) takeIn();
    if (!isLost) return "";
    reason = lossReason;
    empty();
  }
  return reason;
}

/** `length` octets; null if there are not so many, or where the device is lost. */
export function drawOctets(length: u32): StaticArray<u8> | null {
  failure = "";
  for (let attempt: u32 = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (isLost && !revive()) return null;
    gather(length);
    if (isLost) continue;
    if (pooled < length) {
      noteDry();
      if (isLost) continue;
      return null;
    }
    trouble = "";
    const octets = drain(length);
    if (inFlight() == 0 && pooled + BATCH_OCTETS <= POOL_OCTETS) lend();
    return octets;
  }
  failure = `gone: ${lossReason}`;
  return null;
}

/** Takes in what the device has done, and lends anew as long as it is at once. */
function gather(length: u32): void {
  for (let round: u32 = 0; round < ROUNDS_MAX; round++) {
    if (inFlight() > 0) {
      if (!look()) return;
      takeIn();
    }
    if (isLost || pooled >= length || inFlight() > 0) return;
    lend();
    if (isLost) return;
  }
}

/** Lends the device all buffers, zeroed. */
function lend(): void {
  lent = requestsMax;
  putData(0, new StaticArray<u8>(lent * BUFFER_OCTETS));
  for (let i: u32 = 0; i < lent; i++) isTaken[i] = false;
  offer(lent, describe);
}

function describe(i: u32): void {
  addPiece(dataAddress() + i * BUFFER_OCTETS, BUFFER_OCTETS, true);
}

function takeIn(): void {
  let fresh: u32 = 0;
  for (let i: u32 = 0; i < lent; i++) {
    if (isTaken[i] || !isRequestDone(i)) continue;
    isTaken[i] = true;
    fresh++;
    const length = writtenOf(i);
    // At least one octet is its duty (section 5.4.6.2).
    if (length == 0) return lose("it gave a buffer back without an octet");
    const octets = getData(i * BUFFER_OCTETS, length);
    if (isLost) return;
    const why = doubt(octets);
    if (why.length > 0) return lose(why);
    pour(octets);
  }
  if (fresh == 0) return;
  acknowledge();
  dry = 0;
  dryMax = patience;
}

/** There is no clock here: a device that owes octets is asked so often. */
function noteDry(): void {
  dry++;
  if (needsReset()) return lose("it needs a reset");
  // A notification may have been lost.
  if (dry % KICK_EVERY == 1) notify();
  if (dry < dryMax) return;
  // It may be no more than slow: the next time it is given longer.
  dryMax = min(2 * dryMax, PATIENCE_MAX);
  lose(`it gave nothing, asked ${dry} times`);
}

/** One step towards a device that is there again; false if more are to come. */
function revive(): bool {
  const reason = lossReason;
  empty();
  if (!isResetting) dry = 0;
  // What was asked of a bus that failed then was not heard.
  if (dry++ % KICK_EVERY == 0) askReset();
  isResetting = !isReset();
  if (isResetting) {
    failure = `gone: ${reason}; it does not reset itself`;
    return false;
  }
  const fault = setUpReset(SOURCE, BATCH_OCTETS);
  if (fault.length > 0) {
    failure = `gone: ${fault}`;
    return false;
  }
  dry = 0;
  trouble = `the device was lost: ${reason}`;
  return true;
}
