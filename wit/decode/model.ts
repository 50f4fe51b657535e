/**
 * The typed model of a world: what a component imports and exports.
 *
 * Every value is immutable after decoding, except that a resource learns its owner when an interface first exports it.
 * Two types are the same contract iff `text.ts` writes them the same way.
 *
 * Deliberately absent: async, streams, futures, values and world-level functions; the decoder refuses them by name.
 */

/** Types that are not made of other types. */
export type Prim = typeof PRIMS[number];

/** Their names, in the order of the component model. */
export const PRIMS = [
  "bool",
  "s8",
  "u8",
  "s16",
  "u16",
  "s32",
  "u32",
  "s64",
  "u64",
  "f32",
  "f64",
  "char",
  "string",
] as const;

/** The interface that gives a name; its own name is "" until an import or export tells it. */
export interface Owner {
  name: string;
}

/** A resource type. Two of them are the same if `root` gives the same object. */
export interface Resource {
  /** The interface that defines it; undefined until one exports it. */
  owner: Owner | undefined;
  /** Name in WIT, e.g. `cursor`. */
  name: string;
  /** Set when this one turned out to be another one seen through a parameter. */
  same: Resource | undefined;
}

export interface Field {
  readonly name: string;
  readonly type: Type;
}

export interface Case {
  readonly name: string;
  readonly type: Type | undefined;
}

/** A name that an interface gives to a type. Transparent for the ABI. */
export interface Alias {
  readonly kind: "alias";
  /** Interface that gives the name. */
  readonly owner: Owner;
  readonly name: string;
  readonly target: Type;
}

export type Type =
  | { readonly kind: "prim"; readonly prim: Prim }
  | { readonly kind: "list"; readonly element: Type }
  | { readonly kind: "tuple"; readonly items: readonly Type[] }
  | { readonly kind: "option"; readonly some: Type }
  | {
    readonly kind: "result";
    readonly ok: Type | undefined;
    readonly err: Type | undefined;
  }
  | { readonly kind: "record"; readonly fields: readonly Field[] }
  | { readonly kind: "variant"; readonly cases: readonly Case[] }
  | { readonly kind: "enum"; readonly names: readonly string[] }
  | { readonly kind: "flags"; readonly names: readonly string[] }
  | { readonly kind: "own"; readonly resource: Resource }
  | { readonly kind: "borrow"; readonly resource: Resource }
  | { readonly kind: "resource"; readonly resource: Resource }
  | Alias;

/** One function of an interface. */
export interface Func {
  /** As WIT's binary form has it: `find`, `[method]cursor.next`, `[constructor]cursor`, `[static]cursor.open`. */
  readonly name: string;
  readonly params: readonly Field[];
  readonly result: Type | undefined;
}

/** One interface of a world. */
export interface Interface {
  /** `karyon:graph/reads@0.1.0`. */
  readonly name: string;
  /** Named types in declaration order; used ones are aliases of aliases. */
  readonly types: readonly Alias[];
  readonly functions: readonly Func[];
}

/** What a component asks for and what it offers. */
export interface World {
  readonly imports: readonly Interface[];
  readonly exports: readonly Interface[];
}

/** The resource that this one stands for. */
export function root(resource: Resource): Resource {
  let at = resource;
  while (at.same !== undefined) at = at.same;
  return at;
}

/** The types that a type is directly made of. */
export function parts(type: Type): readonly Type[] {
  switch (type.kind) {
    case "list":
      return [type.element];
    case "option":
      return [type.some];
    case "alias":
      return [type.target];
    case "tuple":
      return type.items;
    case "record":
      return type.fields.map((field) => field.type);
    case "variant":
      return type.cases.flatMap((one) => one.type ?? []);
    case "result":
      return [type.ok, type.err].flatMap((one) => one ?? []);
  }
  return [];
}

/** The type behind its names. */
export function resolved(type: Type): Exclude<Type, Alias> {
  let at = type;
  while (at.kind === "alias") at = at.target;
  return at;
}
