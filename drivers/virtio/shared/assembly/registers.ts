/**
 * The registers of virtio over MMIO: Virtio 1.2, section 4.2.2.
 *
 * An access that the bus refuses marks the device as lost; what it read then is
 * all ones, as from a bus that nothing answers on.
 */
import { read, Width, write } from "./gen/mmio";
import { isLost, lose } from "./loss";

export const enum Register {
  Magic = 0x000,
  Version = 0x004,
  DeviceId = 0x008,
  DeviceFeatures = 0x010,
  DeviceFeaturesSelect = 0x014,
  DriverFeatures = 0x020,
  DriverFeaturesSelect = 0x024,
  QueueSelect = 0x030,
  QueueEntriesMax = 0x034,
  QueueEntries = 0x038,
  QueueReady = 0x044,
  QueueNotify = 0x050,
  InterruptStatus = 0x060,
  InterruptAcknowledge = 0x064,
  Status = 0x070,
  QueueDescriptors = 0x080,
  QueueDriver = 0x090,
  QueueDevice = 0x0a0,
  ConfigGeneration = 0x0fc,
  Config = 0x100,
}

/** Bits of the status (section 2.1). */
export const enum Status {
  Acknowledge = 1,
  Driver = 2,
  DriverOk = 4,
  FeaturesOk = 8,
  NeedsReset = 64,
  Failed = 128,
}

/** Bits of the interrupt status. */
export const enum Interrupt {
  Used = 1,
  Configuration = 2,
}

const NOTHING: u32 = 0xffff_ffff;

export function get(register: u32): u32 {
  const answer = read(register, Width.Word);
  if (answer.isOk) return answer.value;
  lose(`the bus does not read register ${register}`);
  return NOTHING;
}

export function set(register: u32, value: u32): void {
  const answer = write(register, Width.Word, value);
  if (!answer.isOk) lose(`the bus does not write register ${register}`);
}

/** An address, in a register of two words. */
export function setAddress(register: u32, address: u64): void {
  set(register, <u32> address);
  set(register + 4, <u32> (address >> 32));
}

/** Whether the device says, or shows, that it has to be reset. */
export function needsReset(): bool {
  const status = get(Register.Status);
  // Without DRIVER_OK it is not the device that was set up.
  return isLost || (status & Status.NeedsReset) != 0 ||
    (status & Status.DriverOk) == 0;
}
