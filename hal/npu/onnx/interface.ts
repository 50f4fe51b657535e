/**
 * What a model takes and gives, and whether its graph is one at all.
 *
 * Drivers get only models whose nodes come after what they use, so that none has
 * to find a circle; and whose inputs and outputs are tensors with a stated rank.
 */
import type {
  Dimension,
  Element,
  Limits,
  Model,
  Port,
} from "../../npu_contract.ts";
import type { OnnxGraph, OnnxModel, OnnxPort } from "./model.ts";
import { BadModel } from "./wire.ts";

const IR_MIN = 4n;
const IR_MAX = 10n;
const SET_MIN = 13n;
const SET_MAX = 21n;
const LENGTH_MAX = 0xffff_ffffn;
/** Units of all names and symbols of one model. */
export const NAMES_MAX = 8192;

export const ELEMENTS: ReadonlyMap<bigint, Element> = new Map([
  [1n, "float32"],
  [2n, "uint8"],
  [3n, "int8"],
  [4n, "uint16"],
  [5n, "int16"],
  [6n, "int32"],
  [7n, "int64"],
  [9n, "boolean"],
  [11n, "float64"],
  [12n, "uint32"],
  [13n, "uint64"],
]);

/** `BadModel` where a driver would not know what to do. */
export function interfaceOf(
  { irVersion, sets, graph }: OnnxModel,
  limits: Limits,
): Model {
  if (irVersion < IR_MIN || irVersion > IR_MAX) {
    throw new BadModel(`the IR version ${irVersion} is not taken`);
  }
  const set = sets.get("");
  if (set === undefined) {
    const others = [...sets.keys()].join(", ");
    throw new BadModel(`it has operators of ${others || "nowhere"} only`);
  }
  if (set < SET_MIN || set > SET_MAX) {
    throw new BadModel(`the operator set ${set} of ai.onnx is not taken`);
  }
  checkGraph(graph, new Set());
  const fixed = new Set(graph.constants.map(({ name }) => name));
  const free = graph.inputs.filter(({ name }) => !fixed.has(name));
  const model = {
    inputs: free.map((port) => portOf(port, limits)),
    outputs: graph.outputs.map((port) => portOf(port, limits)),
  };
  for (const ports of [model.inputs, model.outputs]) {
    const names = new Set(ports.map(({ name }) => name));
    if (names.size !== ports.length) {
      throw new BadModel("a name is given twice");
    }
    if (ports.length > limits.tensorsMax) {
      throw new BadModel("it has more tensors than tensors-max");
    }
  }
  if (namesOf(model).join("").length > NAMES_MAX) {
    throw new BadModel(`its names are longer than ${NAMES_MAX} together`);
  }
  if (model.outputs.length === 0) throw new BadModel("it has no output");
  return model;
}

/** Everything is used after it is there, and made once. */
function checkGraph(graph: OnnxGraph, outer: ReadonlySet<string>): void {
  const known = new Set(outer);
  for (const { name } of [...graph.inputs, ...graph.constants]) known.add(name);
  for (const { op, domain, inputs, outputs, attributes } of graph.nodes) {
    if (domain !== "") {
      throw new BadModel(`the operator ${domain}.${op} is absent`);
    }
    for (const name of inputs) {
      if (name === "" || known.has(name)) continue;
      throw new BadModel(`${op} uses ${name} before it is there`);
    }
    for (const { graphs } of attributes.values()) {
      for (const inner of graphs) checkGraph(inner, known);
    }
    for (const name of outputs) {
      if (name === "") continue;
      if (known.has(name)) throw new BadModel(`${name} is made twice`);
      known.add(name);
    }
  }
  for (const { name } of graph.outputs) {
    if (!known.has(name)) throw new BadModel(`nothing makes ${name}`);
  }
}

function namesOf({ inputs, outputs }: Model): string[] {
  return [...inputs, ...outputs].flatMap(({ name, shape }) => [
    name,
    ...shape.map(({ tag, val }) => tag === "symbolic" ? val : ""),
  ]);
}

function portOf({ name, tensor }: OnnxPort, limits: Limits): Port {
  const element = tensor && ELEMENTS.get(tensor.dataType);
  if (name === "" || element === undefined) {
    throw new BadModel(`the type of "${name}" is none that is taken`);
  }
  const { shape } = tensor ?? {};
  if (shape === undefined || shape.length > limits.rankMax) {
    throw new BadModel(`${name} has no shape, or one over rank-max`);
  }
  return {
    name,
    element,
    shape: shape.map((length) => dimension(name, length)),
  };
}

function dimension(name: string, length: bigint | string): Dimension {
  if (typeof length === "string") return { tag: "symbolic", val: length };
  if (length >= 0n && length <= LENGTH_MAX) {
    return { tag: "fixed", val: Number(length) };
  }
  throw new BadModel(`a dimension of ${name} is ${length}`);
}
