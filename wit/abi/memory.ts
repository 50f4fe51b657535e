/**
 * An instance's memory as generated code sees it: checked on lifting, fresh after growth.
 *
 * Rely on: every pointer and length that comes from the cell is checked before it is used, and what lifting gives is a
 * copy that the caller owns. A `Memory` is made once per instance and direction, not per call.
 */
import type { CoreFunction, CoreInstance, Room } from "./binding.ts";
import { AbiFault, fault } from "./fault.ts";
import { LIFTED_ELEMENT_OCTETS_MIN, LIFTED_OCTETS_MAX } from "./limits.ts";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** A list whose place is used again may have grown by an eighth. */
const SPARE_SHIFT = 3;

/** Strings up to this many octets are tried as ASCII without the decoder. */
const SHORT_OCTETS = 48;

export class Memory {
  view: DataView<ArrayBuffer>;
  u8: Uint8Array<ArrayBuffer>;
  /** Octets of the string that was lowered last. */
  lowered = 0;
  /** Octets that the current call may still lift. */
  #left = LIFTED_OCTETS_MAX;

  constructor(readonly core: CoreInstance) {
    const buffer = core.memory.buffer as ArrayBuffer;
    this.view = new DataView(buffer);
    this.u8 = new Uint8Array(buffer);
  }

  /** Looks at the memory again if it grew; a grown memory's old buffer has no length. */
  refresh(): void {
    if (this.u8.length === 0) this.#renew();
  }

  #renew(): void {
    const buffer = this.core.memory.buffer as ArrayBuffer;
    this.view = new DataView(buffer);
    this.u8 = new Uint8Array(buffer);
  }

  /** Begins lifting: fresh views, a fresh allowance. */
  begin(): void {
    this.#left = LIFTED_OCTETS_MAX;
    if (this.u8.length === 0) this.#renew();
  }

  /** Checks that a region lies inside the memory and is aligned; gives its start. */
  region(at: number, size: number, align: number): number {
    const start = at >>> 0;
    if (start + size > this.u8.length) {
      fault(`${size} octets at ${start} lie outside the memory`);
    }
    if ((start & (align - 1)) !== 0) {
      fault(`address ${start} is not a multiple of ${align}`);
    }
    return start;
  }

  /** Checks the octets of a list; gives their start. */
  list(at: number, length: number, size: number, align: number): number {
    const count = length >>> 0;
    this.spend(count * Math.max(size, LIFTED_ELEMENT_OCTETS_MIN));
    return this.region(at, count * size, align);
  }

  /** Counts octets against the call's allowance. */
  spend(octets: number): void {
    this.#left -= octets;
    if (this.#left < 0) {
      fault(`more than ${LIFTED_OCTETS_MAX} octets in one call`);
    }
  }

  /** Start of a list of numbers that is about to be copied. */
  numbers(at: number, length: number, size: number): number {
    const octets = (length >>> 0) * size;
    this.spend(octets);
    return this.region(at, octets, size);
  }

  liftString(at: number, length: number): string {
    const octets = length >>> 0;
    const start = this.numbers(at, octets, 1);
    const { u8 } = this;
    if (octets <= SHORT_OCTETS) {
      let text = "";
      let i = 0;
      for (; i < octets; i++) {
        const octet = u8[start + i] as number;
        if (octet > 127) break;
        text += String.fromCharCode(octet);
      }
      if (i === octets) return text;
    }
    try {
      return DECODER.decode(u8.subarray(start, start + octets));
    } catch {
      fault("a string is not UTF-8");
    }
  }

  /** Memory inside the cell for arguments or results. */
  allocate(octets: number, align: number): number {
    return octets === 0 ? align : this.#block(0, 0, octets, align);
  }

  #block(old: number, before: number, octets: number, align: number): number {
    const { core } = this;
    core.isClosed = true;
    const at = core.realloc(old, before, align, octets) >>> 0;
    core.isClosed = false;
    if (this.u8.length === 0) this.#renew();
    return this.region(at, octets, align);
  }

  /**
   * Makes room for the next list of octets that the cell is given. It is written
   * to: memory that nobody has touched costs many times its copying.
   */
  expect(octets: number): void {
    if (octets === 0) return;
    const at = this.allocate(octets, 1);
    this.u8.fill(0, at, at + octets);
    this.core.room = { at, octets };
  }

  /** Room that was made ahead, as large as it is needed now. */
  #fitted({ at, octets: before }: Room, octets: number): number {
    this.core.room = undefined;
    this.refresh();
    return octets === before ? at : this.#block(at, before, octets, 1);
  }

  /** Copies a string into the cell; its length in octets is in `lowered`. Lone surrogates become U+FFFD. */
  lowerString(text: string): number {
    const { length } = text;
    if (length > SHORT_OCTETS) {
      const octets = ENCODER.encode(text);
      const at = this.allocate(octets.length, 1);
      this.u8.set(octets, at);
      this.lowered = octets.length;
      return at;
    }
    let wide = 0;
    for (let i = 0; i < length; i++) wide |= text.charCodeAt(i);
    if (wide > 127) return this.#lowerWide(text);
    const at = this.allocate(length, 1);
    const { u8 } = this;
    for (let i = 0; i < length; i++) u8[at + i] = text.charCodeAt(i);
    this.lowered = length;
    return at;
  }

  /** A short string with characters outside ASCII: measured, then written, without an object in between. */
  #lowerWide(text: string): number {
    let octets = 0;
    for (const character of text) {
      const scalar = character.codePointAt(0) as number;
      octets += scalar < 0x80
        ? 1
        : scalar < 0x800
        ? 2
        : scalar < 0x10000
        ? 3
        : 4;
    }
    const start = this.allocate(octets, 1);
    const { u8 } = this;
    let at = start;
    for (const character of text) {
      let scalar = character.codePointAt(0) as number;
      if (scalar >= 0xd800 && scalar <= 0xdfff) scalar = 0xfffd;
      if (scalar < 0x80) {
        u8[at++] = scalar;
        continue;
      }
      const more = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
      u8[at++] = (0xff00 >> (more + 1) & 0xff) | scalar >> (6 * more);
      for (let left = more - 1; left >= 0; left--) {
        u8[at++] = 0x80 | (scalar >> (6 * left) & 0x3f);
      }
    }
    this.lowered = octets;
    return start;
  }

  liftU8(at: number, length: number): Uint8Array {
    const start = this.numbers(at, length, 1);
    const end = start + (length >>> 0);
    const { spare } = this.core;
    if (spare === undefined) return this.u8.slice(start, end);
    this.core.spare = undefined;
    const size = end - start;
    const into = spare.length >= size
      ? spare
      : new Uint8Array(size + (size >> SPARE_SHIFT));
    into.set(this.u8.subarray(start, end));
    return into.subarray(0, size);
  }

  /** Copies octets for a typed array of wider numbers. */
  octets(at: number, length: number, size: number): ArrayBuffer {
    const start = this.numbers(at, length, size);
    return this.u8.buffer.slice(start, start + (length >>> 0) * size);
  }

  lowerU8(list: Uint8Array): number {
    const { room } = this.core;
    const at = room === undefined || list.length === 0
      ? this.allocate(list.length, 1)
      : this.#fitted(room, list.length);
    if (list.length !== 0) this.u8.set(list, at);
    return at;
  }

  /** Copies a typed array of wider numbers into the cell. */
  lowerNumbers(list: ArrayBufferView, size: number): number {
    const octets = list.byteLength;
    const at = this.allocate(octets, size);
    if (octets !== 0) {
      this.u8.set(
        new Uint8Array(list.buffer, list.byteOffset, octets),
        at,
      );
    }
    return at;
  }
}

