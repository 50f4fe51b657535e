/**
 * One split virtqueue: Virtio 1.2, section 2.7.
 *
 * Requests go to the device in batches, with one notification: while one is in
 * flight no other is given, so every descriptor is free before and after. A
 * descriptor is written and never read back; of what the device writes, index,
 * numbers and lengths are believed only as far as they can be true. What is in the
 * buffers is for the driver to judge.
 */
import {
  chainMax,
  hasEventIndex,
  hasIndirect,
  queueEntries,
  requestsMax,
} from "./agreed";
import {
  CHAIN_MAX,
  QUEUE_ENTRIES_MAX,
  REQUESTS_MAX,
  SLICE_US,
  WAKES_MAX,
} from "./bounds";
import { isLost, lose } from "./loss";
import { controlAddress, getControl, putControl, putControl16 } from "./memory";
import { isOver, waitInterrupt } from "./patience";
import { get, Interrupt, needsReset, Register, set } from "./registers";

const DESCRIPTOR_OCTETS: u32 = 16;
const NEXT: u16 = 1;
const DEVICE_WRITES: u16 = 2;
const IS_INDIRECT: u16 = 4;
const NO_NOTIFY: u16 = 1;

/** Places in the control lease, for the largest queue. */
const DRIVER_AT: u32 = DESCRIPTOR_OCTETS * QUEUE_ENTRIES_MAX;
const DEVICE_AT: u32 = (DRIVER_AT + 6 + 2 * QUEUE_ENTRIES_MAX + 15) & ~15;
const SLOTS_AT: u32 = (DEVICE_AT + 6 + 8 * QUEUE_ENTRIES_MAX + 15) & ~15;
/** A slot: octets of the driver's own that the device sees, the indirect table. */
export const OWN_OCTETS: u32 = 32;
const SLOT_OCTETS: u32 = OWN_OCTETS + DESCRIPTOR_OCTETS * CHAIN_MAX;
export const CONTROL_OCTETS: u32 = SLOTS_AT + SLOT_OCTETS * REQUESTS_MAX;

/** Octets that the device may write, all in all, and says that it wrote. */
const writable = new StaticArray<u32>(REQUESTS_MAX);
const written = new StaticArray<u32>(REQUESTS_MAX);
const isDone = new StaticArray<bool>(REQUESTS_MAX);
/** Requests of the batch, and those of them that are in flight. */
let count: u32 = 0;
let left: u32 = 0;

/** Entries given and taken so far, as the rings count them. */
let given: u16 = 0;
let taken: u16 = 0;
let ring = new StaticArray<u8>(0);

/** The request whose descriptors are being written: where, and what number is next. */
let own: usize = 0;
let table: usize = 0;
let first: u32 = 0;
let pieces: u32 = 0;
let current: u32 = 0;

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
  left = 0;
  ring = new StaticArray<u8>(2 * queueEntries);
  putControl(0, new StaticArray<u8>(SLOTS_AT));
}

/** Requests in flight. */
export function inFlight(): u32 {
  return left;
}

/** Whether the device did this request of the batch. */
export function isRequestDone(i: u32): bool {
  return isDone[i];
}

/** Octets that it says it wrote for a request that is done. */
export function writtenOf(i: u32): u32 {
  return written[i];
}

/** The driver's own octets of a request, as the device left them. */
export function getOwn(i: u32, at: u32, length: u32): StaticArray<u8> {
  return getControl(SLOTS_AT + i * SLOT_OCTETS + at, length);
}

/** Where the request that is being described has its own octets; zeroed. */
export function ownOctets(): usize {
  return own;
}

/** One descriptor more for that request: some of its own octets. */
export function addOwn(at: u32, octets: u32, deviceWrites: bool): void {
  const slot = controlAddress() + SLOTS_AT + current * SLOT_OCTETS;
  addPiece(slot + at, octets, deviceWrites);
}

/** One descriptor more for that request. What the device writes comes last. */
export function addPiece(
  address: u64,
  octets: u32,
  deviceWrites: bool,
): void {
  assert(pieces < chainMax);
  if (pieces > 0) {
    const before = table + (pieces - 1) * DESCRIPTOR_OCTETS;
    store<u16>(before, load<u16>(before, 12) | NEXT, 12);
    store<u16>(before, <u16> (first + pieces), 14);
  }
  const flags: u16 = deviceWrites ? DEVICE_WRITES : 0;
  put(table + pieces * DESCRIPTOR_OCTETS, address, octets, flags);
  if (deviceWrites) writable[current] += octets;
  pieces++;
}

