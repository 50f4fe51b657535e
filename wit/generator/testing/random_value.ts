/**
 * Random values of decoded types, as the host's bindings write them; edges are more likely than the middle.
 */
import { resolved, type Type } from "../../decode/model.ts";
import { camel } from "../names.ts";
import { armName, isNested } from "../ts_text.ts";
import { arms, numbers } from "../../abi/layout.ts";
import type { Chance } from "./chance.ts";

/** What values are made of here. */
export type Value = unknown;

const ARRAYS = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

const TEXTS = ["", "a", "Grüße", "日本語", "🜁🜂", "\u0000", "x".repeat(300)];
const CHARS = ["\u0000", "a", "é", "\ud7ff", "\ue000", "🜁", "\u{10ffff}"];
const FLOATS = [0, -0, 1.5, -1, Infinity, -Infinity, NaN, 2 ** 40];

/** A value of a type. */
export function randomValue(chance: Chance, type: Type): Value {
  const t = resolved(type);
  switch (t.kind) {
    case "prim":
      return primitive(chance, t.prim);
    case "list": {
      const length = chance.once(6) ? 40 : chance.below(4);
      const prim = numbers(t.element);
      if (prim === undefined) {
        return Array.from(
          { length },
          () => randomValue(chance, t.element),
        );
      }
      const made = new ARRAYS[prim as keyof typeof ARRAYS](length);
      for (let at = 0; at < length; at++) {
        made[at] = primitive(chance, prim) as never;
      }
      return made;
    }
    case "tuple":
      return t.items.map((item) => randomValue(chance, item));
    case "record":
      return Object.fromEntries(t.fields.map((field) => [
        camel(field.name),
        randomValue(chance, field.type),
      ]));
    case "enum":
      return chance.pick(t.names);
    case "flags":
      return Object.fromEntries(
        t.names.map((name) => [camel(name), chance.once(2)]),
      );
    case "variant":
    case "option":
    case "result":
      return tagged(chance, t);
  }
  throw new Error(`no random ${t.kind}`);
}

function tagged(chance: Chance, t: Type): Value {
  const of = arms(t) ?? [];
  const at = chance.below(of.length);
  const inner = of[at]?.type;
  const val = inner === undefined ? undefined : randomValue(chance, inner);
  if (t.kind === "option" && !isNested(t)) return val;
  const tag = armName(t, at);
  return inner === undefined ? { tag } : { tag, val };
}

function primitive(chance: Chance, prim: string): Value {
  switch (prim) {
    case "bool":
      return chance.once(2);
    case "char":
      return chance.pick(CHARS);
    case "string":
      return chance.pick(TEXTS);
    case "f32":
      return Math.fround(chance.pick(FLOATS));
    case "f64":
      return chance.once(2) ? chance.pick(FLOATS) : chance.bits() / 7;
    case "s64":
      return BigInt.asIntN(64, wide(chance));
    case "u64":
      return BigInt.asUintN(64, wide(chance));
  }
  const bits = Number(prim.slice(1));
  const raw = Number(BigInt.asUintN(bits, wide(chance)));
  return prim.startsWith("s") && raw >= 2 ** (bits - 1) ? raw - 2 ** bits : raw;
}

function wide(chance: Chance): bigint {
  const edge = chance.below(4);
  if (edge === 0) return -1n;
  if (edge === 1) return 1n << BigInt(chance.below(64));
  return BigInt(chance.bits()) << 32n | BigInt(chance.bits());
}
