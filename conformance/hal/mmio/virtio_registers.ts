/**
 * The registers of a virtio disk over MMIO (Virtio 1.2, section 4.2.2), as the mmio
 * suite wants them, on any bus that shows such a device.
 */
import { ok, strictEqual } from "node:assert/strict";
import type { Place, Registers } from "./case.ts";
import type { Bus } from "../../../hal/bus_contract.ts";
import { STATUS } from "../../../hal/virtio_mmio.ts";

const VERSION_1 = 1;
const QUEUE_ENTRIES = 8;
const QUEUE_OCTETS = 4096;
const QUEUE_MAX = 0x34;

/** What only the bus's own peer knows. */
export interface DevicePeer {
  readonly features: bigint;
  config(): Uint8Array;
  readonly changeConfig?: () => void;
  /** Numbers of the queues that it was notified of since this was asked last. */
  heard(): readonly number[];
  /** Which bits of the interrupt status it can set. */
  readonly interrupts: readonly number[];
  interrupt(bit: number): void;
}

function set(bus: Bus, offset: number, value: number): void {
  strictEqual(bus.mmio.write(offset, "word", value).tag, "ok", `${offset}`);
}

function get(bus: Bus, offset: number): number {
  const answer = bus.mmio.read(offset, "word");
  return answer.tag === "ok" ? answer.val : -1;
}

/** Sets a device up with one queue (section 3.1.1), so that it hears. */
export function setUp(bus: Bus): void {
  set(bus, 0x70, 0);
  strictEqual(get(bus, 0x70), 0, "it does not reset itself");
  let status: number = STATUS.acknowledge | STATUS.driver;
  set(bus, 0x70, status);
  set(bus, 0x24, 1);
  set(bus, 0x20, VERSION_1);
  set(bus, 0x70, status |= STATUS.featuresOk);
  set(bus, 0x30, 0);
  set(bus, 0x38, QUEUE_ENTRIES);
  for (const offset of [0x80, 0x90, 0xa0]) {
    const lease = bus.dma.take(QUEUE_OCTETS);
    ok(lease.tag === "ok", "no lease");
    set(bus, offset, Number(lease.val.address & 0xffff_ffffn));
    set(bus, offset + 4, Number(lease.val.address >> 32n));
  }
  set(bus, 0x44, 1);
  set(bus, 0x70, status |= STATUS.driverOk);
  strictEqual(get(bus, 0x70), status, "it does not start");
}

const word = (offset: number): Place => ({ offset, width: "word" });

/** After `setUp`. */
export function registersOf(peer: DevicePeer): Registers {
  const half = (high: bigint) => Number((peer.features >> high) & 0xffff_ffffn);
  return {
    constants: [
      { ...word(0x00), value: 0x7472_6976 },
      { ...word(0x04), value: 2 },
      { ...word(0x08), value: 2 },
    ],
    // The queue is not looked at any more once the device runs.
    kept: [{ offset: 0x44, values: [0, 1, 0, 1] }],
    window: {
      offset: 0x100,
      octets: () => peer.config(),
      ...(peer.changeConfig && { change: peer.changeConfig }),
    },
    bell: { offset: 0x50, values: [0, 0, 0], heard: () => peer.heard() },
    bank: {
      select: 0x14,
      shown: 0x10,
      values: [[0, half(0n)], [1, half(32n)], [2, 0]],
    },
    flags: {
      shown: 0x60,
      clear: 0x64,
      bits: peer.interrupts,
      set: (bit) => peer.interrupt(bit),
    },
    unreadable: [
      ...[0x14, 0x20, 0x24, 0x30, 0x38, 0x50, 0x64, 0x80, 0xa4].map(word),
      ...[0x18, 0x1c, 0x40, 0x48, 0x58, 0xf8].map(word),
      { offset: 0x00, width: "octet" },
      { offset: 0x70, width: "half" },
      { offset: QUEUE_MAX, width: "octet" },
    ],
    unwritable: [
      ...[0x00, 0x04, 0x08, 0x0c, 0x10, QUEUE_MAX, 0x60, 0xfc].map(word),
      ...[0x18, 0x1c, 0x40, 0x48].map(word),
      word(0x100),
      { offset: 0x100, width: "octet" },
      { offset: 0x70, width: "octet" },
    ],
  };
}
