/**
 * ONNX files for the suite's cases: as small as they can be, written by field.
 *
 * It writes what it is told, also what is wrong; nothing is checked here.
 */

/** Numbers of ONNX for element types. */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;

export type Octets = number[];

const utf8 = new TextEncoder();

export function varint(value: bigint | number): Octets {
  const octets: Octets = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    octets.push(left > 0n ? low | 0x80 : low);
  } while (left > 0n);
  return octets;
}

export function whole(at: number, value: bigint | number): Octets {
  return [...varint(at * 8), ...varint(value)];
}

export function message(at: number, octets: Iterable<number>): Octets {
  const all = [...octets];
  return [...varint(at * 8 + 2), ...varint(all.length), ...all];
}

export function text(at: number, value: string): Octets {
  return message(at, utf8.encode(value));
}

export function float(at: number, value: number): Octets {
  const octets = new Uint8Array(Float32Array.of(value).buffer);
  return [...varint(at * 8 + 5), ...octets];
}

export interface PortSpec {
  readonly name: string;
  readonly type?: number;
  /** Absent: the file does not say. */
  readonly shape?: ReadonlyArray<number | bigint | string>;
}

export function port({ name, type = FLOAT, shape }: PortSpec): Octets {
  const dimensions = shape?.flatMap((length) =>
    message(1, typeof length === "string" ? text(2, length) : whole(1, length))
  );
  const tensor = [
    ...whole(1, type),
    ...(dimensions === undefined ? [] : message(2, dimensions)),
  ];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

export interface ConstantSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
  /** Fields behind the others. */
  readonly more?: Octets;
}

export function constant(
  { name, shape, values, more = [] }: ConstantSpec,
): Octets {
  const { buffer, byteOffset, byteLength } = values;
  return [
    ...shape.flatMap((length) => whole(1, length)),
    ...whole(2, values instanceof Float32Array ? FLOAT : INT64),
    ...text(8, name),
    ...message(9, new Uint8Array(buffer, byteOffset, byteLength)),
    ...more,
  ];
}

export type Attribute = number | bigint | readonly bigint[] | ConstantSpec;

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  /** A number is a float, a bigint an integer. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export function node(
  { op, inputs, outputs, domain = "", attributes = {} }: NodeSpec,
): Octets {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...(domain === "" ? [] : text(7, domain)),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      message(5, [...text(1, name), ...attribute(value)])
    ),
  ];
}

function attribute(value: Attribute): Octets {
  if (typeof value === "number") return [...float(2, value), ...whole(20, 1)];
  if (typeof value === "bigint") return [...whole(3, value), ...whole(20, 2)];
  if ("shape" in value) {
    return [...message(5, constant(value)), ...whole(20, 4)];
  }
  return [...value.flatMap((one) => whole(8, one)), ...whole(20, 7)];
}

export interface ModelSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly PortSpec[];
  readonly outputs: readonly PortSpec[];
  readonly constants?: readonly ConstantSpec[];
  readonly irVersion?: number;
  readonly set?: number;
  /** Fields of the model behind the others. */
  readonly more?: Octets;
}

export function graph(
  { nodes, inputs, outputs, constants = [] }: ModelSpec,
): Octets {
  return [
    ...nodes.flatMap((each) => message(1, node(each))),
    ...text(2, "suite"),
    ...constants.flatMap((each) => message(5, constant(each))),
    ...inputs.flatMap((each) => message(11, port(each))),
    ...outputs.flatMap((each) => message(12, port(each))),
  ];
}

export function model(spec: ModelSpec): Uint8Array {
  const { irVersion = 8, set = 17, more = [] } = spec;
  return Uint8Array.from([
    ...whole(1, irVersion),
    ...message(8, [...text(1, ""), ...whole(2, set)]),
    ...message(7, graph(spec)),
    ...more,
  ]);
}

/** One node, whose inputs are the model's and whose output is `y`. */
export function single(
  op: string,
  inputs: readonly PortSpec[],
  output: Omit<PortSpec, "name">,
  attributes: Readonly<Record<string, Attribute>> = {},
): Uint8Array {
  const names = inputs.map(({ name }) => name);
  return model({
    nodes: [{ op, inputs: names, outputs: ["y"], attributes }],
    inputs,
    outputs: [{ name: "y", ...output }],
  });
}
