/** What a server says of itself and of its models, and what its runs gave. */
import type {
  Dimension,
  Limits,
  Model,
  Port,
  Tensor,
} from "../../../hal/npu_contract.ts";
import { NpuRejected } from "../../../hal/npu/link.ts";
import { NAMES_MAX } from "../../../hal/npu/onnx/interface.ts";
import type { Answer } from "./server.ts";
import { ELEMENTS, Malformed, octetsOfJson, sizeOf } from "./tensors.ts";

const LENGTH_MAX = 0xffff_ffff;
const WORDS_MAX = 200;

export interface About {
  /** For people. */
  readonly name: string;
  /** Tensors may lie as octets behind the JSON. */
  readonly binary: boolean;
  /** Models can be brought and taken away. */
  readonly repository: boolean;
}

export function aboutOf(json: unknown): About {
  const { name, version, extensions } = fields(json);
  const has = (word: string) =>
    Array.isArray(extensions) && extensions.includes(word);
  const words = [name, version].filter((one) => typeof one === "string");
  return {
    name: words.join(" ").slice(0, WORDS_MAX) || "a server without a name",
    binary: has("binary_tensor_data"),
    repository: has("model_repository"),
  };
}

/** `NpuRejected` where it takes or gives what the contract has no word for. */
export function modelOf(json: unknown, limits: Limits): Model {
  const { inputs, outputs } = fields(json);
  const model = {
    inputs: list(inputs).map((one) => portOf(one, limits)),
    outputs: list(outputs).map((one) => portOf(one, limits)),
  };
  for (const ports of [model.inputs, model.outputs]) {
    const names = ports.map(({ name }) => name);
    if (
      ports.length > limits.tensorsMax || names.join("").length > NAMES_MAX
    ) throw new NpuRejected("it takes or gives more than tensors-max");
    if (new Set(names).size !== names.length) {
      throw new Malformed("two tensors of a model have one name");
    }
  }
  if (model.outputs.length === 0) throw new NpuRejected("it has no output");
  return model;
}

function portOf(json: unknown, { rankMax }: Limits): Port {
  const { name, datatype, shape } = fields(json);
  const element = ELEMENTS.get(String(datatype));
  if (typeof name !== "string" || name === "") {
    throw new Malformed("a tensor of a model has no name");
  }
  if (element === undefined) {
    throw new NpuRejected(`the type of "${name}" is none that is taken`);
  }
  const lengths = list(shape);
  if (lengths.length > rankMax) {
    throw new NpuRejected(`${name} has a shape over rank-max`);
  }
  return { name, element, shape: lengths.map(dimension) };
}

function dimension(length: unknown): Dimension {
  // The protocol has no names for what a run decides.
  if (length === -1) return { tag: "symbolic", val: "" };
  return { tag: "fixed", val: lengthOf(length) };
}

function lengthOf(length: unknown): number {
  if (
    typeof length === "number" && Number.isInteger(length) && length >= 0 &&
    length <= LENGTH_MAX
  ) return length;
  throw new Malformed(`a length is ${String(length).slice(0, 40)}`);
}

/** The tensors of an answer in the order of `names`. */
export function tensorsOf(
  { json, octets }: Answer,
  names: readonly string[],
): Tensor[] {
  let at = 0;
  const all = new Map<string, Tensor>();
  for (const one of list(fields(json).outputs)) {
    const { name, datatype, shape: lengths, data, parameters } = fields(one);
    const element = ELEMENTS.get(String(datatype));
    if (typeof name !== "string" || element === undefined) {
      throw new Malformed("an output has no name, or no type that is taken");
    }
    const shape = list(lengths).map(lengthOf);
    const size = sizeOf(element, shape);
    const length = fields(parameters ?? {}).binary_data_size;
    if (
      length !== undefined && (length !== size || at + size > octets.length)
    ) {
      throw new Malformed(`the octets of ${name} are not those of its shape`);
    }
    const own = length === undefined
      ? octetsOfJson(data, element, shape)
      : octets.subarray(at, at += size);
    const tensor = {
      name,
      element,
      shape: Uint32Array.from(shape),
      octets: own,
    };
    if (all.has(name)) throw new Malformed(`${name} is given twice`);
    all.set(name, tensor);
  }
  if (at !== octets.length) throw new Malformed("octets are left over");
  return names.map((name) => {
    const tensor = all.get(name);
    if (tensor === undefined) throw new Malformed(`${name} is not given`);
    return tensor;
  });
}

function fields(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return { ...json };
  }
  throw new Malformed("an object is missing");
}

function list(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  throw new Malformed("a list is missing");
}
