/**
 * Whether a tensor is what it should be, as ONNX's own runner judges it: the same
 * element and shape, and each number within `atol + rtol * |wanted|`.
 *
 * A NaN is equal to a NaN, an infinity to itself.
 */
import type { Element, Tensor } from "../../../../hal/npu_contract.ts";

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

type Numbers = (octets: Uint8Array<ArrayBuffer>) => ArrayLike<number | bigint>;

const NUMBERS: Readonly<Record<Element, Numbers>> = {
  float32: ({ buffer }) => new Float32Array(buffer),
  float64: ({ buffer }) => new Float64Array(buffer),
  int8: ({ buffer }) => new Int8Array(buffer),
  int16: ({ buffer }) => new Int16Array(buffer),
  int32: ({ buffer }) => new Int32Array(buffer),
  int64: ({ buffer }) => new BigInt64Array(buffer),
  uint8: (octets) => octets,
  uint16: ({ buffer }) => new Uint16Array(buffer),
  uint32: ({ buffer }) => new Uint32Array(buffer),
  uint64: ({ buffer }) => new BigUint64Array(buffer),
  boolean: (octets) => octets,
};

/** What is wrong with it; undefined where nothing is. */
export function difference(
  got: Tensor,
  wanted: Tensor,
  { rtol, atol }: Tolerance,
): string | undefined {
  const { name } = wanted;
  if (got.element !== wanted.element) {
    return `${name} is ${got.element}, not ${wanted.element}`;
  }
  if (String(got.shape) !== String(wanted.shape)) {
    return `${name} is [${got.shape}], not [${wanted.shape}]`;
  }
  const a = NUMBERS[got.element](got.octets.slice());
  const b = NUMBERS[got.element](wanted.octets.slice());
  for (let at = 0; at < b.length; at++) {
    const [x, y] = [Number(a[at]), Number(b[at])];
    if (a[at] === b[at] || Number.isNaN(x) && Number.isNaN(y)) continue;
    // Around an infinity everything would be near; a NaN is near to nothing.
    const isNumber = Number.isFinite(y);
    if (isNumber && Math.abs(x - y) <= atol + rtol * Math.abs(y)) continue;
    return `${name}[${at}] is ${x}, not ${y}`;
  }
  return a.length === b.length ? undefined : `${name} has ${a.length} numbers`;
}
