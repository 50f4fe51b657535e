/**
 * How AssemblyScript says it: types, memory access and values of the cell's side.
 */
import {
  type Alias,
  type Func,
  type Interface,
  resolved,
  root,
  type Type,
} from "../decode/model.ts";
import { typeText as canonical, type Written } from "../decode/text.ts";
import { type Code, Code as CodeText, type Dialect } from "./dialect.ts";
import { loadInline, storeInline } from "./emit.ts";
import { type Core, numbers } from "../abi/layout.ts";
import { pascal, scriptName, typeName } from "./names.ts";

const PRIMS: Readonly<Record<string, string>> = {
  s8: "i8",
  s16: "i16",
  s32: "i32",
  s64: "i64",
  char: "u32",
};

/** The AssemblyScript name of a primitive. */
export function primText(prim: string): string {
  return PRIMS[prim] ?? prim;
}

/** For each record, variant, enum and flags: the name that defines it. */
export function definers(interfaces: readonly Interface[]): Map<Type, Alias> {
  const out = new Map<Type, Alias>();
  for (const one of interfaces) {
    for (const alias of one.types) {
      if (alias.target.kind !== "alias") out.set(alias.target, alias);
    }
  }
  return out;
}

/** Load and store functions of one cell, collected while its code is written. */
export class Codec {
  readonly #names = new Map<string, string>();
  readonly #bodies: string[] = [];
  readonly #written: Written = new Map();

  /** `files` maps interfaces to file names, `names` types to the names that define them. */
  constructor(
    readonly files: ReadonlyMap<string, string>,
    readonly names: ReadonlyMap<Type, Alias>,
  ) {}

  /** Names the function that loads or stores a type. */
  helper(way: "load" | "store", type: Type): string {
    const inside = new ScriptDialect(this, undefined, "");
    const text = inside.typeText(type);
    const key = `${way} ${text} ${canonical(type, this.#written)}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `${way}${this.#names.size}`;
    this.#names.set(key, name);
    const code = new CodeText();
    if (way === "load") {
      code.block(`export function ${name}(p: usize): ${text}`, () => {
        code.line(`return ${loadInline(inside, code, type, "p", 0)};`);
      });
    } else {
      code.block(`export function ${name}(p: usize, v: ${text}): void`, () => {
        storeInline(inside, code, type, "v", "p", 0);
      });
    }
    this.#bodies.push(code.toString());
    return name;
  }

  get bodies(): readonly string[] {
    return this.#bodies;
  }
}

/** AssemblyScript's side of `emit.ts`. */
export class ScriptDialect implements Dialect {
  /** `file` is the interface whose own types need no prefix. */
  constructor(
    readonly codec: Codec,
    readonly file: string | undefined,
    readonly prefix: string,
  ) {}

  /** The class, enum or alias that an interface gives a type. */
  nominal(type: Type): string {
    const alias = this.codec.names.get(resolved(type));
    if (alias === undefined) throw new Error(`a ${type.kind} without a name`);
    return this.inFile(alias.owner.name, typeName(alias.name));
  }

  inFile(owner: string, name: string): string {
    if (owner === this.file) return name;
    const file = this.codec.files.get(owner);
    if (file === undefined) throw new Error(`no file for "${owner}"`);
    return `${file}_.${name}`;
  }

  typeText(type: Type): string {
    const t = resolved(type);
    switch (t.kind) {
      case "prim":
        return primText(t.prim);
      case "list": {
        const prim = numbers(t.element);
        return prim === undefined
          ? `Array<${this.typeText(t.element)}>`
          : `StaticArray<${primText(prim)}>`;
      }
      case "tuple":
        return `Tuple${t.items.length}<${
          t.items.map((item) => this.typeText(item)).join(", ")
        }>`;
      case "option":
        return `Option<${this.typeText(t.some)}>`;
      case "result":
        return `Result<${this.#unit(t.ok)}, ${this.#unit(t.err)}>`;
      case "own":
      case "borrow":
      case "resource": {
        const { owner, name } = root(t.resource);
        return this.inFile(owner?.name ?? "", typeName(name));
      }
      case "enum":
      case "flags":
      case "record":
      case "variant":
        return this.nominal(type);
    }
  }

  #unit(type: Type | undefined): string {
    return type === undefined ? "Unit" : this.typeText(type);
  }

  coreText(core: Core): string {
    return core;
  }

  coreZero(_core: Core): string {
    return "0";
  }

  loadCore(prim: string, at: string, offset: number): string {
    return `load<${primText(prim)}>(${at}${offset === 0 ? "" : `, ${offset}`})`;
  }

  storeCore(prim: string, at: string, offset: number, v: string): string {
    const type = primText(prim);
    const to = offset === 0 ? "" : `, ${offset}`;
    return `store<${type}>(${at}, <${type}>${v}${to});`;
  }

  fromNumber(type: Type, number: string): string {
    const t = resolved(type);
    switch (t.kind) {
      case "prim":
        return t.prim === "bool"
          ? `(${number} != 0)`
          : `<${primText(t.prim)}>${number}`;
      case "enum":
        return `abi.checked(<u32>${number}, ${t.names.length})`;
      case "flags":
        return `<u32>${number}`;
      case "own":
        return this.#resource("liftOwn_", type, number);
      case "borrow":
        return this.#resource("liftBorrow_", type, number);
    }
    throw new Error(`${t.kind} is no number`);
  }

