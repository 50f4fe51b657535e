/**
 * ONNX files that are none: `BadModel` with words, and never anything else.
 *
 * Plan: what protobuf allows and few write is read (packed and not, fields in any
 * order, unknown ones); each kind of malformed field is refused by its words; every
 * cut of a model, and random changes of it, end as a model or as `BadModel`; sizes
 * that no call takes are read.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  constant,
  float,
  graph,
  INT64,
  message,
  model,
  type ModelSpec,
  type Octets,
  text,
  varint,
  whole,
} from "./encode.ts";
import { readModel } from "../../../hal/npu/onnx/model.ts";
import { readTensor } from "../../../hal/npu/onnx/tensor.ts";
import {
  BadModel,
  fieldsOf,
  floats,
  integer,
  integers,
} from "../../../hal/npu/onnx/wire.ts";

const bytes = (octets: Octets) => Uint8Array.from(octets);
const fields = (octets: Octets) => [...fieldsOf(bytes(octets))];

const SOUND: ModelSpec = {
  nodes: [{
    op: "Gemm",
    inputs: ["a", "c"],
    outputs: ["y"],
    attributes: { alpha: 0.5, transB: 1n, axes: [1n, -2n, 3n] },
  }],
  inputs: [{ name: "a", shape: ["n", 2] }],
  outputs: [{ name: "y", shape: ["n", 2] }],
  constants: [{ name: "c", shape: [2], values: Float32Array.of(1, 2) }],
};

Deno.test("hal/npu/onnx: control: a sound model is read whole", () => {
  const { irVersion, sets, graph } = readModel(model(SOUND));
  deepStrictEqual([irVersion, sets.get("")], [8n, 17n]);
  const [node] = graph.nodes;
  deepStrictEqual([node?.op, node?.inputs], ["Gemm", ["a", "c"]]);
  strictEqual(node?.attributes.get("alpha")?.float, 0.5);
  deepStrictEqual(node.attributes.get("axes")?.integers, [1n, -2n, 3n]);
  deepStrictEqual(graph.constants[0]?.shape, [2]);
  deepStrictEqual(graph.inputs[0]?.tensor?.shape, ["n", 2n]);
});

Deno.test("hal/npu/onnx: what protobuf allows is read", () => {
  // Unknown fields of every wire type, before and behind the others.
  const unknown = [...whole(900, 7), ...float(901, 1), ...text(902, "x")];
  const eight = [...varint(903 * 8 + 1), 1, 2, 3, 4, 5, 6, 7, 8];
  const whole_ = [...unknown, ...eight, ...model(SOUND), ...unknown];
  strictEqual(readModel(bytes(whole_)).graph.nodes.length, 1);
  // A number with octets that say nothing, up to ten of them.
  const long = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
  deepStrictEqual(fields([8, ...long]), [{ at: 1, wire: "varint", value: 0n }]);
  const [minus] = fields(whole(3, -1));
  strictEqual(minus && integer(minus), -1n);
  const [packed] = fields(message(8, [...varint(1), ...varint(-5n)]));
  deepStrictEqual(packed && integers(packed), [1n, -5n]);
  const [four] = fields(message(7, [0, 0, 128, 63, 0, 0, 0, 192]));
  deepStrictEqual(four && floats(four), [1, -2]);
  deepStrictEqual(fields([]), []);
});

const MALFORMED: Readonly<Record<string, readonly [Octets, RegExp]>> = {
  "the number 0": [[0, 0], /number 0/],
  "a group": [[8 + 3], /wire type 3/],
  "the end of a group": [[8 + 4], /wire type 4/],
  "the wire type 6": [[8 + 6], /wire type 6/],
  "the wire type 7": [[8 + 7], /wire type 7/],
  "a key that is cut": [[0x80], /cut/],
  "a number that is cut": [[8, 0x80], /cut/],
  "a number of eleven octets": [
    [8, ...new Array<number>(10).fill(0x80), 1],
    /ten octets/,
  ],
  "four octets that are cut": [[8 + 5, 1, 2, 3], /cut/],
  "eight octets that are cut": [[8 + 1, 1, 2, 3, 4, 5, 6, 7], /cut/],
  "a length beyond the end": [[8 + 2, 2, 1], /cut/],
  "a length beyond all numbers": [[8 + 2, ...varint(2n ** 64n - 1n)], /cut/],
};

Deno.test("hal/npu/onnx: a malformed field is refused by its words", () => {
  for (const [what, [octets, words]] of Object.entries(MALFORMED)) {
    throws(() => fields(octets), { name: "BadModel", message: words }, what);
    throws(() => readModel(bytes(octets)), BadModel, what);
    // The same deep inside.
    throws(() => readModel(bytes(message(7, message(1, octets)))), BadModel);
    throws(() => readTensor(bytes(octets)), BadModel, what);
  }
});

const g = (octets: Octets) => message(7, octets);
const node = (octets: Octets) => g(message(1, octets));
const attribute = (octets: Octets) => node(message(5, octets));
const port = (type: Octets) => g(message(11, message(2, type)));

const WRONG: Readonly<Record<string, readonly [Octets, RegExp]>> = {
  "no graph": [whole(1, 8), /no graph/],
  "two graphs": [[...g([]), ...g([])], /two graphs/],
  "a graph that is a number": [whole(7, 1), /no text, octets or message/],
  "a version that is a text": [text(1, "8"), /no integer/],
  "two versions of one set": [
    [...message(8, whole(2, 17)), ...message(8, whole(2, 18))],
    /two versions/,
  ],
  "both names of the set": [
    [...message(8, whole(2, 17)), ...message(8, text(1, "ai.onnx"))],
    /two versions/,
  ],
  "training": [message(20, []), /training/],
  "functions": [message(25, []), /functions/],
  "sparse constants": [g(message(15, [])), /sparse/],
  "a name that is no UTF-8": [node(message(4, [0xff, 0xfe])), /UTF-8/],
  "an operator that is a number": [node(whole(4, 1)), /no text/],
  "two attributes of a name": [
    node([...message(5, text(1, "k")), ...message(5, text(1, "k"))]),
    /two attributes k/,
  ],
  "a float of eight octets": [
    attribute([...varint(2 * 8 + 1), 0, 0, 0, 0, 0, 0, 0, 0]),
    /no float/,
  ],
  "floats that are cut": [attribute(message(7, [0, 0, 0])), /floats are cut/],
  "integers that are cut": [attribute(message(8, [0x80])), /cut/],
  "an attribute of a function": [
    attribute(text(21, "x")),
    /function or sparse/,
  ],
  "a sparse attribute": [attribute(message(22, [])), /function or sparse/],
  "a dimension that is a float": [
    port(message(1, message(2, message(1, float(1, 2))))),
    /no integer/,
  ],
  "a tensor in segments": [g(message(5, message(3, []))), /segments/],
  "a tensor outside": [g(message(5, message(13, []))), /outside/],
  "a tensor below zero": [g(message(5, whole(1, -1))), /dimension is -1/],
  "a tensor beyond all memory": [
    g(message(5, [...whole(1, 65_536), ...whole(1, 65_537)])),
    /too large/,
  ],
};

Deno.test("hal/npu/onnx: what changes the meaning and is not read is refused", () => {
  for (const [what, [octets, words]] of Object.entries(WRONG)) {
    const read = () => readModel(bytes(octets));
    throws(read, { name: "BadModel", message: words }, what);
  }
  // A tensor that says where it lies, and lies here, is taken.
  readModel(bytes(g(message(5, whole(14, 0)))));
});

Deno.test("hal/npu/onnx: graphs within graphs have an end", () => {
  const nested = (depth: number): Octets =>
    depth === 0 ? [] : message(
      1,
      message(5, [...text(1, "body"), ...message(6, nested(depth - 1))]),
    );
  readModel(bytes(message(7, nested(8))));
  throws(() => readModel(bytes(message(7, nested(9)))), /too deep/);
  // Deep enough to overflow a stack, were it read whole.
  let deep: Octets = [];
  for (let i = 0; i < 200; i++) {
    deep = message(1, message(5, message(6, deep)));
  }
  throws(() => readModel(bytes(message(7, deep))), BadModel);
});

Deno.test("hal/npu/onnx: lists longer than a call has arguments are read", () => {
  const count = 300_000;
  const some = new Uint8Array(count).fill(1);
  const packed = (at: number, octets: Uint8Array) => {
    const head = Uint8Array.from([
      ...varint(at * 8 + 2),
      ...varint(octets.length),
    ]);
    const all = new Uint8Array(head.length + octets.length);
    all.set(head);
    all.set(octets, head.length);
    return all;
  };
  const inside = (path: readonly number[], octets: Uint8Array): Uint8Array =>
    path.reduceRight((all, at) => packed(at, all), octets);
  const integersIn = readModel(inside([7, 1, 5, 8], some)).graph.nodes[0]
    ?.attributes.get("");
  strictEqual(integersIn?.integers.length, count);
  const floatsIn = readModel(inside([7, 1, 5, 7], new Uint8Array(4 * count)))
    .graph.nodes[0]?.attributes.get("");
  strictEqual(floatsIn?.floats.length, count);
  strictEqual(readTensor(packed(1, some)).shape.length, count);
  strictEqual(readTensor(packed(7, some)).integers.length, count);
});

/** 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

Deno.test("hal/npu/onnx: cut and changed models are models or BadModel", () => {
  const octets = model(SOUND);
  const read = (some: Uint8Array): boolean => {
    try {
      readModel(some);
      return true;
    } catch (error) {
      if (error instanceof BadModel && error.message !== "") return false;
      throw error;
    }
  };
  ok(read(octets));
  for (let length = 0; length < octets.length; length++) {
    strictEqual(read(octets.subarray(0, length)), false, `cut at ${length}`);
  }
  const seed = 20_261;
  const next = random(seed);
  let taken = 0;
  for (let i = 0; i < 4000; i++) {
    const some = octets.slice();
    for (let changes = 1 + i % 3; changes > 0; changes--) {
      some[Math.floor(next() * some.length)] = Math.floor(next() * 256);
    }
    try {
      taken += Number(read(some));
    } catch (error) {
      throw new Error(`seed ${seed}, change ${i}`, { cause: error });
    }
  }
  ok(taken > 0 && taken < 4000, `${taken} were taken`);
});

Deno.test("hal/npu/onnx: graph and tensor are read from where they lie", () => {
  const spec = { name: "c", shape: [3], values: BigInt64Array.of(1n, -2n, 3n) };
  const tensor = readTensor(bytes(constant(spec)));
  deepStrictEqual([tensor.name, tensor.dataType], ["c", BigInt(INT64)]);
  strictEqual(tensor.raw?.length, 24);
  // Octets of somebody else before and behind them are not looked at.
  const own = bytes(message(7, graph(SOUND)));
  const room = new Uint8Array(own.length + 64).fill(255);
  room.set(own, 32);
  const read = readModel(room.subarray(32, 32 + own.length));
  strictEqual(read.graph.nodes.length, 1);
});
