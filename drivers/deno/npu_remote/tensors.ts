/**
 * Tensors as the Open Inference Protocol has them: as octets beside its JSON, or,
 * where a server cannot, as numbers inside of it.
 *
 * Deliberately absent: BYTES and FP16, which the contract has no element for.
 */
import type { Element, Tensor } from "../../../hal/npu_contract.ts";
import { NpuRejected } from "../../../hal/npu/link.ts";
import { countOf, ELEMENT_OCTETS } from "../../../hal/npu/tensors.ts";

export const DATATYPES: Readonly<Record<Element, string>> = {
  float32: "FP32",
  float64: "FP64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  boolean: "BOOL",
};

export const ELEMENTS: ReadonlyMap<string, Element> = new Map(
  (Object.keys(DATATYPES) as Element[]).map((one) => [DATATYPES[one], one]),
);

/** What the server said is no answer; the message says why. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

type Numbers = { readonly length: number; readonly buffer: ArrayBufferLike };
type Kind<A extends Numbers> = { new (length: number): A; from: unknown };

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  boolean: Uint8Array,
} satisfies Record<Element, Kind<Numbers>>;

/** The values as JSON, row after row. `NpuRejected` where JSON has no word for one. */
export function jsonOf({ name, element, octets }: Tensor): string {
  const values = new ARRAYS[element](new Uint8Array(octets).buffer);
  if (element === "boolean") return `[${[...values].map((one) => one !== 0)}]`;
  for (const one of values) {
    if (typeof one === "bigint" || Number.isFinite(one)) continue;
    throw new NpuRejected(
      `${name} has ${one}: the server takes JSON only, which has no word for it`,
    );
  }
  // A minus before zero is lost by join.
  return `[${[...values].map((one) => Object.is(one, -0) ? "-0" : one)}]`;
}

/** Octets of values in JSON, which may be nested by dimension. */
export function octetsOfJson(
  data: unknown,
  element: Element,
  shape: readonly number[],
): Uint8Array {
  const count = countOf(shape);
  const values: unknown[] = Array.isArray(data) ? data.flat(shape.length) : [];
  if (values.length !== count) {
    throw new Malformed(`${values.length} values where there are ${count}`);
  }
  const array = new ARRAYS[element](count);
  for (const [at, value] of values.entries()) {
    array[at] = valueOf(value, element);
  }
  return new Uint8Array(array.buffer);
}

function valueOf(value: unknown, element: Element): never {
  const wide = element === "int64" || element === "uint64";
  const found = element === "boolean" && typeof value === "boolean"
    ? Number(value)
    : wide && typeof value === "number" && Number.isSafeInteger(value)
    ? BigInt(value)
    : value;
  const fits = wide ? typeof found === "bigint" : typeof found === "number";
  if (!fits) {
    throw new Malformed(`a value of ${element} is ${typeof value}`);
  }
  // What an array of this element takes; the compiler cannot know which.
  return found as never;
}

/** Octets that a tensor of that shape has; `Malformed` where it cannot be one. */
export function sizeOf(element: Element, shape: readonly number[]): number {
  return countOf(shape) * ELEMENT_OCTETS[element];
}

/** JSON whose whole numbers keep all of their digits. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text, exact);
  } catch {
    throw new Malformed("it is no JSON");
  }
}

function exact(this: unknown, _: string, value: unknown, context?: unknown) {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  if (typeof context !== "object" || context === null) return value;
  const source = "source" in context ? context.source : undefined;
  return typeof source === "string" && /^-?\d{1,20}$/.test(source)
    ? BigInt(source)
    : value;
}