const SCRATCH = new DataView(new ArrayBuffer(8));

/** The bits of a float as joined flat types carry them. */
export function bitsOfF32(value: number): number {
  SCRATCH.setFloat32(0, value);
  return SCRATCH.getInt32(0);
}

export function f32OfBits(bits: number): number {
  SCRATCH.setInt32(0, bits);
  return SCRATCH.getFloat32(0);
}

export function bitsOfF64(value: number): bigint {
  SCRATCH.setFloat64(0, value);
  return SCRATCH.getBigInt64(0);
}

export function f64OfBits(bits: bigint): number {
  SCRATCH.setBigInt64(0, bits);
  return SCRATCH.getFloat64(0);
}

/** A boolean from its number: as the canonical ABI has it, all but 0 are true. */
export function liftBool(value: number): boolean {
  return value !== 0;
}

/** A character from its scalar value. */
export function liftChar(value: number): string {
  const scalar = value >>> 0;
  if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff)) {
    fault(`${scalar} is no Unicode scalar value`);
  }
  return String.fromCodePoint(scalar);
}

/** The scalar value of a string of one character. */
export function lowerChar(text: string): number {
  const scalar = text.codePointAt(0);
  if (scalar === undefined || String.fromCodePoint(scalar) !== text) {
    throw new TypeError(`"${text}" is not one character`);
  }
  if (scalar >= 0xd800 && scalar <= 0xdfff) {
    throw new TypeError("a lone surrogate is no character");
  }
  return scalar;
}

/** A name from its number. */
export function liftEnum<T>(names: readonly T[], value: number): T {
  const name = names[value >>> 0];
  if (name === undefined) fault(`${value >>> 0} is no case`);
  return name;
}

/** A number from its name. */
export function lowerEnum(
  numbers: Record<string, number>,
  name: string,
): number {
  const number = numbers[name];
  if (number === undefined) throw new TypeError(`"${name}" is no case`);
  return number;
}

/** The error for a host value that no case fits. */
export function badValue(): TypeError {
  return new TypeError("a value that no case of its type fits");
}

/** The error for a discriminant that no case has. */
export function badCase(): AbiFault {
  return new AbiFault("a discriminant that no case has");
}

/** A core export that the contract needs; `F` is its core signature. */
export function coreFunction<F extends CoreFunction>(
  core: CoreInstance,
  name: string,
): F {
  const found = core.exports[name];
  if (typeof found !== "function") {
    fault(`the core export "${name}" is missing`);
  }
  return found as unknown as F;
}

/** The function to call after lifting, if the cell has one. */
export function postReturn(
  core: CoreInstance,
  name: string,
): ((flat: number) => void) | undefined {
  const found = core.exports[`cabi_post_${name}`];
  if (typeof found !== "function") return undefined;
  return (flat) => {
    core.isClosed = true;
    found(flat);
    core.isClosed = false;
  };
}

/** Checks that the cell may call out now; every import begins with it. */
export function leave(core: CoreInstance): void {
  if (core.isClosed) {
    fault("it called out of its allocator or its clean-up");
  }
}
