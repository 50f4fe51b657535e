/**
 * How TypeScript says it: types, memory access and values of the host's side.
 */
import { type Alias, type Resource, resolved, root, type Type } from "../decode/model.ts";
import { typeText as canonical, type Written } from "../decode/text.ts";
import {
  Code,
  type Dialect,
  loadInline,
  storeInline,
} from "./emit.ts";
import { type Core, layout, numbers } from "./layout.ts";
import { camel, typeName } from "./names.ts";

const ARRAYS: Readonly<Record<string, string>> = {
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

const VIEWS: Readonly<Record<string, string>> = {
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

const SIZES: Readonly<Record<string, number>> = {
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

/** TypeScript's side of `emit.ts`, with the helpers that one file needs. */
export class HostDialect implements Dialect {
  readonly #helpers = new Map<string, string>();
  readonly #bodies: string[] = [];
  readonly #written: Written = new Map();

  /** `owner` is the interface whose own types need no prefix; `file` names the others' modules. */
  constructor(
    readonly owner: string,
    readonly file: (owner: string) => string,
    readonly names: ReadonlyMap<Type, Alias>,
  ) {}

  /** Helper functions and tables written so far. */
  get bodies(): string {
    return this.#bodies.join("\n");
  }

  #inFile(owner: string, name: string): string {
    return owner === this.owner ? name : `${this.file(owner)}.${name}`;
  }

  typeText(type: Type): string {
    if (type.kind === "alias" && type.target.kind !== "resource") {
      return this.#inFile(type.owner.name, typeName(type.name));
    }
    const t = resolved(type);
    switch (t.kind) {
      case "prim":
        if (t.prim === "bool") return "boolean";
        if (t.prim === "char" || t.prim === "string") return "string";
        return t.prim.endsWith("64") && t.prim !== "f64" ? "bigint" : "number";
      case "list": {
        const prim = numbers(t.element);
        return prim === undefined
          ? `Array<${this.typeText(t.element)}>`
          : ARRAYS[prim] as string;
      }
      case "tuple":
        return `[${t.items.map((item) => this.typeText(item)).join(", ")}]`;
      case "option":
        return isNested(t)
          ? `{ tag: "none" } | { tag: "some"; val: ${this.typeText(t.some)} }`
          : `${this.typeText(t.some)} | undefined`;
      case "result":
        return `${armText("ok", t.ok && this.typeText(t.ok))} | ${
          armText("err", t.err && this.typeText(t.err))
        }`;
      case "own":
      case "borrow":
      case "resource": {
        const { owner, name } = root(t.resource);
        return this.#inFile(owner?.name ?? "", typeName(name));
      }
    }
    const alias = this.names.get(t);
    if (alias === undefined) throw new Error(`a ${t.kind} without a name`);
    return this.#inFile(alias.owner.name, typeName(alias.name));
  }

  coreText(core: Core): string {
    return core === "i64" ? "bigint" : "number";
  }

  coreZero(core: Core): string {
    return core === "i64" ? "0n" : "0";
  }

  loadCore(prim: string, at: string, offset: number): string {
    const where = offset === 0 ? at : `${at} + ${offset}`;
    const little = SIZES[prim] === 1 ? "" : ", true";
    return `m.view.get${VIEWS[prim]}(${where}${little})`;
  }

  storeCore(prim: string, at: string, offset: number, v: string): string {
    const where = offset === 0 ? at : `${at} + ${offset}`;
    const little = SIZES[prim] === 1 ? "" : ", true";
    return `m.view.set${VIEWS[prim]}(${where}, ${v}${little});`;
  }

  fromNumber(type: Type, number: string): string {
    const t = resolved(type);
    switch (t.kind) {
      case "prim":
        return primFrom(t.prim, number);
      case "enum":
        return `abi.liftEnum(${this.#table(t, type)}, ${number})`;
      case "flags":
        return `${this.#flags(t, type)}(${number})`;
      case "own":
      case "borrow":
        return this.handle(t, "lift", number);
    }
    throw new Error(`${t.kind} is no number`);
  }

  toNumber(type: Type, v: string): string {
    const t = resolved(type);
    switch (t.kind) {
      case "prim":
        return primTo(t.prim, v);
      case "enum":
        return `abi.lowerEnum(${this.#table(t, type)}Numbers, ${v})`;
      case "flags":
        return t.names.length === 0 ? "0" : t.names.map((name, at) =>
          `(${v}.${camel(name)} ? ${2 ** at} : 0)`
        ).join(" | ");
      case "own":
      case "borrow":
        return this.handle(t, "lower", v);
    }
    throw new Error(`${t.kind} is no number`);
  }

  /** A call that turns a handle into an object or back. */
  handle(
    t: Type & { kind: "own" | "borrow" },
    way: "lift" | "lower",
    v: string,
  ): string {
    const kind = t.kind === "own" ? "Own" : "Borrow";
    const generic = way === "lift" ? `<${this.typeText(t)}>` : "";
    const key = JSON.stringify(resourceKey(t.resource));
    return `res.${way}${kind}${generic}(m.core, ${key}, ${v})`;
  }

  #once(key: string, make: (name: string) => string): string {
    const known = this.#helpers.get(key);
    if (known !== undefined) return known;
    const name = `h${this.#helpers.size}`;
    this.#helpers.set(key, name);
    this.#bodies.push(make(name));
    return name;
  }

  #table(t: Type & { kind: "enum" }, type: Type): string {
    return this.#once(`enum ${this.typeText(type)}`, (name) => {
      const items = t.names.map((one) => JSON.stringify(one));
      const numbered = items.map((item, at) => `${item}: ${at}`);
      return `const ${name} = [${items.join(", ")}] as const;\n` +
        `const ${name}Numbers: Record<string, number> = ` +
        `{ ${numbered.join(", ")} };\n`;
    });
  }

  #flags(t: Type & { kind: "flags" }, type: Type): string {
    const text = this.typeText(type);
    return this.#once(`flags ${text}`, (name) => {
      const items = t.names.map((one, at) =>
        `${camel(one)}: (bits & ${bit(at)}) !== 0`
      );
      return `function ${name}(bits: number): ${text} {\n` +
        `  return { ${items.join(", ")} };\n}\n`;
    });
  }

  liftString(pointer: string, length: string): string {
    return `m.liftString(${pointer}, ${length})`;
  }

  liftNumbers(prim: string, pointer: string, length: string): string {
    return prim === "u8"
      ? `m.liftU8(${pointer}, ${length})`
      : `new ${ARRAYS[prim]}(m.octets(${pointer}, ${length}, ${SIZES[prim]}))`;
  }

  listStart(
    code: Code,
    pointer: string,
    length: string,
    element: Type,
  ): string {
    const start = code.fresh();
    const { size, align } = layout(element);
    code.line(
      `const ${start} = m.list(${pointer}, ${length}, ${size}, ${align});`,
    );
    return start;
  }

  listEnd(): void {}

  newArray(element: Type, length: string): string {
    return `new Array<${this.typeText(element)}>(${length} >>> 0)`;
  }

  setItem(array: string, index: string, v: string): string {
    return `${array}[${index}] = ${v};`;
  }

  getItem(array: string, index: string, element: Type): string {
    return `${array}[${index}] as ${this.typeText(element)}`;
  }

  lengthOf(array: string): string {
    return `${array}.length`;
  }

  lowerString(code: Code, v: string): readonly [string, string] {
    const p = code.fresh();
    const n = code.fresh();
    code.line(`const ${p} = m.lowerString(${v});`);
    code.line(`const ${n} = m.lowered;`);
    return [p, n];
  }

  lowerNumbers(
    code: Code,
    prim: string,
    v: string,
  ): readonly [string, string] {
    const list = code.fresh();
    const p = code.fresh();
    code.line(`const ${list} = ${v};`);
    code.line(
      prim === "u8"
        ? `const ${p} = m.lowerU8(${list});`
        : `const ${p} = m.lowerNumbers(${list}, ${SIZES[prim]});`,
    );
    return [p, `${list}.length`];
  }

  allocate(octets: string, align: number): string {
    return `m.allocate(${octets}, ${align})`;
  }

  field(v: string, type: Type, at: number): string {
    const t = resolved(type);
    if (t.kind === "record") {
      return `${v}.${camel((t.fields[at] as { name: string }).name)}`;
    }
    return `${v}[${at}]`;
  }

  construct(type: Type, values: readonly string[]): string {
    const t = resolved(type);
    if (t.kind === "tuple") {
      return `[${values.join(", ")}] as ${this.typeText(t)}`;
    }
    if (t.kind !== "record") throw new Error(`cannot construct a ${t.kind}`);
    const items = t.fields.map((field, at) =>
      `${camel(field.name)}: ${values[at]}`
    );
    return `{ ${items.join(", ")} } as ${this.typeText(type)}`;
  }

  scrutinee(type: Type, v: string): string {
    const t = resolved(type);
    return t.kind === "option" && !isNested(t)
      ? `${v} === undefined`
      : `${v}.tag`;
  }

  armLabel(type: Type, at: number): string {
    const t = resolved(type);
    if (t.kind === "option") {
      if (!isNested(t)) return at === 0 ? "true" : "false";
      return at === 0 ? '"none"' : '"some"';
    }
    return JSON.stringify(armName(t, at));
  }

  payload(type: Type, _at: number, v: string): string {
    const t = resolved(type);
    if (t.kind !== "option" || isNested(t)) return `${v}.val`;
    return `${v} as ${this.typeText(t.some)}`;
  }

  arm(type: Type, at: number, payload: string | undefined): string {
    const t = resolved(type);
    if (t.kind === "option" && !isNested(t)) {
      return at === 0 ? "undefined" : payload as string;
    }
    const tag = JSON.stringify(armName(t, at));
    return payload === undefined
      ? `{ tag: ${tag} }`
      : `{ tag: ${tag}, val: ${payload} }`;
  }

  badArm(_type: Type, lifting: boolean): string {
    return `throw abi.${lifting ? "badCase" : "badValue"}();`;
  }

  coerce(v: string, from: Core, to: Core): string {
    switch (from + to) {
      case "i32i64":
        return `BigInt((${v}) >>> 0)`;
      case "i64i32":
        return `Number(BigInt.asIntN(32, ${v}))`;
      case "f32i32":
        return `abi.bitsOfF32(${v})`;
      case "i32f32":
        return `abi.f32OfBits(${v})`;
      case "f32i64":
        return `BigInt(abi.bitsOfF32(${v}) >>> 0)`;
      case "i64f32":
        return `abi.f32OfBits(Number(BigInt.asIntN(32, ${v})))`;
      case "f64i64":
        return `abi.bitsOfF64(${v})`;
      case "i64f64":
        return `abi.f64OfBits(${v})`;
    }
    return v;
  }

  constant(name: string, v: string): string {
    return `const ${name} = ${v};`;
  }

  variable(name: string, type: string): string {
    return `let ${name}: ${type};`;
  }

  helper(way: "load" | "store", type: Type): string | undefined {
    const text = this.typeText(type);
    const key = `${way} ${text} ${canonical(type, this.#written)}`;
    const name = this.#once(key, (name) => {
      const code = new Code();
      if (way === "load") {
        code.block(`function ${name}(m: abi.Memory, p: number): ${text}`, () => {
          code.line(`return ${loadInline(this, code, type, "p", 0)};`);
        });
      } else {
        const head =
          `function ${name}(m: abi.Memory, p: number, v: ${text}): void`;
        code.block(head, () => storeInline(this, code, type, "v", "p", 0));
      }
      return code.toString();
    });
    return `${name}(m, `;
  }
}

/** How a resource is named in handle tables. */
export function resourceKey(resource: Resource): string {
  const { owner, name } = root(resource);
  return `${owner?.name ?? ""}.${name}`;
}

function bit(at: number): string {
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

function primFrom(prim: string, n: string): string {
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

function primTo(prim: string, v: string): string {
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