  toNumber(type: Type, v: string): string {
    const t = resolved(type);
    if (t.kind === "own") return this.#resource("lowerOwn_", type, v);
    if (t.kind === "borrow") return this.#resource("lowerBorrow_", type, v);
    if (t.kind === "prim" && t.prim === "bool") return `<i32>${v}`;
    return v;
  }

  #resource(way: string, type: Type, v: string): string {
    const t = resolved(type);
    if (t.kind !== "own" && t.kind !== "borrow") throw new Error("no handle");
    const { owner, name } = root(t.resource);
    return `${this.inFile(owner?.name ?? "", way + typeName(name))}(${v})`;
  }

  liftString(pointer: string, length: string): string {
    return `abi.liftString(${pointer}, ${length})`;
  }

  liftNumbers(prim: string, pointer: string, length: string): string {
    return `abi.liftNumbers<${primText(prim)}>(${pointer}, ${length})`;
  }

  listStart(_code: Code, pointer: string): string {
    return `<usize>${pointer}`;
  }

  listEnd(code: Code, pointer: string, length: string): void {
    code.line(`abi.freeList(${pointer}, ${length});`);
  }

  newArray(element: Type, length: string): string {
    return `new Array<${this.typeText(element)}>(<i32>${length})`;
  }

  setItem(array: string, index: string, v: string): string {
    return `unchecked(${array}[${index}] = ${v});`;
  }

  getItem(array: string, index: string): string {
    return `unchecked(${array}[${index}])`;
  }

  lengthOf(array: string): string {
    return `${array}.length`;
  }

  lowerString(code: Code, v: string): readonly [string, string] {
    const p = code.fresh();
    const n = code.fresh();
    code.line(`const ${p} = abi.lowerString(${v});`);
    code.line(`const ${n} = abi.loweredLength;`);
    return [p, n];
  }

  lowerNumbers(code: Code, _prim: string, v: string): readonly [
    string,
    string,
  ] {
    const list = code.fresh();
    code.line(`const ${list} = ${v};`);
    return [`<i32>changetype<usize>(${list})`, `${list}.length`];
  }

  allocate(octets: string, align: number): string {
    return `abi.temporary(${octets}, ${align})`;
  }

  field(v: string, type: Type, at: number): string {
    const t = resolved(type);
    if (t.kind === "record") {
      return `${v}.${scriptName((t.fields[at] as { name: string }).name)}`;
    }
    return `${v}._${at}`;
  }

  construct(type: Type, values: readonly string[]): string {
    return `new ${this.typeText(type)}(${values.join(", ")})`;
  }

  scrutinee(type: Type, v: string): string {
    const t = resolved(type);
    if (t.kind === "variant") return `${v}.tag`;
    return t.kind === "option" ? `<i32>${v}.isSome` : `<i32>!${v}.isOk`;
  }

  armLabel(_type: Type, at: number): string {
    return String(at);
  }

  payload(type: Type, at: number, v: string): string {
    const t = resolved(type);
    if (t.kind === "option") return `${v}.value`;
    if (t.kind === "result") return at === 0 ? `${v}.value` : `${v}.error`;
    return `${v}.${payloadName(t, at)}`;
  }

  arm(type: Type, at: number, payload: string | undefined): string {
    const t = resolved(type);
    if (t.kind === "option") {
      const inner = this.typeText(t.some);
      return at === 0
        ? `Option.none<${inner}>()`
        : `Option.some<${inner}>(${payload})`;
    }
    if (t.kind === "result") {
      const inner = `${this.#unit(t.ok)}, ${this.#unit(t.err)}`;
      const way = at === 0 ? "ok" : "err";
      return `Result.${way}<${inner}>(${payload ?? "UNIT"})`;
    }
    return `${this.nominal(type)}.${caseName(t, at)}(${payload ?? ""})`;
  }

  badArm(): string {
    return "unreachable();";
  }

  coerce(v: string, from: Core, to: Core): string {
    switch (from + to) {
      case "i32i64":
        return `<i64><u32>(${v})`;
      case "i64i32":
        return `<i32>(${v})`;
      case "f32i32":
        return `reinterpret<i32>(${v})`;
      case "i32f32":
        return `reinterpret<f32>(<i32>(${v}))`;
      case "f32i64":
        return `<i64>reinterpret<u32>(${v})`;
      case "i64f32":
        return `reinterpret<f32>(<i32>(${v}))`;
      case "f64i64":
        return `reinterpret<i64>(${v})`;
      case "i64f64":
        return `reinterpret<f64>(<i64>(${v}))`;
    }
    return v;
  }

  constant(name: string, v: string): string {
    return `const ${name} = ${v};`;
  }

  variable(name: string, type: string): string {
    return `let ${name}: ${type} = changetype<${type}>(0);`;
  }

  helper(way: "load" | "store", type: Type): string | undefined {
    return `${this.prefix}${this.codec.helper(way, type)}(`;
  }
}

/** Static constructor of a variant's case. */
export function caseName(t: Type, at: number): string {
  if (t.kind !== "variant") throw new Error("no variant");
  return scriptName((t.cases[at] as { name: string }).name);
}

/** Getter of a variant's payload. */
export function payloadName(t: Type, at: number): string {
  return caseName(t, at).replace(/_$/, "") + "Value";
}

/** Member of an enum. */
export function memberName(name: string): string {
  return pascal(name);
}

/** Parameters of a function as types. */
export function paramTypes(func: Func): readonly Type[] {
  return func.params.map((param) => param.type);
}
