/**
 * Values of contracts, as bindings lift and lower them, as octets.
 *
 * Canonical: equal values have equal octets. Self-describing: they are read
 * without their contract. Absent and `undefined` members are the same, and
 * members are ordered by name, so it does not matter who made a record.
 *
 * Deliberately absent: resources. They mean nothing outside of their call.
 */
import { FRAME_OCTETS_MAX, OCTETS_MAX, VALUE_DEPTH_MAX } from "./limits.ts";
import { Misread, type OctetReader, type OctetWriter } from "./octets.ts";

/** A value that no contract has. */
export class Unwritable extends Error {
  override readonly name = "Unwritable";
}

const TAG = {
  nothing: 0,
  no: 1,
  yes: 2,
  integer: 3,
  negative: 4,
  number: 5,
  wide: 6,
  wideNegative: 7,
  text: 8,
  octets: 9,
  numbers: 10,
  list: 11,
  record: 12,
} as const;

/** Lists of numbers wider than an octet, in the order of their codes. */
const ARRAYS = [
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
] as const;

const U64_END = 1n << 64n;

export function writeValue(
  out: OctetWriter,
  value: unknown,
  depth = 0,
): void {
  if (depth > VALUE_DEPTH_MAX) throw new Unwritable("nested too deep");
  switch (typeof value) {
    case "undefined":
      return out.byte(TAG.nothing);
    case "boolean":
      return out.byte(value ? TAG.yes : TAG.no);
    case "number":
      return writeNumber(out, value);
    case "bigint":
      return writeWide(out, value);
    case "string":
      out.byte(TAG.text);
      return out.text(value);
    case "object":
      if (value === null) break;
      return writeObject(out, value, depth + 1);
  }
  throw new Unwritable(`a ${value === null ? "null" : typeof value}`);
}

function writeNumber(out: OctetWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.byte(TAG.number);
    return out.f64(value);
  }
  out.byte(value < 0 ? TAG.negative : TAG.integer);
  out.count(Math.abs(value));
}

function writeWide(out: OctetWriter, value: bigint): void {
  const size = value < 0n ? -value : value;
  if (size >= U64_END) throw new Unwritable("an integer past 64 bits");
  out.byte(value < 0n ? TAG.wideNegative : TAG.wide);
  out.u64(size);
}

function writeObject(out: OctetWriter, value: object, depth: number): void {
  if (value instanceof Uint8Array) {
    out.byte(TAG.octets);
    return writeOctets(out, value);
  }
  if (Array.isArray(value)) {
    out.byte(TAG.list);
    out.count(value.length);
    for (const item of value) writeValue(out, item, depth);
    return;
  }
  if (ArrayBuffer.isView(value)) return writeNumbers(out, value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1);
  out.byte(TAG.record);
  out.count(members.length);
  for (const [name, member] of members) {
    out.text(name);
    writeValue(out, member, depth);
  }
}

/** Zeros at the end are counted only: an empty device is read in large pieces. */
function writeOctets(out: OctetWriter, value: Uint8Array): void {
  let kept = value.length;
  while (kept > 0 && value[kept - 1] === 0) kept -= 1;
  out.count(value.length);
  out.octets(value.subarray(0, kept));
}

function readOctets(from: OctetReader): Uint8Array {
  const length = from.count();
  const kept = from.octets();
  if (length < kept.length || length > OCTETS_MAX) {
    throw new Misread(`a list of ${length} octets`);
  }
  // Five octets may stand for many millions: only so many in all.
  from.zeros += length - kept.length;
  if (from.zeros > FRAME_OCTETS_MAX) throw new Misread("too many zeros");
  const octets = new Uint8Array(length);
  octets.set(kept);
  return octets;
}

function writeNumbers(out: OctetWriter, value: ArrayBufferView): void {
  const code = ARRAYS.findIndex((kind) => value instanceof kind);
  if (code < 0) throw new Unwritable("an unknown kind of octets");
  out.byte(TAG.numbers);
  out.byte(code);
  out.octets(
    new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
  );
}

/** Reads one value; throws `Misread`. What it gives is the caller's. */
export function readValue(from: OctetReader, depth = 0): unknown {
  if (depth > VALUE_DEPTH_MAX) throw new Misread("values nest too deep");
  const tag = from.byte();
  switch (tag) {
    case TAG.nothing:
      return undefined;
    case TAG.no:
      return false;
    case TAG.yes:
      return true;
    case TAG.integer:
      return from.count();
    case TAG.negative:
      return -from.count();
    case TAG.number:
      return from.f64();
    case TAG.wide:
      return from.u64();
    case TAG.wideNegative:
      return -from.u64();
    case TAG.text:
      return from.text();
    case TAG.octets:
      return readOctets(from);
    case TAG.numbers:
      return readNumbers(from);
    case TAG.list:
      return Array.from(
        { length: counted(from) },
        () => readValue(from, depth + 1),
      );
    case TAG.record:
      return Object.fromEntries(
        Array.from(
          { length: counted(from) },
          () => [from.text(), readValue(from, depth + 1)],
        ),
      );
  }
  throw new Misread(`there is no value of kind ${tag}`);
}

/** Each item has an octet at least. */
function counted(from: OctetReader): number {
  const count = from.count();
  if (count > from.left) throw new Misread("a list is longer than its octets");
  return count;
}

function readNumbers(from: OctetReader): unknown {
  const kind = ARRAYS[from.byte()];
  const octets = from.octets().slice();
  if (kind === undefined) throw new Misread("an unknown kind of numbers");
  const { BYTES_PER_ELEMENT: size } = kind;
  if (octets.length % size !== 0) throw new Misread("half a number");
  return new kind(octets.buffer);
}
