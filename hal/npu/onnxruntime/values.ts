/**
 * Tensors of the contract as onnxruntime's, and back; for Deno and for pages alike.
 */
import type { Element, Tensor } from "../../npu_contract.ts";
import { NpuRejected } from "../link.ts";

/** The library's words for element types. */
export type TensorType = Exclude<Element, "boolean"> | "bool";

/** What is used of the library's tensors. */
export interface LibraryTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** Makes one of them. */
export interface TensorMaker {
  readonly Tensor: new (
    type: TensorType,
    data: Array,
    dims: readonly number[],
  ) => LibraryTensor;
}

export type Array =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

interface Type {
  readonly name: TensorType;
  readonly view: {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBuffer, at?: number, length?: number): Array;
  };
}

const TYPES: Readonly<Record<Element, Type>> = {
  float32: { name: "float32", view: Float32Array },
  float64: { name: "float64", view: Float64Array },
  int8: { name: "int8", view: Int8Array },
  int16: { name: "int16", view: Int16Array },
  int32: { name: "int32", view: Int32Array },
  int64: { name: "int64", view: BigInt64Array },
  uint8: { name: "uint8", view: Uint8Array },
  uint16: { name: "uint16", view: Uint16Array },
  uint32: { name: "uint32", view: Uint32Array },
  uint64: { name: "uint64", view: BigUint64Array },
  boolean: { name: "bool", view: Uint8Array },
};

const ELEMENTS: ReadonlyMap<string, Element> = new Map([
  ["float32", "float32"],
  ["float64", "float64"],
  ["int8", "int8"],
  ["int16", "int16"],
  ["int32", "int32"],
  ["int64", "int64"],
  ["uint8", "uint8"],
  ["uint16", "uint16"],
  ["uint32", "uint32"],
  ["uint64", "uint64"],
  ["bool", "boolean"],
]);

/** What a tensor is for the library. */
export function toLibrary(
  { Tensor: Made }: TensorMaker,
  { element, shape, octets }: Tensor,
): LibraryTensor {
  const { name, view } = TYPES[element];
  const data = viewOf(view, octets);
  return new Made(name, data, [...shape]);
}

/** The octets as the library's numbers; copied only where they lie askew. */
function viewOf(view: Type["view"], octets: Uint8Array): Array {
  const { buffer, byteOffset, byteLength } = octets;
  const size = view.BYTES_PER_ELEMENT;
  if (!(buffer instanceof ArrayBuffer) || byteOffset % size !== 0) {
    return new view(new Uint8Array(octets).buffer);
  }
  return new view(buffer, byteOffset, byteLength / size);
}

/** `NpuRejected` where it is none that the contract knows. */
export function fromLibrary(
  name: string,
  tensor: LibraryTensor | undefined,
): Tensor {
  const element = ELEMENTS.get(tensor?.type ?? "");
  const data = tensor?.data;
  if (
    tensor === undefined || element === undefined || !ArrayBuffer.isView(data)
  ) {
    throw new NpuRejected(`the output ${name} is of a type that is not taken`);
  }
  return {
    name,
    element,
    shape: Uint32Array.from(tensor.dims),
    octets: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}
