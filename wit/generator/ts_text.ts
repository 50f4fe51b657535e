/**
 * Tables and small texts of the TypeScript side.
 */
import { resolved, type Resource, root, type Type } from "../decode/model.ts";

/** The typed array of a list of numbers. */
export const ARRAYS: Readonly<Record<string, string>> = {
  s8: "Int8Array",
  u8: "Uint8Array",
  s16: "Int16Array",
  u16: "Uint16Array",
  s32: "Int32Array",
  u32: "Uint32Array",
  s64: "BigInt64Array",
  u64: "BigUint64Array",
  f32: "Float32Array",
  f64: "Float64Array",
};

/** The accessor of a `DataView`. */
export const VIEWS: Readonly<Record<string, string>> = {
  s8: "Int8",
  u8: "Uint8",
  s16: "Int16",
  u16: "Uint16",
  s32: "Int32",
  u32: "Uint32",
  s64: "BigInt64",
  u64: "BigUint64",
  f32: "Float32",
  f64: "Float64",
};

/** Octets of a number. */
export const SIZES: Readonly<Record<string, number>> = {
  s8: 1,
  u8: 1,
  s16: 2,
  u16: 2,
  s32: 4,
  u32: 4,
  f32: 4,
  s64: 8,
  u64: 8,
  f64: 8,
};

/** How a resource is named in handle tables. */
export function resourceKey(resource: Resource): string {
  const { owner, name } = root(resource);
  return `${owner?.name ?? ""}.${name}`;
}

/** A flag's bit as source text. */
export function bit(at: number): string {
  return at === 31 ? "0x80000000" : String(2 ** at);
}

/** An option whose payload is an option keeps its tag, so that the two cannot be mixed up. */
export function isNested(t: Type & { kind: "option" }): boolean {
  return resolved(t.some).kind === "option";
}

/** The name of an arm as a tag. */
export function armName(t: Type, at: number): string {
  if (t.kind === "variant") return (t.cases[at] as { name: string }).name;
  if (t.kind === "result") return at === 0 ? "ok" : "err";
  return at === 0 ? "none" : "some";
}

/** The type of one tagged case. */
export function armText(tag: string, payload: string | undefined): string {
  return payload === undefined
    ? `{ tag: ${JSON.stringify(tag)}; val?: undefined }`
    : `{ tag: ${JSON.stringify(tag)}; val: ${payload} }`;
}

/** A value from its number, as memory or a flat slot has it. */
export function primFrom(prim: string, n: string): string {
  switch (prim) {
    case "bool":
      return `abi.liftBool(${n})`;
    case "char":
      return `abi.liftChar(${n})`;
    case "u8":
      return `${n} & 255`;
    case "u16":
      return `${n} & 65535`;
    case "s8":
      return `${n} << 24 >> 24`;
    case "s16":
      return `${n} << 16 >> 16`;
    case "u32":
      return `${n} >>> 0`;
    case "s32":
      return `${n} | 0`;
    case "u64":
      return `BigInt.asUintN(64, ${n})`;
  }
  return n;
}

/** A number from a value, as memory or a flat slot wants it. */
export function primTo(prim: string, v: string): string {
  switch (prim) {
    case "bool":
      return `${v} ? 1 : 0`;
    case "char":
      return `abi.lowerChar(${v})`;
    case "u8":
      return `${v} & 255`;
    case "u16":
      return `${v} & 65535`;
    case "s8":
      return `${v} << 24 >> 24`;
    case "s16":
      return `${v} << 16 >> 16`;
  }
  return v;
}
