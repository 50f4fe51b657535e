/**
 * From any state to a device that takes requests: Virtio 1.2, section 3.1.1.
 *
 * Ends in a device that may be used, or in a reason. `setUp` waits for the reset, and
 * is bounded by the time that was allowed, whatever the device answers; who must not
 * wait asks for a reset, looks now and then whether it ended, and goes on then.
 */
import { noteFeatures, noteQueue, queueEntries } from "./agreed";
import { Kind } from "./kind";
import { RESET_LOOKS_MAX, RESET_PAUSE_US } from "./bounds";
import { found, isLost, lose, lossReason } from "./loss";
import { takeLeases } from "./memory";
import { isOver, waitInterrupt } from "./patience";
import {
  CONTROL_OCTETS,
  descriptorsAddress,
  deviceAddress,
  driverAddress,
  emptyQueue,
} from "./queue";
import { get, Register, set, setAddress, Status } from "./registers";

const MAGIC: u32 = 0x7472_6976;
const VERSION: u32 = 2;

/** Sets the device up anew; empty, or why it cannot be used. */
export function setUp(kind: Kind, dataOctets: u32): string {
  found();
  if (!reset()) return givenUp("it does not reset itself");
  return goOn(kind, dataOctets);
}

/** The same for a device that has reset itself; waits for nothing. */
export function setUpReset(kind: Kind, dataOctets: u32): string {
  found();
  return goOn(kind, dataOctets);
}

function goOn(kind: Kind, dataOctets: u32): string {
  const fault = fromReset(kind, dataOctets);
  return fault.length == 0 && !isLost ? "" : givenUp(fault);
}

function givenUp(fault: string): string {
  const reason = isLost ? lossReason : fault;
  // Tells the device that it was given up (section 2.1.2).
  if (!isLost) set(Register.Status, Status.Failed);
  lose(reason);
  return reason;
}

/** Asks the device to take itself out of use. */
export function askReset(): void {
  set(Register.Status, 0);
}

/** It has reset itself once the status reads as zero (section 4.2.3.1.1). */
export function isReset(): bool {
  return get(Register.Status) == 0;
}

/** Takes the device out of use; its memory is the driver's alone again. */
export function reset(): bool {
  askReset();
  for (let look: u32 = 0; look < RESET_LOOKS_MAX && !isLost; look++) {
    if (isReset()) return !isLost;
    if (isOver()) break;
    waitInterrupt(RESET_PAUSE_US);
  }
  return false;
}

function fromReset(kind: Kind, dataOctets: u32): string {
  if (get(Register.Magic) != MAGIC) return "no virtio device is there";
  const version = get(Register.Version);
  if (version != VERSION) return `its registers are of version ${version}`;
  const number = get(Register.DeviceId);
  if (number != kind.number) {
    return `it is a device of kind ${number}, not ${kind.name}`;
  }
  let status: u32 = Status.Acknowledge;
  set(Register.Status, status);
  status |= Status.Driver;
  set(Register.Status, status);
  const refused = negotiate(kind, status | Status.FeaturesOk);
  if (refused.length > 0) return refused;
  status |= Status.FeaturesOk;
  const fault = placeQueue(kind, dataOctets);
  if (fault.length > 0) return fault;
  status |= Status.DriverOk;
  set(Register.Status, status);
  return get(Register.Status) == status ? "" : "it does not start";
}

function negotiate(kind: Kind, status: u32): string {
  set(Register.DeviceFeaturesSelect, 0);
  const low = get(Register.DeviceFeatures);
  set(Register.DeviceFeaturesSelect, 1);
  const high = get(Register.DeviceFeatures);
  const agreed = (<u64> low | <u64> high << 32) & kind.wanted;
  const fault = noteFeatures(agreed);
  if (fault.length > 0) return fault;
  set(Register.DriverFeaturesSelect, 0);
  set(Register.DriverFeatures, <u32> agreed);
  set(Register.DriverFeaturesSelect, 1);
  set(Register.DriverFeatures, <u32> (agreed >> 32));
  set(Register.Status, status);
  return get(Register.Status) == status ? "" : "it refuses the features";
}

function placeQueue(kind: Kind, dataOctets: u32): string {
  set(Register.QueueSelect, 0);
  if (get(Register.QueueReady) != 0) return "its queue is in use";
  const small = noteQueue(kind, get(Register.QueueEntriesMax));
  if (small.length > 0) return small;
  const odd = kind.configure();
  if (odd.length > 0) return odd;
  const fault = takeLeases(CONTROL_OCTETS, dataOctets);
  if (fault.length > 0) return fault;
  emptyQueue();
  set(Register.QueueEntries, queueEntries);
  setAddress(Register.QueueDescriptors, descriptorsAddress());
  setAddress(Register.QueueDriver, driverAddress());
  setAddress(Register.QueueDevice, deviceAddress());
  set(Register.QueueReady, 1);
  return get(Register.QueueReady) == 1 ? "" : "it does not take the queue";
}
