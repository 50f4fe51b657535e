/**
 * An ONNX file as plain values, read strictly as far as drivers need it.
 *
 * What changes the meaning of a model and is not read is refused by name: local
 * functions, training, sparse and external tensors. Other fields are skipped.
 *
 * Deliberately absent: what operators mean, and types inside of the graph.
 */
import { readTensor, type TensorValue } from "./tensor.ts";
import {
  append,
  BadModel,
  type Field,
  fieldsOf,
  float,
  floats,
  integer,
  integers,
  octets,
  text,
} from "./wire.ts";

/** Graphs within attributes of nodes of graphs. */
const DEPTH_MAX = 8;

export interface OnnxModel {
  readonly irVersion: bigint;
  /** Version of each operator set, by domain. */
  readonly sets: ReadonlyMap<string, bigint>;
  readonly graph: OnnxGraph;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly TensorValue[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxAttribute {
  readonly float?: number;
  readonly integer?: bigint;
  readonly text?: Uint8Array;
  readonly tensor?: TensorValue;
  readonly graphs: readonly OnnxGraph[];
  readonly floats: readonly number[];
  readonly integers: readonly bigint[];
}

export interface OnnxPort {
  readonly name: string;
  /** Undefined: it is no tensor. */
  readonly tensor?: {
    readonly dataType: bigint;
    /** Undefined: even the rank is not stated. */
    readonly shape?: ReadonlyArray<bigint | string>;
  };
}

export function readModel(whole: Uint8Array): OnnxModel {
  let irVersion = 0n;
  let graph: OnnxGraph | undefined;
  const sets = new Map<string, bigint>();
  for (const field of fieldsOf(whole)) {
    if (field.at === 1) irVersion = integer(field);
    if (field.at === 7) {
      if (graph !== undefined) throw new BadModel("it has two graphs");
      graph = readGraph(octets(field), 0);
    }
    if (field.at === 8) {
      const [domain, version] = readSet(octets(field));
      if (sets.has(domain)) throw new BadModel(`two versions of "${domain}"`);
      sets.set(domain, version);
    }
    if (field.at === 20) throw new BadModel("it has training_info");
    if (field.at === 25) throw new BadModel("it has functions of its own");
  }
  if (graph === undefined) throw new BadModel("it has no graph");
  return { irVersion, sets, graph };
}

function readSet(message: Uint8Array): readonly [string, bigint] {
  let domain = "";
  let version = 0n;
  for (const field of fieldsOf(message)) {
    if (field.at === 1) domain = text(field);
    if (field.at === 2) version = integer(field);
  }
  return [domain === "ai.onnx" ? "" : domain, version];
}

function readGraph(message: Uint8Array, depth: number): OnnxGraph {
  if (depth > DEPTH_MAX) throw new BadModel("graphs are nested too deep");
  const nodes: OnnxNode[] = [];
  const constants: TensorValue[] = [];
  const inputs: OnnxPort[] = [];
  const outputs: OnnxPort[] = [];
  for (const field of fieldsOf(message)) {
    if (field.at === 1) nodes.push(readNode(octets(field), depth));
    if (field.at === 5) constants.push(readTensor(octets(field)));
    if (field.at === 11) inputs.push(readPort(octets(field)));
    if (field.at === 12) outputs.push(readPort(octets(field)));
    if (field.at === 15) throw new BadModel("it has sparse initializers");
  }
  return { nodes, constants, inputs, outputs };
}

function readNode(message: Uint8Array, depth: number): OnnxNode {
  let op = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  for (const field of fieldsOf(message)) {
    if (field.at === 1) inputs.push(text(field));
    if (field.at === 2) outputs.push(text(field));
    if (field.at === 4) op = text(field);
    if (field.at === 5) {
      const [name, value] = readAttribute(octets(field), depth);
      if (attributes.has(name)) throw new BadModel(`two attributes ${name}`);
      attributes.set(name, value);
    }
    if (field.at === 7) domain = text(field);
  }
  if (domain === "ai.onnx") domain = "";
  return { op, domain, inputs, outputs, attributes };
}

function readAttribute(
  message: Uint8Array,
  depth: number,
): readonly [string, OnnxAttribute] {
  let name = "";
  const value: {
    -readonly [K in keyof OnnxAttribute]: OnnxAttribute[K];
  } = { graphs: [], floats: [], integers: [] };
  const graphs: OnnxGraph[] = [];
  const numbers: number[] = [];
  const wholes: bigint[] = [];
  for (const field of fieldsOf(message)) {
    if (field.at === 1) name = text(field);
    if (field.at === 2) value.float = float(field);
    if (field.at === 3) value.integer = integer(field);
    if (field.at === 4) value.text = octets(field);
    if (field.at === 5) value.tensor = readTensor(octets(field));
    if (field.at === 6 || field.at === 11) {
      graphs.push(readGraph(octets(field), depth + 1));
    }
    if (field.at === 7) append(numbers, floats(field));
    if (field.at === 8) append(wholes, integers(field));
    if (field.at === 10) readTensor(octets(field));
    if (field.at >= 21 && field.at <= 23) {
      throw new BadModel(`the attribute ${name} is of a function or sparse`);
    }
  }
  return [name, { ...value, graphs, floats: numbers, integers: wholes }];
}

function readPort(message: Uint8Array): OnnxPort {
  let name = "";
  let tensor: OnnxPort["tensor"];
  for (const field of fieldsOf(message)) {
    if (field.at === 1) name = text(field);
    if (field.at === 2) tensor = readType(octets(field));
  }
  return tensor === undefined ? { name } : { name, tensor };
}

function readType(message: Uint8Array): OnnxPort["tensor"] {
  for (const field of fieldsOf(message)) {
    if (field.at !== 1) continue;
    let dataType = 0n;
    let shape: ReadonlyArray<bigint | string> | undefined;
    for (const part of fieldsOf(octets(field))) {
      if (part.at === 1) dataType = integer(part);
      if (part.at === 2) shape = readShape(part);
    }
    return shape === undefined ? { dataType } : { dataType, shape };
  }
  return undefined;
}

function readShape(field: Field): ReadonlyArray<bigint | string> {
  const shape: Array<bigint | string> = [];
  for (const dimension of fieldsOf(octets(field))) {
    if (dimension.at !== 1) continue;
    let length: bigint | string = "";
    for (const part of fieldsOf(octets(dimension))) {
      if (part.at === 1) length = integer(part);
      if (part.at === 2) length = text(part);
    }
    shape.push(length);
  }
  return shape;
}
