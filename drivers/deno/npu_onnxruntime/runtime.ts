/**
 * ONNX models on onnxruntime's native library, on the driver's own thread.
 *
 * What the library says against a model or a run is `rejected` with its words.
 *
 * Deliberately absent: accelerators, and custom operators.
 */
import * as ort from "onnxruntime-node";
import type { Element, Launch, Tensor } from "../../../hal/npu_contract.ts";
import { type AsyncNpu, NpuRejected } from "../../../hal/npu/link.ts";
import { readModel } from "../../../hal/npu/onnx/model.ts";
import { refuseWholeDivision } from "./whole_division.ts";

const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  // Only what ends the process; everything else comes back as an error.
  logSeverityLevel: 4,
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
};

type Array =
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
  readonly name: ort.Tensor.Type;
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

/** The library's version, for people. */
export const NAME = `onnxruntime ${ort.env.versions.node ?? ""}`.trim();

export class OnnxRuntime implements AsyncNpu {
  readonly isStill = true;
  readonly #sessions = new Map<bigint, ort.InferenceSession>();

  async load(name: bigint, octets: Uint8Array): Promise<void> {
    refuseWholeDivision(readModel(octets).graph);
    const session = await rejecting(() =>
      ort.InferenceSession.create(octets.slice(), OPTIONS)
    );
    this.#sessions.set(name, session);
  }

  unload(name: bigint): void {
    const session = this.#sessions.get(name);
    this.#sessions.delete(name);
    void session?.release();
  }

  async run({ model, inputs, outputs }: Launch): Promise<Tensor[]> {
    const session = this.#sessions.get(model);
    if (session === undefined) throw new NpuRejected("there is no such model");
    const feeds: Record<string, ort.Tensor> = {};
    for (const tensor of inputs) feeds[tensor.name] = toLibrary(tensor);
    const given = await rejecting(() => session.run(feeds, outputs));
    return outputs.map((name) => fromLibrary(name, given[name]));
  }
}

/** The library throws plain errors whatever was wrong. */
async function rejecting<A>(act: () => Promise<A>): Promise<A> {
  try {
    return await act();
  } catch (error) {
    throw new NpuRejected(error instanceof Error ? error.message : "no reason");
  }
}

function toLibrary({ element, shape, octets }: Tensor): ort.Tensor {
  const { name, view } = TYPES[element];
  const data = viewOf(view, octets);
  return new ort.Tensor(name, data, [...shape]);
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

function fromLibrary(name: string, tensor: ort.Tensor | undefined): Tensor {
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
