/**
 * A case of the onnx package: a model of one operator, inputs, and what comes out.
 *
 * The package's own backend test cases (`onnx.backend.test.case.node`), as
 * `deno task suite:onnx` has them written.
 */
import type { Tensor } from "../../../../hal/npu_contract.ts";
import { ELEMENTS } from "../../../../hal/npu/onnx/interface.ts";
import { readTensor } from "../../../../hal/npu/onnx/tensor.ts";

/** One port of a data set; what is no tensor is not written. */
export interface Held {
  readonly name: string;
  readonly tensor: boolean;
}

export interface DataSet {
  readonly inputs: readonly Held[];
  readonly outputs: readonly Held[];
}

/** What `cases.json` says of a case. */
export interface OnnxCase {
  readonly name: string;
  /** Kinds of its nodes, each once. */
  readonly operators: readonly string[];
  readonly ir: number;
  /** Version of each operator set, by domain. */
  readonly sets: Readonly<Record<string, number>>;
  /** Element types of inputs and outputs, or words for what is no tensor. */
  readonly ports: ReadonlyArray<number | string>;
  readonly rtol: number;
  readonly atol: number;
  readonly data: readonly DataSet[];
}

/** Octets of a case's files, by their name in its folder. */
export type Files = (name: string) => Uint8Array;

/** What wit/hal/npu says that a driver takes. */
const IR = { least: 4, most: 10 };
const SET = { least: 13, most: 21 };

/** Why no driver of the contract takes the model; undefined where one may. */
export function outsideContract(one: OnnxCase): string | undefined {
  const { ir, sets, ports } = one;
  const set = sets[""] ?? 0;
  const other = Object.keys(sets).find((domain) => domain !== "");
  if (other !== undefined) return `operators of ${other}`;
  if (ir < IR.least || ir > IR.most) return `IR version ${ir}`;
  if (set < SET.least || set > SET.most) return `operator set ${set}`;
  const odd = ports.find((port) =>
    typeof port === "string" || !ELEMENTS.has(BigInt(port))
  );
  return odd === undefined ? undefined : `ports of type ${odd}`;
}

/** The tensor in a file that holds a TensorProto. */
export function tensorIn(name: string, file: Uint8Array): Tensor {
  const { dataType, shape, raw } = readTensor(file);
  const element = ELEMENTS.get(dataType);
  if (element === undefined || raw === undefined) {
    throw new Error(`${name} is no tensor of the contract`);
  }
  return { name, element, shape: Uint32Array.from(shape), octets: raw.slice() };
}
