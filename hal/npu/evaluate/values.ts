/** Tensors of the evaluator: float32 and int64, as the platform's typed arrays. */
import type { Element, Tensor } from "../../npu_contract.ts";
import { NpuRejected } from "../link.ts";
import { ELEMENTS } from "../onnx/interface.ts";
import type { TensorValue } from "../onnx/tensor.ts";
import { countOf } from "../tensors.ts";

export type Value =
  | {
    readonly element: "float32";
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }
  | {
    readonly element: "int64";
    readonly shape: readonly number[];
    readonly data: BigInt64Array;
  };

/** Elements of one value: what is asked for must not exhaust the memory. */
const ELEMENTS_MAX = 1 << 26;

/** A place for so many elements, which are zero. */
export function blank(
  element: Element | undefined,
  shape: readonly number[],
): Value {
  const count = countOf(shape);
  if (count > ELEMENTS_MAX) {
    throw new NpuRejected(
      `a value has ${count} elements, over ${ELEMENTS_MAX}`,
    );
  }
  if (element === "float32") {
    return { element, shape, data: new Float32Array(count) };
  }
  if (element === "int64") {
    return { element, shape, data: new BigInt64Array(count) };
  }
  throw new NpuRejected(`tensors of ${element ?? "that type"} are absent here`);
}

export function fromTensor({ element, shape, octets }: Tensor): Value {
  return filled(blank(element, [...shape]), octets);
}

/** The octets of a value; typed arrays are little-endian wherever Karyon runs. */
export function toTensor(
  name: string,
  { element, shape, data }: Value,
): Tensor {
  const octets = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    name,
    element,
    shape: Uint32Array.from(shape),
    octets: octets.slice(),
  };
}

export function fromFile(value: TensorValue): Value {
  const { name, dataType, shape, raw, floats, integers } = value;
  const element = ELEMENTS.get(dataType);
  // Looked at before memory is asked for: the file says how much there is.
  const given = raw === undefined
    ? (element === "float32" ? floats : integers).length
    : raw.length / (element === "float32" ? 4 : 8);
  if (given !== countOf(shape)) {
    throw new NpuRejected(`the tensor ${name} has not the octets of its shape`);
  }
  const place = blank(element, shape);
  if (raw !== undefined) return filled(place, raw);
  if (place.element === "float32") place.data.set(floats);
  else place.data.set(integers);
  return place;
}

function filled(value: Value, octets: Uint8Array): Value {
  const { buffer, byteOffset, byteLength } = value.data;
  if (octets.length !== byteLength) {
    throw new NpuRejected("a tensor has not the octets of its shape");
  }
  new Uint8Array(buffer, byteOffset, byteLength).set(octets);
  return value;
}

/** The value with another shape, of as many elements. */
export function shaped(value: Value, shape: readonly number[]): Value {
  return { ...value, shape };
}

/** How far apart neighbours in each dimension are. */
export function strides(shape: readonly number[]): number[] {
  const all = new Array<number>(shape.length).fill(1);
  for (let at = shape.length - 2; at >= 0; at--) {
    all[at] = (all[at + 1] ?? 1) * (shape[at + 1] ?? 1);
  }
  return all;
}

/** Every index of a shape in order, as one array that is used again. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  const index = shape.map(() => 0);
  for (let left = countOf(shape); left > 0; left--) {
    yield index;
    for (let at = shape.length - 1; at >= 0; at--) {
      const next = (index[at] ?? 0) + 1;
      if (next < (shape[at] ?? 0)) {
        index[at] = next;
        break;
      }
      index[at] = 0;
    }
  }
}

/** What broadcasting makes of two shapes. */
export function broadcast(
  a: readonly number[],
  b: readonly number[],
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, at) => {
    const x = a[at - rank + a.length] ?? 1;
    const y = b[at - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new NpuRejected(`shapes [${a}] and [${b}] do not fit together`);
    }
    return x === 1 ? y : x;
  });
}

/** For each element of `to`, the place in a value that is stretched to it. */
export function* stretched(
  shape: readonly number[],
  to: readonly number[],
): Generator<number> {
  const own = strides(shape);
  const skip = to.length - shape.length;
  for (const index of indices(to)) {
    let place = 0;
    for (let at = 0; at < shape.length; at++) {
      if (shape[at] !== 1) place += (index[at + skip] ?? 0) * (own[at] ?? 0);
    }
    yield place;
  }
}
