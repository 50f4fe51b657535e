/** What names mean: the module's in any order, a function's from where they stand. */
import type { Expression, FunctionIr, Ref, Variable } from "./ir.ts";
import { type Place, refuse } from "./refused.ts";
import type { ExpressionSyntax, ModuleSyntax } from "./syntax.ts";
import type { Type } from "./types.ts";

export type Entity =
  | { readonly kind: "type"; readonly type: Type }
  | { readonly kind: "const"; readonly value: Expression }
  | { readonly kind: "variable"; readonly variable: Variable }
  | { readonly kind: "function"; readonly function: FunctionIr };

/** What an expression is: a place in memory, or a value. */
export type Checked =
  | { readonly kind: "ref"; readonly ref: Ref }
  | { readonly kind: "value"; readonly value: Expression };

export interface Context {
  readonly scope: Scope;
  readonly globals: Globals;
  /** Whose body it is. */
  readonly owner: FunctionIr | undefined;
}

type Named = Exclude<ModuleSyntax, { kind: "assert" }>;

/** What resolves the module's names; it is given, since it needs them itself. */
export interface Resolver {
  resolve(declared: Named, globals: Globals): Entity;
  check(syntax: ExpressionSyntax, context: Context): Checked;
}

/** How many declarations one may lead through. */
const CHAIN_MAX = 64;

export class Globals {
  readonly #declared = new Map<string, Named>();
  readonly #known = new Map<string, Entity>();
  readonly #open = new Set<string>();
  readonly #resolver: Resolver;

  constructor(all: readonly ModuleSyntax[], resolver: Resolver) {
    this.#resolver = resolver;
    for (const one of all) {
      if (one.kind === "assert") continue;
      if (this.#declared.has(one.name)) taken(one.name, one.place);
      this.#declared.set(one.name, one);
    }
  }

  find(name: string, place: Place): Entity | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const declared = this.#declared.get(name);
    if (declared === undefined) return undefined;
    if (this.#open.has(name)) {
      refuse(place, `${name} is declared by itself`, "break the circle");
    }
    if (this.#open.size >= CHAIN_MAX) {
      refuse(
        place,
        `more than ${CHAIN_MAX} declarations lead to ${name}`,
        "make the chain shorter",
      );
    }
    this.#open.add(name);
    const entity = this.#resolver.resolve(declared, this);
    this.#open.delete(name);
    this.#known.set(name, entity);
    return entity;
  }

  check(syntax: ExpressionSyntax, context: Context): Checked {
    return this.#resolver.check(syntax, context);
  }

  /** Where the module's own expressions stand. */
  context(): Context {
    return { scope: new Scope(this), globals: this, owner: undefined };
  }
}

export class Scope {
  readonly #outer: Scope | Globals;
  readonly #own = new Map<string, Entity>();

  constructor(outer: Scope | Globals) {
    this.#outer = outer;
  }

  add(name: string, entity: Entity, place: Place): void {
    if (this.#own.has(name)) taken(name, place);
    this.#own.set(name, entity);
  }

  find(name: string, place: Place): Entity | undefined {
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    // Not by recursion: blocks may be deep.
    let outer = this.#outer;
    while (outer instanceof Scope) {
      const found = outer.#own.get(name);
      if (found !== undefined) return found;
      outer = outer.#outer;
    }
    return outer.find(name, place);
  }
}

function taken(name: string, place: Place): never {
  refuse(place, `${name} is declared twice`, "choose another name");
}

/** The same, one block further in. */
export function inner(context: Context): Context {
  return { ...context, scope: new Scope(context.scope) };
}
