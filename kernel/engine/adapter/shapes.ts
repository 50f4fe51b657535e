/** What an adapter may take for granted of the octets of a type. */
import { resolved, type Type } from "../../../wit/decode/model.ts";
import { members } from "../../../wit/generator/emit.ts";
import {
  type Arm,
  arms,
  discriminantSize,
  layout,
  numbers,
} from "../../../wit/abi/layout.ts";
import { LIFTED_ELEMENT_OCTETS_MIN } from "../../../wit/abi/limits.ts";
import { must } from "../../limits.ts";
import { OP } from "./opcodes.ts";

/** The bits of a flags type that mean something. */
export function flagBits(names: number): number {
  return names >= 32 ? -1 : (2 ** names - 1) | 0;
}

/** Checked octets of it are the value: no padding, no bits without a meaning. */
export function isDense(type: Type): boolean {
  const t = resolved(type);
  // A boolean may be any number; what is handed over is 0 or 1.
  if (t.kind === "prim") return t.prim !== "string" && t.prim !== "bool";
  if (t.kind === "enum") return true;
  if (t.kind === "flags") return t.names.length === 8 * layout(t).size;
  const items = members(t);
  if (items === undefined || !items.every(isDense)) return false;
  const octets = items.reduce((sum, item) => sum + layout(item).size, 0);
  return octets === layout(t).size;
}

/** Any octets are a value of it. */
export function isFree(type: Type): boolean {
  const t = resolved(type);
  if (t.kind === "prim") {
    return t.prim !== "char" && t.prim !== "string";
  }
  return t.kind === "flags" || (members(t)?.every(isFree) ?? false);
}

/** What an element of a list takes off the allowance; as in wit/abi. */
export function elementCost(element: Type): number {
  const { size } = layout(element);
  return numbers(element) === undefined
    ? Math.max(size, LIFTED_ELEMENT_OCTETS_MIN)
    : size;
}

export function armsOf(type: Type): readonly Arm[] {
  const found = arms(type);
  must(found !== undefined, "what is nothing else has arms");
  return found;
}

/** The load of an unsigned number of so many octets. */
export function loadOf(size: number): number {
  return size === 1
    ? OP.i32Load8U
    : size === 2
    ? OP.i32Load16U
    : size === 4
    ? OP.i32Load
    : OP.i64Load;
}

export function storeOf(size: number): number {
  return size === 1
    ? OP.i32Store8
    : size === 2
    ? OP.i32Store16
    : size === 4
    ? OP.i32Store
    : OP.i64Store;
}

export function tagSize(of: readonly Arm[]): number {
  return discriminantSize(of.length);
}
