/**
 * One split virtqueue: Virtio 1.2, section 2.7.
 *
 * Requests are collected, given to the device with one notification, and waited
 * for until all of them are done: so every descriptor is free before and after.
 * A descriptor is written and never read back; of what the device writes, index,
 * numbers, lengths and status are believed only as far as they can be true.
 */
import {
  chainMax,
  hasEventIndex,
  hasIndirect,
  queueEntries,
  requestsMax,
  segmentOctets,
} from "./device";
import {
  CHAIN_MAX,
  QUEUE_ENTRIES_MAX,
  REQUESTS_MAX,
  SECTOR_OCTETS,
  SLICE_US,
  WAKES_MAX,
} from "./limits";
import { isLost, lose } from "./loss";
import {
  controlAddress,
  dataAddress,
  getControl,
  putControl,
  putControl16,
} from "./memory";
import { isOver, waitInterrupt } from "./patience";
import { get, Interrupt, needsReset, Register, set } from "./registers";

/** Kinds of requests (section 5.2.6). */
export const enum Kind {
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

const DESCRIPTOR_OCTETS: u32 = 16;
const NEXT: u16 = 1;
const DEVICE_WRITES: u16 = 2;
const IS_INDIRECT: u16 = 4;
const NO_NOTIFY: u16 = 1;

/** Places in the control lease, for the largest queue. */
const DRIVER_AT: u32 = DESCRIPTOR_OCTETS * QUEUE_ENTRIES_MAX;
const DEVICE_AT: u32 = (DRIVER_AT + 6 + 2 * QUEUE_ENTRIES_MAX + 15) & ~15;
const SLOTS_AT: u32 = (DEVICE_AT + 6 + 8 * QUEUE_ENTRIES_MAX + 15) & ~15;
/** A slot: the header, the status, the indirect table. */
const STATUS_IN: u32 = 16;
const TABLE_IN: u32 = 32;
const SLOT_OCTETS: u32 = TABLE_IN + DESCRIPTOR_OCTETS * CHAIN_MAX;
export const CONTROL_OCTETS: u32 = SLOTS_AT + SLOT_OCTETS * REQUESTS_MAX;

/** The status before the device wrote one. */
const UNWRITTEN: u8 = 0xff;

const kinds = new StaticArray<Kind>(REQUESTS_MAX);
const sectors = new StaticArray<u64>(REQUESTS_MAX);
/** Where its octets are in the data lease, and how many. */
const places = new StaticArray<u32>(REQUESTS_MAX);
const lengths = new StaticArray<u32>(REQUESTS_MAX);
const isDone = new StaticArray<bool>(REQUESTS_MAX);
const written = new StaticArray<u32>(REQUESTS_MAX);
const outcomes = new StaticArray<Outcome>(REQUESTS_MAX);
let count: u32 = 0;

/** Entries given and taken so far, as the rings count them. */
let given: u16 = 0;
let taken: u16 = 0;
let ring = new StaticArray<u8>(0);

export function descriptorsAddress(): u64 {
  return controlAddress();
}
export function driverAddress(): u64 {
  return controlAddress() + DRIVER_AT;
}
export function deviceAddress(): u64 {
  return controlAddress() + DEVICE_AT;
}

/** A queue without entries, for a device that was reset. */
export function emptyQueue(): void {
  given = 0;
  taken = 0;
  count = 0;
  ring = new StaticArray<u8>(2 * queueEntries);
  putControl(0, new StaticArray<u8>(SLOTS_AT));
}

/** Drops what was collected. */
export function clear(): void {
  count = 0;
}

export function hasRoom(): bool {
  return count < requestsMax;
}

/** Collects a request; `at` is where its octets are in the data lease. */
export function add(kind: Kind, sector: u64, at: u32, octets: u32): void {
  assert(hasRoom());
  kinds[count] = kind;
  sectors[count] = sector;
  places[count] = at;
  lengths[count] = octets;
  isDone[count] = false;
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
  offer();
  if (isLost || !collect()) return false;
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

/** Writes descriptors and ring, then the index, then notifies (2.7.13). */
function offer(): void {
  const isIndirect = hasIndirect();
  const slots = new StaticArray<u8>(count * SLOT_OCTETS);
  const step = isIndirect ? 1 : chainMax;
  const table = new StaticArray<u8>(count * step * DESCRIPTOR_OCTETS);
  for (let i: u32 = 0; i < count; i++) {
    const slot = changetype<usize>(slots) + i * SLOT_OCTETS;
    store<u32>(slot, kinds[i]);
    store<u64>(slot, isAddressed(kinds[i]) ? sectors[i] : 0, 8);
    store<u8>(slot, UNWRITTEN, STATUS_IN);
    const own = changetype<usize>(table) + i * step * DESCRIPTOR_OCTETS;
    const to = isIndirect ? slot + TABLE_IN : own;
    const used = chain(i, to, isIndirect ? 0 : i * step);
    if (isIndirect) {
      const address = slotAddress(i) + TABLE_IN;
      describe(own, address, used * DESCRIPTOR_OCTETS, IS_INDIRECT, 0);
    }
    const entry = (given + <u16> i) & <u16> (queueEntries - 1);
    store<u16>(changetype<usize>(ring) + 2 * entry, <u16> (i * step));
  }
  putControl(SLOTS_AT, slots);
  putControl(0, table);
  putControl(DRIVER_AT + 4, ring);
  // One interrupt, after the last of them (section 2.7.7.2).
  if (hasEventIndex()) {
    putControl16(DRIVER_AT + 4 + 2 * queueEntries, taken + <u16> (count - 1));
  }
  const before = given;
  given += <u16> count;
  putControl16(DRIVER_AT + 2, given);
  if (isNotified(before)) set(Register.QueueNotify, 0);
}

function isAddressed(kind: Kind): bool {
  return kind == Kind.Read || kind == Kind.Write;
}

function slotAddress(i: u32): u64 {
  return controlAddress() + SLOTS_AT + i * SLOT_OCTETS;
}

/** The descriptors of a request: header, octets, status. Gives their number. */
function chain(i: u32, to: usize, first: u32): u32 {
  let n: u32 = 0;
  const at = (k: u32, base: usize): usize => base + k * DESCRIPTOR_OCTETS;
  describe(at(n, to), slotAddress(i), 16, NEXT, <u16> (first + n + 1));
  n++;
  const flags = kinds[i] == Kind.Read ? NEXT | DEVICE_WRITES : NEXT;
  for (let from: u32 = 0; from < lengths[i]; from += segmentOctets) {
    const now = min(lengths[i] - from, segmentOctets);
    const address = dataAddress() + places[i] + from;
    describe(at(n, to), address, now, flags, <u16> (first + n + 1));
    n++;
  }
  describe(at(n, to), slotAddress(i) + STATUS_IN, 1, DEVICE_WRITES, 0);
  n++;
  assert(n <= chainMax);
  return n;
}

function describe(
  to: usize,
  address: u64,
  octets: u32,
  flags: u16,
  next: u16,
): void {
  store<u64>(to, address);
  store<u32>(to, octets, 8);
  store<u16>(to, flags, 12);
  store<u16>(to, next, 14);
}

/** Whether the device wants to be told (section 2.7.10). */
function isNotified(before: u16): bool {
  const at = hasEventIndex() ? DEVICE_AT + 4 + 8 * queueEntries : DEVICE_AT;
  const word = load<u16>(changetype<usize>(getControl(at, 2)));
  if (!hasEventIndex()) return (word & NO_NOTIFY) == 0;
  return <u16> (given - word - 1) < <u16> (given - before);
}

/** Waits for all of them; false if the device is lost. */
function collect(): bool {
  let left = count;
  for (let wakes: u32 = 0; wakes < WAKES_MAX; wakes++) {
    const index = load<u16>(changetype<usize>(getControl(DEVICE_AT + 2, 2)));
    const fresh: u32 = <u16> (index - taken);
    if (isLost) return false;
    if (fresh > left) return no(`it says that it did ${fresh} of ${left}`);
    for (let k: u32 = 0; k < fresh; k++) {
      if (!takeOne()) return false;
    }
    left -= fresh;
    if (left == 0) return true;
    if (isOver()) return no("it does not answer in time");
    const came = waitInterrupt(SLICE_US);
    const what = get(Register.InterruptStatus);
    const known: u32 = Interrupt.Used | Interrupt.Configuration;
    if ((what & known) != 0) {
      set(Register.InterruptAcknowledge, what & known);
    }
    const isOdd = !came || (what & Interrupt.Configuration) != 0;
    if (isOdd && needsReset()) return no("it needs a reset");
    // Whichever of notification and interrupt was lost, this brings it back.
    if (!came) set(Register.QueueNotify, 0);
    if (isLost) return false;
  }
  return no("its interrupts do not end");
}

function no(reason: string): bool {
  lose(reason);
  return false;
}

/** Takes one entry of the used ring (section 2.7.8). */
function takeOne(): bool {
  const entry = taken & <u16> (queueEntries - 1);
  const octets = getControl(DEVICE_AT + 4 + 8 * <u32> entry, 8);
  const number = load<u32>(changetype<usize>(octets));
  const length = load<u32>(changetype<usize>(octets), 4);
  const step = hasIndirect() ? 1 : chainMax;
  const i = number / step;
  if (number % step != 0 || i >= count || isDone[i]) {
    return no(`it did request ${number}, which it was not given`);
  }
  const most: u32 = 1 + (kinds[i] == Kind.Read ? lengths[i] : 0);
  if (length > most) return no(`it wrote ${length} octets where ${most} are`);
  isDone[i] = true;
  written[i] = length;
  taken++;
  return true;
}

/** Reads what became of a request, once. */
function judge(i: u32): void {
  const at = SLOTS_AT + i * SLOT_OCTETS + STATUS_IN;
  const status = getControl(at, 1)[0];
  const last = <u8> Outcome.Unsupported;
  if (status == UNWRITTEN) return lose("it wrote no status");
  if (status > last) return lose(`its status is ${status}`);
  outcomes[i] = status;
  const most: u32 = 1 + lengths[i];
  if (
    status == Outcome.Ok && kinds[i] == Kind.Read && written[i] != most
  ) lose(`it read ${written[i]} octets where ${most} were asked for`);
}
