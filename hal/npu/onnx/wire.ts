/**
 * The fields of one protobuf message, in order, without a copy.
 *
 * Octets are anybody's: what is cut, too long or of a type that proto2 and proto3
 * do not have is `BadModel`, never anything else.
 *
 * Deliberately absent: groups, and writing.
 */

/** Octets that are no model, or none that is taken; the message says why. */
export class BadModel extends Error {
  override readonly name = "BadModel";
}

export type Field =
  | { readonly at: number; readonly wire: "varint"; readonly value: bigint }
  | { readonly at: number; readonly wire: "octets"; readonly value: Uint8Array }
  /** Four or eight octets. */
  | { readonly at: number; readonly wire: "fixed"; readonly value: Uint8Array };

const VARINT_OCTETS_MAX = 10;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export function* fieldsOf(octets: Uint8Array): Generator<Field> {
  const cursor = new Cursor(octets);
  while (cursor.left > 0) {
    const key = Number(BigInt.asUintN(35, cursor.varint()));
    const at = Math.floor(key / 8);
    if (at === 0) throw new BadModel("a field has the number 0");
    switch (key % 8) {
      case 0:
        yield { at, wire: "varint", value: cursor.varint() };
        break;
      case 1:
        yield { at, wire: "fixed", value: cursor.take(8) };
        break;
      case 2: {
        const length = cursor.varint();
        if (length > BigInt(cursor.left)) throw new BadModel("it is cut");
        yield { at, wire: "octets", value: cursor.take(Number(length)) };
        break;
      }
      case 5:
        yield { at, wire: "fixed", value: cursor.take(4) };
        break;
      default:
        throw new BadModel(`field ${at} has the wire type ${key % 8}`);
    }
  }
}

class Cursor {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < VARINT_OCTETS_MAX; i++) {
      const [octet = 0] = this.take(1);
      value |= BigInt(octet & 0x7f) << BigInt(7 * i);
      if (octet < 0x80) return BigInt.asUintN(64, value);
    }
    throw new BadModel("a number has more than ten octets");
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new BadModel("it is cut");
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }
}

export function octets(field: Field): Uint8Array {
  if (field.wire === "octets") return field.value;
  throw new BadModel(`field ${field.at} is no text, octets or message`);
}

export function text(field: Field): string {
  try {
    return utf8.decode(octets(field));
  } catch (error) {
    if (error instanceof BadModel) throw error;
    throw new BadModel(`field ${field.at} is no UTF-8`);
  }
}

export function integer(field: Field): bigint {
  if (field.wire === "varint") return BigInt.asIntN(64, field.value);
  throw new BadModel(`field ${field.at} is no integer`);
}

export function float(field: Field): number {
  if (field.wire === "fixed" && field.value.length === 4) {
    return viewOf(field.value).getFloat32(0, true);
  }
  throw new BadModel(`field ${field.at} is no float`);
}

/** One or, packed, several. */
export function integers(field: Field): bigint[] {
  if (field.wire === "varint") return [integer(field)];
  const cursor = new Cursor(octets(field));
  const all: bigint[] = [];
  while (cursor.left > 0) all.push(BigInt.asIntN(64, cursor.varint()));
  return all;
}

/** One or, packed, several. */
export function floats(field: Field): number[] {
  if (field.wire === "fixed") return [float(field)];
  const packed = octets(field);
  if (packed.length % 4 !== 0) throw new BadModel("floats are cut");
  const view = viewOf(packed);
  return Array.from(
    { length: packed.length / 4 },
    (_, at) => view.getFloat32(4 * at, true),
  );
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A call takes only so many arguments, and a file has as many as it likes. */
export function append<T>(all: T[], some: readonly T[]): void {
  for (const one of some) all.push(one);
}
