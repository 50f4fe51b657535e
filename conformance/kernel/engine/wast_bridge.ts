/**
 * Calls a function without losing a bit of its arguments and results.
 *
 * JavaScript has no vectors and one NaN. So a small module calls in its place:
 * it reads the arguments from its memory and writes the results there.
 */
import { Writer } from "../../../kernel/engine/rewriter/writer.ts";
import { type NumberType, type Value, WIDTHS } from "./wast_values.ts";

const TYPE_OCTETS: Readonly<Record<NumberType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const LOADS: Readonly<Record<NumberType, readonly number[]>> = {
  i32: [0x28],
  i64: [0x29],
  f32: [0x2a],
  f64: [0x2b],
  v128: [0xfd, 0x00],
};
const STORES: Readonly<Record<NumberType, readonly number[]>> = {
  i32: [0x36],
  i64: [0x37],
  f32: [0x38],
  f64: [0x39],
  v128: [0xfd, 0x0b],
};

const SLOT_OCTETS = 16;
const RESULTS_AT = 32_768;

function signatureOctets(
  params: readonly NumberType[],
  results: readonly NumberType[],
): number[] {
  const list = (types: readonly NumberType[]) => [
    types.length,
    ...types.map((type) => TYPE_OCTETS[type]),
  ];
  return [0x60, ...list(params), ...list(results)];
}

/** A load or store at a fixed address, behind its `i32.const 0`. */
function access(writer: Writer, code: readonly number[], at: number): void {
  writer.octets(code);
  writer.byte(0);
  writer.u32(at);
}

function bodyOf(
  params: readonly NumberType[],
  results: readonly NumberType[],
): Uint8Array {
  const body = new Writer();
  body.u32(results.length);
  for (const type of results) body.octets([1, TYPE_OCTETS[type]]);
  params.forEach((type, index) => {
    body.octets([0x41, 0]);
    access(body, LOADS[type], index * SLOT_OCTETS);
  });
  body.octets([0x10, 0]);
  for (let index = results.length - 1; index >= 0; index--) {
    body.byte(0x21);
    body.u32(index);
  }
  results.forEach((type, index) => {
    body.octets([0x41, 0, 0x20]);
    body.u32(index);
    access(body, STORES[type], RESULTS_AT + index * SLOT_OCTETS);
  });
  body.byte(0x0b);
  return body.done();
}

function bridgeModule(
  params: readonly NumberType[],
  results: readonly NumberType[],
): Uint8Array<ArrayBuffer> {
  const module = new Writer(256);
  module.octets([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, write: (writer: Writer) => void) => {
    const content = new Writer();
    write(content);
    module.section(id, content.done());
  };
  section(1, (writer) => {
    writer.octets([2, ...signatureOctets(params, results), 0x60, 0, 0]);
  });
  section(2, (writer) => {
    writer.byte(1);
    writer.name("m");
    writer.name("f");
    writer.octets([0, 0]);
  });
  section(3, (writer) => writer.octets([1, 1]));
  section(5, (writer) => writer.octets([1, 0, 1]));
  section(7, (writer) => {
    writer.byte(2);
    writer.name("run");
    writer.octets([0, 1]);
    writer.name("memory");
    writer.octets([2, 0]);
  });
  section(10, (writer) => {
    const body = bodyOf(params, results);
    writer.byte(1);
    writer.u32(body.length);
    writer.octets(body);
  });
  return module.done();
}

const modules = new Map<string, WebAssembly.Module>();

function moduleFor(
  params: readonly NumberType[],
  results: readonly NumberType[],
): WebAssembly.Module {
  const key = `${params}>${results}`;
  const known = modules.get(key);
  if (known !== undefined) return known;
  const made = new WebAssembly.Module(bridgeModule(params, results));
  modules.set(key, made);
  return made;
}

function write(view: DataView, at: number, value: Value): void {
  for (let index = 0; index < SLOT_OCTETS; index++) {
    const octet = (value.bits >> BigInt(8 * index)) & 0xffn;
    view.setUint8(at + index, Number(octet));
  }
}

function read(view: DataView, at: number, type: NumberType): Value {
  let bits = 0n;
  for (let index = WIDTHS[type] - 1; index >= 0; index--) {
    bits = (bits << 8n) | BigInt(view.getUint8(at + index));
  }
  return { type, bits, ref: "" };
}

/** Throws what the function throws; a `LinkError` if its type is another. */
export function callExactly(
  run: CallableFunction,
  args: readonly Value[],
  results: readonly NumberType[],
): Value[] {
  const params = args.map(({ type }) => type as NumberType);
  const { exports } = new WebAssembly.Instance(moduleFor(params, results), {
    m: { f: run },
  });
  const view = new DataView((exports.memory as WebAssembly.Memory).buffer);
  args.forEach((value, index) => write(view, index * SLOT_OCTETS, value));
  (exports.run as () => void)();
  return results.map((type, index) =>
    read(view, RESULTS_AT + index * SLOT_OCTETS, type)
  );
}
