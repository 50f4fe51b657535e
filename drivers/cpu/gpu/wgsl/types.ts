/** The types of WGSL that there are here, and where their parts lie in memory. */

/** `int` and `float` are those of numbers without a suffix. */
export type ScalarName = "bool" | "i32" | "u32" | "f32" | "int" | "float";

export interface ScalarType {
  readonly kind: "scalar";
  readonly of: ScalarName;
}

export interface VectorType {
  readonly kind: "vec";
  readonly size: number;
  readonly of: ScalarName;
}

export interface ArrayType {
  readonly kind: "array";
  readonly of: Type;
  /** Of a runtime-sized one there is none. */
  readonly count: number | undefined;
}

export interface Member {
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
}

export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly members: readonly Member[];
  readonly size: number;
  readonly align: number;
  /** How deep types lie in it; it is bounded. */
  readonly depth: number;
}

export interface AtomicType {
  readonly kind: "atomic";
  readonly of: "i32" | "u32";
}

export type Space = "function" | "private" | "workgroup" | "storage";
export type Access = "read" | "read_write";

export interface PointerType {
  readonly kind: "ptr";
  readonly space: Space;
  readonly of: Type;
  readonly access: Access;
}

export type Type =
  | ScalarType
  | VectorType
  | ArrayType
  | StructType
  | AtomicType
  | PointerType;

/** What is kept in registers. */
export type FlatType = ScalarType | VectorType;

export const scalar = (of: ScalarName): ScalarType => ({ kind: "scalar", of });
export const vector = (size: number, of: ScalarName): VectorType => ({
  kind: "vec",
  size,
  of,
});

export const BOOL = scalar("bool");
export const I32 = scalar("i32");
export const U32 = scalar("u32");
export const F32 = scalar("f32");

/** As WGSL writes it; two types are the same if this is. */
export function textOf(type: Type): string {
  switch (type.kind) {
    case "scalar":
      return ABSTRACT[type.of] ?? type.of;
    case "vec":
      return `vec${type.size}<${ABSTRACT[type.of] ?? type.of}>`;
    case "array":
      return type.count === undefined
        ? `array<${textOf(type.of)}>`
        : `array<${textOf(type.of)}, ${type.count}>`;
    case "struct":
      return type.name;
    case "atomic":
      return `atomic<${type.of}>`;
    case "ptr":
      return `ptr<${type.space}, ${textOf(type.of)}${
        type.space === "storage" ? `, ${type.access}` : ""
      }>`;
  }
}

const ABSTRACT: Readonly<Partial<Record<ScalarName, string>>> = {
  int: "abstract-int",
  float: "abstract-float",
};

export const isSame = (a: Type, b: Type) => a === b || textOf(a) === textOf(b);

export function isFlat(type: Type): type is FlatType {
  return type.kind === "scalar" || type.kind === "vec";
}

/** Of a scalar or vector: what it is made of. */
export function elementOf(type: Type): ScalarName | undefined {
  return isFlat(type) ? type.of : undefined;
}

export const sizeOfFlat = (type: FlatType) =>
  type.kind === "scalar" ? 1 : type.size;

/** A flat type of the same shape. */
export function shaped(like: FlatType, of: ScalarName): FlatType {
  return like.kind === "scalar" ? scalar(of) : vector(like.size, of);
}

export const isAbstractScalar = (of: ScalarName) =>
  of === "int" || of === "float";

export function isAbstract(type: Type): boolean {
  if (type.kind === "array") return isAbstract(type.of);
  return isFlat(type) && isAbstractScalar(type.of);
}

export const isNumber = (of: ScalarName) => of !== "bool";
export const isInteger = (of: ScalarName) =>
  of === "i32" || of === "u32" || of === "int";
export const isFloat = (of: ScalarName) => of === "f32" || of === "float";

export function alignOf(type: Type): number {
  switch (type.kind) {
    case "vec":
      return type.size === 2 ? 8 : 16;
    case "array":
      return alignOf(type.of);
    case "struct":
      return type.align;
    default:
      return 4;
  }
}

/** Octets; of a runtime-sized array those of one element. */
export function sizeOf(type: Type): number {
  switch (type.kind) {
    case "vec":
      return 4 * type.size;
    case "array":
      return strideOf(type) * (type.count ?? 1);
    case "struct":
      return type.size;
    default:
      return 4;
  }
}

export const roundUp = (octets: number, to: number) =>
  Math.ceil(octets / to) * to;

export const strideOf = ({ of }: ArrayType) => roundUp(sizeOf(of), alignOf(of));

/** Whether its values can be made, passed and stored. */
export function isConstructible(type: Type): boolean {
  switch (type.kind) {
    case "array":
      return type.count !== undefined && isConstructible(type.of);
    case "struct":
      return type.members.every((member) => isConstructible(member.type));
    default:
      return isFlat(type);
  }
}

/** Whether it may lie in a buffer. */
export function isShareable(type: Type): boolean {
  switch (type.kind) {
    case "array":
      return isShareable(type.of);
    case "struct":
      return type.members.every((member) => isShareable(member.type));
    case "atomic":
      return true;
    default:
      return isFlat(type) && type.of !== "bool";
  }
}

export function isRuntimeSized(type: Type): boolean {
  if (type.kind === "array") return type.count === undefined;
  if (type.kind !== "struct") return false;
  const last = type.members.at(-1);
  return last !== undefined && isRuntimeSized(last.type);
}

export function depthOf(type: Type): number {
  if (type.kind === "array") return 1 + depthOf(type.of);
  return type.kind === "struct" ? type.depth : 1;
}
