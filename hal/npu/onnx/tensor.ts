/** A tensor inside an ONNX file, as it lies there; its octets are looked at later. */
import {
  append,
  BadModel,
  fieldsOf,
  floats,
  integer,
  integers,
  octets,
  text,
} from "./wire.ts";

export interface TensorValue {
  readonly name: string;
  readonly dataType: bigint;
  readonly shape: readonly number[];
  readonly raw?: Uint8Array;
  readonly floats: readonly number[];
  readonly integers: readonly bigint[];
}

/** More elements than any file has octets. */
const ELEMENTS_MAX = 2 ** 32;
const EXTERNAL = 1n;

export function readTensor(message: Uint8Array): TensorValue {
  let name = "";
  let dataType = 0n;
  const shape: number[] = [];
  let raw: Uint8Array | undefined;
  const numbers: number[] = [];
  const wholes: bigint[] = [];
  for (const field of fieldsOf(message)) {
    if (field.at === 1) append(shape, integers(field).map(lengthOf));
    if (field.at === 2) dataType = integer(field);
    if (field.at === 3) throw new BadModel("a tensor is in segments");
    if (field.at === 4) append(numbers, floats(field));
    if (field.at === 7) append(wholes, integers(field));
    if (field.at === 8) name = text(field);
    if (field.at === 9) raw = octets(field);
    if (
      field.at === 13 || field.at === 14 && integer(field) === EXTERNAL
    ) throw new BadModel(`the tensor ${name} lies outside of the file`);
  }
  const count = shape.reduce((product, length) => product * length, 1);
  if (count > ELEMENTS_MAX) {
    throw new BadModel(`the tensor ${name} is too large`);
  }
  const value = { name, dataType, shape, floats: numbers, integers: wholes };
  return raw === undefined ? value : { ...value, raw };
}

function lengthOf(length: bigint): number {
  if (length >= 0n && length <= ELEMENTS_MAX) return Number(length);
  throw new BadModel(`a dimension is ${length}`);
}
