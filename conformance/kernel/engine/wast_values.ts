/**
 * Values in scripts of the official suite: literals, results, and how they match.
 *
 * Numbers are kept as bits. Float literals are turned into bits by the text
 * format's own assembler, so nothing is rounded twice.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { headOf, isList, type List, type Node } from "./wast_reader.ts";

export type NumberType = "i32" | "i64" | "f32" | "f64" | "v128";

/** A number, or a reference in words. */
export interface Value {
  readonly type: NumberType | "ref";
  /** Bits of a number. */
  readonly bits: bigint;
  /** `null`, `func`, `extern 3` (also of a host), `i31`, `object`. */
  readonly ref: string;
}

/** One lane, or the whole of a number that is no vector. */
export interface Lane {
  readonly bitCount: number;
  readonly bits: bigint;
  readonly pattern: "exact" | "nan:canonical" | "nan:arithmetic";
}

export interface Expected {
  readonly type: NumberType | "ref";
  readonly lanes: readonly Lane[];
  /** As in `Value`; `any` matches every reference that is not null. */
  readonly ref: string;
}

export const WIDTHS: Readonly<Record<NumberType, number>> = {
  i32: 4,
  i64: 8,
  f32: 4,
  f64: 8,
  v128: 16,
};

/** Float literals of a script and their bits. */
export type Floats = ReadonlyMap<string, bigint>;

const isPattern = (word: string) =>
  word === "nan:canonical" || word === "nan:arithmetic";

const LANES: Readonly<Record<string, readonly [number, boolean]>> = {
  i8x16: [8, false],
  i16x8: [16, false],
  i32x4: [32, false],
  i64x2: [64, false],
  f32x4: [32, true],
  f64x2: [64, true],
};

/** Every float literal below `nodes`, as `32 literal` or `64 literal`. */
function collect(nodes: readonly Node[], found: Set<string>): void {
  for (const node of nodes) {
    if (!isList(node)) continue;
    const head = headOf(node);
    const words = node.items.filter((item) => typeof item === "string");
    const [width, isFloat] = head === "v128.const"
      ? LANES[words[1] ?? ""] ?? [0, false]
      : [head === "f32.const" ? 32 : 64, /^f(32|64)\.const$/.test(head)];
    if (isFloat) {
      for (const word of words.slice(head === "v128.const" ? 2 : 1)) {
        if (!isPattern(word)) found.add(`${width} ${word}`);
      }
    }
    if (head !== "module") collect(node.items, found);
  }
}

export async function floatsOf(script: readonly List[]): Promise<Floats> {
  const found = new Set<string>();
  collect(script, found);
  if (found.size === 0) return new Map();
  const functions = [...found].map((key, index) => {
    const [width, word] = key.split(" ");
    return `(func (export "${index}") (result i${width})
      (i${width}.reinterpret_f${width} (f${width}.const ${word})))`;
  });
  const octets = new Uint8Array(
    await parse(`(module ${functions.join("\n")})`),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(octets));
  return new Map(
    [...found].map((key, index) => {
      const bits = (exports[index] as () => number | bigint)();
      return [key, BigInt.asUintN(Number(key.split(" ")[0]), BigInt(bits))];
    }),
  );
}

function integer(word: string, bitCount: number): bigint {
  const digits = word.replaceAll("_", "").replace(/^[+-]/, "");
  const value = BigInt(digits);
  return BigInt.asUintN(bitCount, word.startsWith("-") ? -value : value);
}

function laneOf(
  word: string,
  bitCount: number,
  isFloat: boolean,
  floats: Floats,
): Lane {
  if (word === "nan:canonical" || word === "nan:arithmetic") {
    return { bitCount, bits: 0n, pattern: word };
  }
  const bits = isFloat
    ? floats.get(`${bitCount} ${word}`)
    : integer(word, bitCount);
  if (bits === undefined) throw new Error(`no such number: ${word}`);
  return { bitCount, bits, pattern: "exact" };
}

function referenceOf(head: string, words: readonly string[]): string {
  const [, kind = ""] = head.split(".");
  if (kind === "null") return "null";
  if (kind === "extern" || kind === "host") {
    return words[1] === undefined ? "any" : `extern ${words[1]}`;
  }
  if (kind === "func" || kind === "i31") return kind;
  return kind === "struct" || kind === "array" ? "object" : "any";
}

/** A constant of a script, as an argument or as what is expected. */
export function expectedOf(node: Node, floats: Floats): Expected {
  const head = headOf(node);
  const words = (isList(node) ? node.items : [])
    .filter((item) => typeof item === "string");
  const [type = "", kind] = head.split(".");
  if (type === "ref") {
    return { type: "ref", lanes: [], ref: referenceOf(head, words) };
  }
  if (kind !== "const") throw new Error(`no constant: ${head}`);
  if (type === "v128") {
    const [width, isFloat] = LANES[words[1] ?? ""] ?? [0, false];
    const lanes = words.slice(2)
      .map((word) => laneOf(word, width, isFloat, floats));
    return { type, lanes, ref: "" };
  }
  const number = type as NumberType;
  const width = WIDTHS[number] * 8;
  const lane = laneOf(words[1] ?? "", width, type.startsWith("f"), floats);
  return { type: number, lanes: [lane], ref: "" };
}

/** An argument: expected values without patterns. */
export function valueOf({ type, lanes, ref }: Expected): Value {
  let bits = 0n;
  let shift = 0n;
  for (const lane of lanes) {
    bits |= lane.bits << shift;
    shift += BigInt(lane.bitCount);
  }
  return { type, bits, ref };
}

/** Whether more than one pattern of bits is right. */
export function isOpen({ lanes }: Expected): boolean {
  return lanes.some(({ pattern }) => pattern !== "exact");
}

/** Whether a lane's bits are what is expected. */
function laneMatches(lane: Lane, bits: bigint): boolean {
  if (lane.pattern === "exact") return bits === lane.bits;
  const [quiet, all] = lane.bitCount === 32
    ? [0x7fc0_0000n, 0x7fff_ffffn]
    : [0x7ff8_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn];
  return lane.pattern === "nan:canonical"
    ? (bits & all) === quiet
    : (bits & quiet) === quiet;
}

export function matches(expected: Expected, value: Value): boolean {
  if (expected.type !== value.type) return false;
  if (expected.type === "ref") {
    return expected.ref === value.ref ||
      expected.ref === "any" && value.ref !== "null";
  }
  let rest = value.bits;
  return expected.lanes.every((lane) => {
    const bits = BigInt.asUintN(lane.bitCount, rest);
    rest >>= BigInt(lane.bitCount);
    return laneMatches(lane, bits);
  });
}

/** Whether JavaScript would lose bits of it. */
export function isExact({ type, lanes }: Expected): boolean {
  if (type === "v128") return false;
  if (type !== "f32" && type !== "f64") return true;
  const infinity = type === "f32" ? 0x7f80_0000n : 0x7ff0_0000_0000_0000n;
  const all = type === "f32" ? 0x7fff_ffffn : 0x7fff_ffff_ffff_ffffn;
  return lanes.every(({ pattern, bits }) =>
    pattern === "exact" && (bits & all) <= infinity
  );
}

export function textOf(value: Value): string {
  return value.type === "ref"
    ? value.ref
    : `${value.type}:${value.bits.toString(16)}`;
}
