/** What the parser makes of a source: names are not resolved, nothing is typed. */
import type { Suffix } from "./lexer.ts";
import type { Place } from "./refused.ts";

/** `depth` counts what stands inside of it; it is bounded. */
interface Node {
  readonly place: Place;
  readonly depth: number;
}

export interface NameSyntax extends Node {
  readonly kind: "name";
  readonly name: string;
  /** What stands between `<` and `>`. */
  readonly args?: readonly ExpressionSyntax[];
}

export interface CallSyntax extends Node {
  readonly kind: "call";
  readonly callee: NameSyntax;
  readonly args: readonly ExpressionSyntax[];
}

export type ExpressionSyntax =
  | NameSyntax
  | CallSyntax
  | (Node & {
    readonly kind: "number";
    readonly value: bigint | number;
    readonly suffix: Suffix;
  })
  | (Node & { readonly kind: "boolean"; readonly value: boolean })
  | (Node & {
    readonly kind: "unary";
    readonly operator: string;
    readonly of: ExpressionSyntax;
  })
  | (Node & {
    readonly kind: "binary";
    readonly operator: string;
    readonly left: ExpressionSyntax;
    readonly right: ExpressionSyntax;
  })
  | (Node & {
    readonly kind: "member";
    readonly of: ExpressionSyntax;
    readonly name: string;
  })
  | (Node & {
    readonly kind: "index";
    readonly of: ExpressionSyntax;
    readonly at: ExpressionSyntax;
  });

export interface AttributeSyntax {
  readonly place: Place;
  readonly name: string;
  readonly args: readonly ExpressionSyntax[];
}

/** `var`, `let` and `const` in a function, the last three in the module. */
export interface DeclarationSyntax {
  readonly kind: "declare";
  readonly place: Place;
  readonly how: "var" | "let" | "const" | "override";
  readonly name: string;
  readonly type: NameSyntax | undefined;
  readonly initial: ExpressionSyntax | undefined;
  /** Of a `var`: address space, access. */
  readonly space: readonly ExpressionSyntax[];
  readonly attributes: readonly AttributeSyntax[];
}

export interface CaseSyntax {
  readonly place: Place;
  /** `undefined` is `default`. */
  readonly selectors: ReadonlyArray<ExpressionSyntax | undefined>;
  readonly body: BlockSyntax;
}

export interface BlockSyntax {
  readonly kind: "block";
  readonly place: Place;
  readonly statements: readonly StatementSyntax[];
}

export interface AssignSyntax {
  readonly kind: "assign";
  readonly place: Place;
  /** `undefined` is `_`. */
  readonly to: ExpressionSyntax | undefined;
  /** Of `a += b` the `+`. */
  readonly operator: string | undefined;
  readonly value: ExpressionSyntax;
  /** `a++`: whole numbers only. */
  readonly isStep: boolean;
}

export type StatementSyntax =
  | DeclarationSyntax
  | BlockSyntax
  | AssignSyntax
  | { readonly kind: "call"; readonly place: Place; readonly call: CallSyntax }
  | {
    readonly kind: "if";
    readonly place: Place;
    readonly clauses: ReadonlyArray<
      { readonly condition: ExpressionSyntax; readonly body: BlockSyntax }
    >;
    readonly otherwise: BlockSyntax | undefined;
  }
  | {
    readonly kind: "switch";
    readonly place: Place;
    readonly on: ExpressionSyntax;
    readonly cases: readonly CaseSyntax[];
  }
  | {
    readonly kind: "loop";
    readonly place: Place;
    /** What comes after each round sees no names of the body. */
    readonly isFor: boolean;
    /** What is declared before the first round. */
    readonly first: StatementSyntax | undefined;
    readonly condition: ExpressionSyntax | undefined;
    readonly body: BlockSyntax;
    /** After each round; `breakIf` ends it. */
    readonly continuing: BlockSyntax | undefined;
    readonly breakIf: ExpressionSyntax | undefined;
  }
  | { readonly kind: "break" | "continue"; readonly place: Place }
  | {
    readonly kind: "return";
    readonly place: Place;
    readonly value: ExpressionSyntax | undefined;
  }
  | AssertSyntax;

export interface AssertSyntax {
  readonly kind: "assert";
  readonly place: Place;
  readonly condition: ExpressionSyntax;
}

export interface MemberSyntax {
  readonly place: Place;
  readonly name: string;
  readonly type: NameSyntax;
  readonly attributes: readonly AttributeSyntax[];
}

export interface FunctionSyntax {
  readonly kind: "function";
  readonly place: Place;
  readonly name: string;
  readonly parameters: readonly MemberSyntax[];
  readonly result: NameSyntax | undefined;
  readonly body: BlockSyntax;
  readonly attributes: readonly AttributeSyntax[];
}

export type ModuleSyntax =
  | DeclarationSyntax
  | FunctionSyntax
  | AssertSyntax
  | {
    readonly kind: "struct";
    readonly place: Place;
    readonly name: string;
    readonly members: readonly MemberSyntax[];
  }
  | {
    readonly kind: "alias";
    readonly place: Place;
    readonly name: string;
    readonly type: NameSyntax;
  };
