/**
 * What the checker makes of a source: every name resolved, every type known.
 *
 * Left of nothing is anything abstract but constants. Loads are explicit.
 */
import type { Constant } from "./constants.ts";
import type { Place } from "./refused.ts";
import type {
  Access,
  FlatType,
  PointerType,
  Space,
  StructType,
  Type,
} from "./types.ts";

/** A `var`, a `let` or a parameter. */
export interface Variable {
  readonly name: string;
  readonly type: Type;
  readonly space: Space;
  readonly access: Access;
  /** A `let` or a parameter: it has one value. */
  readonly isFixed: boolean;
  /** Somebody may have its address. */
  isAddressed: boolean;
  /** Of a buffer. */
  readonly binding: number | undefined;
  /** Of the module's variables. */
  initial: Expression | undefined;
  /** Of a pointer to what has no size: the buffer that it leads into. */
  root: Variable | undefined;
}

/** A place in memory. */
export type Ref =
  & { readonly type: Type; readonly space: Space; readonly access: Access }
  & (
    | { readonly op: "variable"; readonly variable: Variable }
    | { readonly op: "deref"; readonly pointer: Expression }
    | { readonly op: "member"; readonly of: Ref; readonly offset: number }
    | {
      readonly op: "element";
      readonly of: Ref;
      readonly at: Expression;
      readonly stride: number;
      readonly count: number | undefined;
    }
    /** Of a vector. */
    | { readonly op: "component"; readonly of: Ref; readonly at: Expression }
  );

type Typed<T extends Type = Type> = { readonly type: T };

export type Expression =
  | Typed & { readonly op: "const"; readonly value: Constant }
  | Typed & { readonly op: "load"; readonly ref: Ref }
  /** The value of a `let` or a parameter. */
  | Typed & { readonly op: "value"; readonly variable: Variable }
  | Typed<FlatType> & {
    readonly op: "unary";
    readonly operator: string;
    readonly of: Expression;
  }
  /** Both sides have the same type, but what shifts. */
  | Typed<FlatType> & {
    readonly op: "binary";
    readonly operator: string;
    readonly left: Expression;
    readonly right: Expression;
  }
  | Typed & {
    readonly op: "short";
    readonly operator: "&&" | "||";
    readonly left: Expression;
    readonly right: Expression;
  }
  /** A vector of equal components. */
  | Typed<FlatType> & { readonly op: "splat"; readonly of: Expression }
  /** A vector of the components of others. */
  | Typed<FlatType> & {
    readonly op: "compose";
    readonly parts: readonly Expression[];
  }
  /** An array or a struct. */
  | Typed & { readonly op: "make"; readonly parts: readonly Expression[] }
  | Typed<FlatType> & {
    readonly op: "swizzle";
    readonly of: Expression;
    readonly lanes: readonly number[];
  }
  /** A part of a value that lies nowhere: of an array, a vector or a struct. */
  | Typed & {
    readonly op: "at";
    readonly of: Expression;
    readonly at: Expression;
  }
  | Typed & {
    readonly op: "field";
    readonly of: Expression;
    readonly offset: number;
  }
  | Typed<FlatType> & { readonly op: "convert"; readonly of: Expression }
  | Typed<FlatType> & { readonly op: "bits"; readonly of: Expression }
  | Typed<PointerType> & { readonly op: "address"; readonly ref: Ref }
  | Typed & { readonly op: "length"; readonly root: Variable }
  | Typed<FlatType> & {
    readonly op: "builtin";
    readonly name: string;
    readonly args: readonly Expression[];
  }
  | Typed & {
    readonly op: "atomic";
    readonly name: string;
    readonly pointer: Expression;
    readonly args: readonly Expression[];
  }
  /** `workgroupUniformLoad`: a value between two barriers. */
  | Typed & {
    readonly op: "uniform";
    readonly pointer: Expression;
    readonly place: Place;
  }
  | Typed & {
    readonly op: "call";
    readonly to: FunctionIr;
    readonly args: readonly Expression[];
    readonly place: Place;
  };

export interface Clause {
  readonly condition: Expression;
  readonly body: readonly Statement[];
}

export interface Case {
  readonly values: readonly number[];
  readonly isDefault: boolean;
  readonly body: readonly Statement[];
}

export type Statement =
  & { readonly place: Place }
  & (
    | {
      readonly op: "declare";
      readonly variable: Variable;
      readonly initial: Expression | undefined;
    }
    | { readonly op: "store"; readonly to: Ref; readonly value: Expression }
    | { readonly op: "run"; readonly value: Expression }
    | { readonly op: "block"; readonly body: readonly Statement[] }
    | {
      readonly op: "if";
      readonly clauses: readonly Clause[];
      readonly otherwise: readonly Statement[];
    }
    | {
      readonly op: "switch";
      readonly on: Expression;
      readonly cases: readonly Case[];
    }
    | {
      readonly op: "loop";
      readonly body: readonly Statement[];
      readonly continuing: readonly Statement[];
      readonly breakIf: Expression | undefined;
    }
    | { readonly op: "break" | "continue" | "barrier" }
    | { readonly op: "return"; readonly value: Expression | undefined }
  );

export interface FunctionIr {
  readonly name: string;
  readonly place: Place;
  readonly parameters: readonly Variable[];
  readonly result: Type | undefined;
  /** Of an entry point: what each parameter, or member of one, is given. */
  readonly builtins: ReadonlyArray<string | readonly string[]>;
  readonly entry: Entry | undefined;
  body: readonly Statement[];
  /** What it calls, and the module's variables that it uses. */
  readonly calls: Set<FunctionIr>;
  readonly uses: Set<Variable>;
  /** It has a barrier, or calls what has one. */
  hasBarrier: boolean;
}

export interface Entry {
  readonly size: readonly [number, number, number];
}

export interface ModuleIr {
  readonly functions: readonly FunctionIr[];
  readonly structs: readonly StructType[];
}
