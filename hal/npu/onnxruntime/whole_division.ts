/**
 * Whether a model may divide whole numbers, which the library does not survive.
 *
 * onnxruntime 1.30 divides the least whole number by -1 with the processor's own
 * instruction, and the signal that follows ends the whole process. So `Div` and
 * `Mod` are taken only where an operand is sure to be floating point.
 */
import { NpuRejected } from "../link.ts";
import type { OnnxGraph, OnnxNode } from "../onnx/model.ts";

const FLOATS: ReadonlySet<bigint> = new Set([1n, 10n, 11n, 16n]);

/** Their outputs are floating point whatever is given. */
const ALWAYS = new Set(
  ("Acos Acosh Asin Asinh Atan Atanh AveragePool BatchNormalization Ceil Conv " +
    "ConvTranspose Cos Cosh Elu Erf Exp Floor Gelu GlobalAveragePool " +
    "GlobalMaxPool GroupNormalization HardSigmoid HardSwish " +
    "InstanceNormalization LRN LayerNormalization LeakyRelu Log LogSoftmax " +
    "LpNormalization Mish Reciprocal Round Selu Sigmoid Sin Sinh Softmax " +
    "Softplus Softsign Sqrt Tan Tanh").split(" "),
);

/** Their first output is of the type of each of these inputs. */
const LIKE_FIRST = new Set(
  ("Abs Add Clip Concat CumSum Div Dropout Einsum Expand Flatten Gather " +
    "GatherElements GatherND Gemm Identity MatMul Max Mean Min Mod Mul Neg Pad " +
    "Pow PRelu ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceL1 " +
    "ReduceL2 ReduceSumSquare Relu Reshape Sign Slice Split Squeeze Sub Sum " +
    "Tile Transpose Trilu Unsqueeze").split(" "),
);

export function refuseWholeDivision(graph: OnnxGraph): void {
  look(graph, new Set());
}

function look(graph: OnnxGraph, outer: ReadonlySet<string>): void {
  const floats = new Set(outer);
  for (const { name, tensor } of graph.inputs) {
    if (tensor !== undefined && FLOATS.has(tensor.dataType)) floats.add(name);
  }
  for (const { name, dataType } of graph.constants) {
    if (FLOATS.has(dataType)) floats.add(name);
  }
  for (const node of graph.nodes) {
    for (const { graphs } of node.attributes.values()) {
      for (const inner of graphs) look(inner, floats);
    }
    const divides = node.op === "Div" || node.op === "Mod";
    if (divides && !node.inputs.some((name) => floats.has(name))) {
      throw new NpuRejected(
        `the operator ${node.op} is absent for what may be whole numbers`,
      );
    }
    if (!isFloat(node, floats)) continue;
    for (const name of node.outputs.slice(0, node.op === "Split" ? 99 : 1)) {
      floats.add(name);
    }
  }
}

function isFloat(node: OnnxNode, floats: ReadonlySet<string>): boolean {
  const { op, inputs, attributes } = node;
  if (ALWAYS.has(op)) return true;
  if (LIKE_FIRST.has(op)) return floats.has(inputs[0] ?? "");
  if (op === "Where") return floats.has(inputs[1] ?? "");
  if (op === "Cast") return FLOATS.has(attributes.get("to")?.integer ?? 0n);
  if (op !== "Constant") return false;
  const { dataType } = attributes.get("value")?.tensor ?? {};
  return dataType !== undefined && FLOATS.has(dataType) ||
    attributes.has("value_float") || attributes.has("value_floats");
}
