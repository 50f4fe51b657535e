/**
 * Sizes, alignments and flat forms of types, exactly as the Canonical ABI defines them for 32-bit memories.
 */
import { resolved, type Type } from "../decode/model.ts";

/** A core WebAssembly value type. */
export type Core = "i32" | "i64" | "f32" | "f64";

/** Flat parameters beyond this many travel through memory. */
export const FLAT_PARAMS_MAX = 16;

/** Flat results beyond this many travel through memory. */
export const FLAT_RESULTS_MAX = 1;

/** How a type lies in memory. */
export interface Layout {
  readonly size: number;
  readonly align: number;
}

/** A case of a variant, option or result. */
export interface Arm {
  readonly name: string;
  readonly type: Type | undefined;
}

const PRIM_SIZE: Readonly<Record<string, number>> = {
  bool: 1,
  s8: 1,
  u8: 1,
  s16: 2,
  u16: 2,
  s32: 4,
  u32: 4,
  s64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
  char: 4,
};

const layouts = new WeakMap<Type, Layout>();
const flats = new WeakMap<Type, readonly Core[]>();

/** The arms of a type with a discriminant and payloads, or undefined. */
export function arms(type: Type): readonly Arm[] | undefined {
  const t = resolved(type);
  if (t.kind === "variant") return t.cases;
  if (t.kind === "option") {
    return [{ name: "none", type: undefined }, { name: "some", type: t.some }];
  }
  if (t.kind === "result") {
    return [{ name: "ok", type: t.ok }, { name: "err", type: t.err }];
  }
  return undefined;
}

/** Octets that a discriminant of so many cases takes. */
export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 256 ? 1 : cases <= 65536 ? 2 : 4;
}

/** Rounds up to a multiple. */
export function aligned(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/** Layout of types one after another, with the offset of each. */
export function sequence(
  types: readonly Type[],
): Layout & { readonly offsets: readonly number[] } {
  let size = 0;
  let align = 1;
  const offsets: number[] = [];
  for (const type of types) {
    const one = layout(type);
    size = aligned(size, one.align);
    offsets.push(size);
    size += one.size;
    align = Math.max(align, one.align);
  }
  return { size: aligned(size, align), align, offsets };
}

/** Where the payload of a type with arms begins. */
export function payloadOffset(of: readonly Arm[]): number {
  let align = 1;
  for (const arm of of) {
    if (arm.type) align = Math.max(align, layout(arm.type).align);
  }
  return aligned(discriminantSize(of.length), align);
}

/** Layout of one type. */
export function layout(type: Type): Layout {
  const known = layouts.get(type);
  if (known !== undefined) return known;
  const made = computeLayout(type);
  layouts.set(type, made);
  return made;
}

function computeLayout(type: Type): Layout {
  const t = resolved(type);
  switch (t.kind) {
    case "prim": {
      if (t.prim === "string") return { size: 8, align: 4 };
      const size = PRIM_SIZE[t.prim] as number;
      return { size, align: size };
    }
    case "list":
      return { size: 8, align: 4 };
    case "record":
      return sequence(t.fields.map((field) => field.type));
    case "tuple":
      return sequence(t.items);
    case "enum": {
      const size = discriminantSize(t.names.length);
      return { size, align: size };
    }
    case "flags": {
      const size = t.names.length <= 8 ? 1 : t.names.length <= 16 ? 2 : 4;
      return { size, align: size };
    }
    case "own":
    case "borrow":
      return { size: 4, align: 4 };
    case "resource":
      throw new Error("a resource type is not a value type");
  }
  const of = arms(t) as readonly Arm[];
  const start = payloadOffset(of);
  let size = 0;
  let align = discriminantSize(of.length) as number;
  for (const arm of of) {
    if (!arm.type) continue;
    const one = layout(arm.type);
    size = Math.max(size, one.size);
    align = Math.max(align, one.align);
  }
  return { size: aligned(start + size, align), align };
}

/** The core values that one value becomes. */
export function flat(type: Type): readonly Core[] {
  const known = flats.get(type);
  if (known !== undefined) return known;
  const made = computeFlat(type);
  flats.set(type, made);
  return made;
}

function computeFlat(type: Type): readonly Core[] {
  const t = resolved(type);
  switch (t.kind) {
    case "prim":
      if (t.prim === "string") return ["i32", "i32"];
      if (t.prim === "s64" || t.prim === "u64") return ["i64"];
      return t.prim === "f32" || t.prim === "f64" ? [t.prim] : ["i32"];
    case "list":
      return ["i32", "i32"];
    case "record":
      return t.fields.flatMap((field) => flat(field.type));
    case "tuple":
      return t.items.flatMap(flat);
    case "enum":
    case "flags":
    case "own":
    case "borrow":
      return ["i32"];
    case "resource":
      throw new Error("a resource type is not a value type");
  }
  const joined: Core[] = [];
  for (const arm of arms(t) as readonly Arm[]) {
    if (!arm.type) continue;
    flat(arm.type).forEach((core, at) => {
      joined[at] = at < joined.length ? join(joined[at] as Core, core) : core;
    });
  }
  return ["i32", ...joined];
}

/** The core type that can carry either. */
function join(a: Core, b: Core): Core {
  if (a === b) return a;
  const both = a + b;
  return both === "i32f32" || both === "f32i32" ? "i32" : "i64";
}

/** How a function crosses the border. */
export interface Crossing {
  readonly params: readonly Core[];
  /** The parameters travel through memory behind one pointer. */
  readonly spilled: boolean;
  readonly result: Core | undefined;
  /** The result travels through memory. */
  readonly returned: boolean;
}

/** The core signature of a function, without an importer's return pointer. */
export function crossing(
  params: readonly Type[],
  result: Type | undefined,
): Crossing {
  const flatParams = params.flatMap(flat);
  const flatResult = result === undefined ? [] : flat(result);
  const spilled = flatParams.length > FLAT_PARAMS_MAX;
  const returned = flatResult.length > FLAT_RESULTS_MAX;
  return {
    params: spilled ? ["i32"] : flatParams,
    spilled,
    result: returned ? "i32" : flatResult[0],
    returned,
  };
}

/** Whether a value holds a pointer to further octets. */
export function pointed(type: Type): boolean {
  const t = resolved(type);
  if (t.kind === "list") return true;
  if (t.kind === "prim") return t.prim === "string";
  if (t.kind === "record") return t.fields.some((f) => pointed(f.type));
  if (t.kind === "tuple") return t.items.some(pointed);
  return arms(t)?.some((arm) => arm.type && pointed(arm.type)) ?? false;
}

/** The number type of a list that is copied as octets, or undefined. */
export function numbers(element: Type): string | undefined {
  const t = resolved(element);
  if (t.kind !== "prim") return undefined;
  return t.prim === "bool" || t.prim === "char" || t.prim === "string"
    ? undefined
    : t.prim;
}