function put(to: usize, address: u64, octets: u32, flags: u16): void {
  store<u64>(to, address);
  store<u32>(to, octets, 8);
  store<u16>(to, flags, 12);
  store<u16>(to, 0, 14);
}

/**
 * Gives the device a batch, as `write` describes each request of it: descriptors
 * and ring, then the index, then the notification (section 2.7.13).
 */
export function offer(requests: u32, write: (i: u32) => void): void {
  assert(left == 0 && requests > 0 && requests <= requestsMax);
  count = requests;
  left = requests;
  const isIndirect = hasIndirect();
  const slots = new StaticArray<u8>(count * SLOT_OCTETS);
  const step = isIndirect ? 1 : chainMax;
  const heads = new StaticArray<u8>(count * step * DESCRIPTOR_OCTETS);
  for (let i: u32 = 0; i < count; i++) {
    const head = changetype<usize>(heads) + i * step * DESCRIPTOR_OCTETS;
    own = changetype<usize>(slots) + i * SLOT_OCTETS;
    table = isIndirect ? own + OWN_OCTETS : head;
    first = isIndirect ? 0 : i * step;
    pieces = 0;
    current = i;
    writable[i] = 0;
    isDone[i] = false;
    write(i);
    if (isIndirect) {
      const address = controlAddress() + SLOTS_AT + i * SLOT_OCTETS;
      const octets = pieces * DESCRIPTOR_OCTETS;
      put(head, address + OWN_OCTETS, octets, IS_INDIRECT);
    }
    const entry = (given + <u16> i) & <u16> (queueEntries - 1);
    store<u16>(changetype<usize>(ring) + 2 * entry, <u16> (i * step));
  }
  publish(slots, heads);
}

function publish(slots: StaticArray<u8>, heads: StaticArray<u8>): void {
  putControl(SLOTS_AT, slots);
  putControl(0, heads);
  putControl(DRIVER_AT + 4, ring);
  // One interrupt, after the last of them (section 2.7.7.2).
  if (hasEventIndex()) {
    putControl16(DRIVER_AT + 4 + 2 * queueEntries, taken + <u16> (count - 1));
  }
  const before = given;
  given += <u16> count;
  putControl16(DRIVER_AT + 2, given);
  if (isNotified(before)) notify();
}

export function notify(): void {
  set(Register.QueueNotify, 0);
}

/** Whether the device wants to be told (section 2.7.10). */
function isNotified(before: u16): bool {
  const at = hasEventIndex() ? DEVICE_AT + 4 + 8 * queueEntries : DEVICE_AT;
  const word = load<u16>(changetype<usize>(getControl(at, 2)));
  if (!hasEventIndex()) return (word & NO_NOTIFY) == 0;
  return <u16> (given - word - 1) < <u16> (given - before);
}

/** Takes what the device did since, and waits for nothing; false if it is lost. */
export function look(): bool {
  const index = load<u16>(changetype<usize>(getControl(DEVICE_AT + 2, 2)));
  const fresh: u32 = <u16> (index - taken);
  if (isLost) return false;
  if (fresh > left) return no(`it says that it did ${fresh} of ${left}`);
  for (let k: u32 = 0; k < fresh; k++) {
    if (!takeOne()) return false;
  }
  left -= fresh;
  return true;
}

/** Waits until no more than `most` are in flight; false if the device is lost. */
export function collect(most: u32): bool {
  for (let wakes: u32 = 0; wakes < WAKES_MAX; wakes++) {
    if (!look()) return false;
    if (left <= most) return true;
    if (isOver()) return no("it does not answer in time");
    const came = waitInterrupt(SLICE_US);
    const isOdd = acknowledge() || !came;
    if (isOdd && needsReset()) return no("it needs a reset");
    // Whichever of notification and interrupt was lost, this brings it back.
    if (!came) notify();
    if (isLost) return false;
  }
  return no("its interrupts do not end");
}

/** Lets the line go; true if the device says that it has changed. */
export function acknowledge(): bool {
  const what = get(Register.InterruptStatus);
  const known: u32 = Interrupt.Used | Interrupt.Configuration;
  if ((what & known) != 0) set(Register.InterruptAcknowledge, what & known);
  return (what & Interrupt.Configuration) != 0;
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
  if (length > writable[i]) {
    return no(`it wrote ${length} octets where ${writable[i]} are`);
  }
  isDone[i] = true;
  written[i] = length;
  taken++;
  return true;
}
