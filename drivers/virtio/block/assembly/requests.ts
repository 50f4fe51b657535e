/**
 * The requests of a disk: Virtio 1.2, section 5.2.6.
 *
 * They are collected, given to the device as one batch, and waited for until all of
 * them are done. A status, like a length, is believed only as far as it can be true.
 */
import { requestsMax } from "../../shared/assembly/agreed";
import { REQUESTS_MAX } from "../../shared/assembly/bounds";
import { isLost, lose } from "../../shared/assembly/loss";
import { dataAddress } from "../../shared/assembly/memory";
import {
  addOwn,
  addPiece,
  collect,
  getOwn,
  offer,
  ownOctets,
  writtenOf,
} from "../../shared/assembly/queue";
import { segmentOctets } from "./device";
import { SECTOR_OCTETS } from "./limits";

export const enum Operation {
  Read = 0,
  Write = 1,
  Flush = 4,
  Discard = 11,
}

/** What became of a request; the device's own numbers. */
export const enum Outcome {
  Ok = 0,
  IoError = 1,
  Unsupported = 2,
}

/** The status, behind the header; and before the device wrote one. */
const STATUS_IN: u32 = 16;
const UNWRITTEN: u8 = 0xff;

const operations = new StaticArray<Operation>(REQUESTS_MAX);
const sectors = new StaticArray<u64>(REQUESTS_MAX);
/** Where its octets are in the data lease, and how many. */
const places = new StaticArray<u32>(REQUESTS_MAX);
const lengths = new StaticArray<u32>(REQUESTS_MAX);
const outcomes = new StaticArray<Outcome>(REQUESTS_MAX);
let count: u32 = 0;

/** Drops what was collected. */
export function clear(): void {
  count = 0;
}

export function hasRoom(): bool {
  return count < requestsMax;
}

/** Collects a request; `at` is where its octets are in the data lease. */
export function add(
  operation: Operation,
  sector: u64,
  at: u32,
  octets: u32,
): void {
  assert(hasRoom());
  operations[count] = operation;
  sectors[count] = sector;
  places[count] = at;
  lengths[count] = octets;
  count++;
}

/** Whether anything collected touches these sectors. */
export function touches(sector: u64, octets: u32): bool {
  const end = sector + octets / SECTOR_OCTETS;
  for (let i: u32 = 0; i < count; i++) {
    const other = sectors[i] + lengths[i] / SECTOR_OCTETS;
    if (sector < other && sectors[i] < end) return true;
  }
  return false;
}

/**
 * Gives the device all that was collected, and waits until it is done. False if
 * the device is lost. The worst outcome is `worst()`.
 */
export function run(): bool {
  if (count == 0) return true;
  offer(count, describe);
  if (isLost || !collect(0)) return false;
  for (let i: u32 = 0; i < count && !isLost; i++) judge(i);
  return !isLost;
}

/** The largest outcome: not `Ok` if any request failed. */
export function worst(): Outcome {
  let most: Outcome = Outcome.Ok;
  for (let i: u32 = 0; i < count; i++) {
    if (outcomes[i] > most) most = outcomes[i];
  }
  return most;
}

/** Header, octets, status. */
function describe(i: u32): void {
  const operation = operations[i];
  const isRead = operation == Operation.Read;
  const isAddressed = isRead || operation == Operation.Write;
  const own = ownOctets();
  store<u32>(own, operation);
  store<u64>(own, isAddressed ? sectors[i] : 0, 8);
  store<u8>(own, UNWRITTEN, STATUS_IN);
  addOwn(0, STATUS_IN, false);
  for (let from: u32 = 0; from < lengths[i]; from += segmentOctets) {
    const now = min(lengths[i] - from, segmentOctets);
    addPiece(dataAddress() + places[i] + from, now, isRead);
  }
  addOwn(STATUS_IN, 1, true);
}

/** Reads what became of a request, once. */
function judge(i: u32): void {
  const status = getOwn(i, STATUS_IN, 1)[0];
  const last = <u8> Outcome.Unsupported;
  if (status == UNWRITTEN) return lose("it wrote no status");
  if (status > last) return lose(`its status is ${status}`);
  outcomes[i] = status;
  if (status != Outcome.Ok || operations[i] != Operation.Read) return;
  const written = writtenOf(i);
  if (written != 1 + lengths[i]) {
    lose(`it read ${written} octets where ${1 + lengths[i]} were asked for`);
  }
}
