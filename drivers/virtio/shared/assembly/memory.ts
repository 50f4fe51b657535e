/**
 * The two leases: one for the queue and its requests, one for data.
 *
 * They are taken once and as large as they can ever be needed, so a reset leaves
 * the device no memory that is not the driver's. What is read here is what the
 * device wrote, and may be anything.
 */
import { describe, Lease, read, take, write } from "./gen/dma";
import { lose } from "./loss";

let control: Lease | null = null;
let data: Lease | null = null;
let transferOctets: u32 = 0;

/** Takes the leases, the first time; empty, or why there is none. */
export function takeLeases(controlOctets: u32, dataOctets: u32): string {
  if (data != null) return "";
  const limits = describe();
  transferOctets = limits.transferMax & ~7;
  if (transferOctets == 0) return "the bus moves nothing";
  const first = take(controlOctets);
  if (!first.isOk) return `no memory of ${controlOctets} octets for the queue`;
  const second = take(dataOctets);
  if (!second.isOk) return `no memory of ${dataOctets} octets for data`;
  control = first.value;
  data = second.value;
  return "";
}

export function controlAddress(): u64 {
  return control!.address;
}

export function dataAddress(): u64 {
  return data!.address;
}

export function putControl(at: u32, octets: StaticArray<u8>): void {
  put(control!.number, at, octets);
}

/** One half word, which the device sees whole. */
export function putControl16(at: u32, value: u16): void {
  const octets = new StaticArray<u8>(2);
  store<u16>(changetype<usize>(octets), value);
  put(control!.number, at, octets);
}

/** `length` octets; all zero where the bus gives none. */
export function getControl(at: u32, length: u32): StaticArray<u8> {
  const octets = new StaticArray<u8>(length);
  fetch(control!.number, at, octets);
  return octets;
}

export function putData(at: u32, octets: StaticArray<u8>): void {
  put(data!.number, at, octets);
}

export function getData(at: u32, length: u32): StaticArray<u8> {
  const octets = new StaticArray<u8>(length);
  fetch(data!.number, at, octets);
  return octets;
}

function put(lease: u32, at: u32, octets: StaticArray<u8>): void {
  const length = <u32> octets.length;
  if (length <= transferOctets) return putOnce(lease, at, octets);
  for (let from: u32 = 0; from < length; from += transferOctets) {
    const now = min(length - from, transferOctets);
    const part = new StaticArray<u8>(now);
    memory.copy(changetype<usize>(part), changetype<usize>(octets) + from, now);
    putOnce(lease, at + from, part);
  }
}

function putOnce(lease: u32, at: u32, octets: StaticArray<u8>): void {
  if (!write(lease, at, octets).isOk) lose("the bus does not write memory");
}

function fetch(lease: u32, at: u32, into: StaticArray<u8>): void {
  const length = <u32> into.length;
  for (let from: u32 = 0; from < length; from += transferOctets) {
    const now = min(length - from, transferOctets);
    const answer = read(lease, at + from, now);
    if (!answer.isOk || <u32> answer.value.length != now) {
      return lose("the bus does not read memory");
    }
    memory.copy(
      changetype<usize>(into) + from,
      changetype<usize>(answer.value),
      now,
    );
  }
}
