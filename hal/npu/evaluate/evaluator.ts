/**
 * ONNX models carried out node by node, for comparison and for small ones.
 *
 * Whatever it is not sure about is `NpuRejected` by name, when the model is
 * loaded where that can be seen, and at the run otherwise.
 *
 * Deliberately absent: speed, and every operator that `OPERATORS` does not name.
 */
import type { Launch, Tensor } from "../../npu_contract.ts";
import { type AsyncNpu, NpuRejected } from "../link.ts";
import { type OnnxGraph, readModel } from "../onnx/model.ts";
import {
  each,
  elementwise,
  gemm,
  matMul,
  type Operator,
  quotient,
  reduceSum,
  relu,
  softmax,
} from "./numbers.ts";
import { concat, constant, identity, reshape, transpose } from "./shapes.ts";
import { fromFile, fromTensor, toTensor, type Value } from "./values.ts";

interface Known {
  readonly act: Operator;
  /** Attributes that it takes; another one would change what it means. */
  readonly attributes: readonly string[];
  readonly inputs: readonly [least: number, most: number];
}

const binary = (act: Operator): Known => ({
  act,
  attributes: [],
  inputs: [2, 2],
});
const unary = (act: Operator): Known => ({
  act,
  attributes: [],
  inputs: [1, 1],
});

export const OPERATORS: ReadonlyMap<string, Known> = new Map([
  ["Add", binary(elementwise((a, b) => a + b, (a, b) => a + b))],
  ["Sub", binary(elementwise((a, b) => a - b, (a, b) => a - b))],
  ["Mul", binary(elementwise((a, b) => a * b, (a, b) => a * b))],
  ["Div", binary(elementwise((a, b) => a / b, quotient))],
  ["MatMul", binary(matMul)],
  ["Relu", unary(relu)],
  ["Sigmoid", unary(each((x) => 1 / (1 + Math.exp(-x))))],
  ["Tanh", unary(each(Math.tanh))],
  ["Exp", unary(each(Math.exp))],
  ["Sqrt", unary(each(Math.sqrt))],
  ["Identity", unary(identity)],
  ["Softmax", { act: softmax, attributes: ["axis"], inputs: [1, 1] }],
  ["Transpose", { act: transpose, attributes: ["perm"], inputs: [1, 1] }],
  ["Reshape", { act: reshape, attributes: ["allowzero"], inputs: [2, 2] }],
  ["Concat", { act: concat, attributes: ["axis"], inputs: [1, 1024] }],
  ["ReduceSum", {
    act: reduceSum,
    attributes: ["keepdims", "noop_with_empty_axes"],
    inputs: [1, 2],
  }],
  ["Gemm", {
    act: gemm,
    attributes: ["alpha", "beta", "transA", "transB"],
    inputs: [2, 3],
  }],
  ["Constant", {
    act: constant,
    attributes: [
      "value",
      "value_float",
      "value_int",
      "value_floats",
      "value_ints",
    ],
    inputs: [0, 0],
  }],
]);

interface Loaded {
  readonly graph: OnnxGraph;
  readonly constants: ReadonlyMap<string, Value>;
}

export class Evaluator implements AsyncNpu {
  readonly name = "Karyon's evaluator";
  readonly isStill = true;
  readonly #models = new Map<bigint, Loaded>();

  load(name: bigint, octets: Uint8Array): void {
    // What the caller's octets become later is not the model's.
    const { graph } = readModel(octets.slice());
    for (const node of graph.nodes) {
      const known = OPERATORS.get(node.op);
      if (known === undefined) {
        throw new NpuRejected(`the operator ${node.op} is absent here`);
      }
      const [least, most] = known.inputs;
      const { length } = node.inputs;
      if (length < least || length > most || node.outputs.length !== 1) {
        throw new NpuRejected(`${node.op} has not its inputs and outputs`);
      }
      for (const attribute of node.attributes.keys()) {
        if (known.attributes.includes(attribute)) continue;
        throw new NpuRejected(`${node.op}.${attribute} is absent here`);
      }
    }
    const constants = new Map(
      graph.constants.map((value) => [value.name, fromFile(value)]),
    );
    this.#models.set(name, { graph, constants });
  }

  unload(name: bigint): void {
    this.#models.delete(name);
  }

  run({ model, inputs, outputs }: Launch): Tensor[] {
    const loaded = this.#models.get(model);
    if (loaded === undefined) throw new NpuRejected("there is no such model");
    const values = new Map(loaded.constants);
    for (const tensor of inputs) values.set(tensor.name, fromTensor(tensor));
    for (const node of loaded.graph.nodes) {
      // An optional input that is not given has no name.
      const given = node.inputs.filter((name) => name !== "");
      const all = given.map((name) => valueOf(values, name));
      const made = this.#act(
        node.op,
        () => OPERATORS.get(node.op)?.act(node, all) ?? [],
      );
      for (const [at, name] of node.outputs.entries()) {
        const value = made[at];
        if (value !== undefined) values.set(name, value);
      }
    }
    return outputs.map((name) => toTensor(name, valueOf(values, name)));
  }

  /** Says which operator it was. */
  #act(op: string, act: () => Value[]): Value[] {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof NpuRejected)) throw error;
      throw new NpuRejected(`${op}: ${error.message}`);
    }
  }
}

function valueOf(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new NpuRejected(`there is no ${name}`);
  return value;
}
