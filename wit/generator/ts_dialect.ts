/**
 * How TypeScript says it: types, memory access and values of the host's side.
 */
import { type Alias, resolved, root, type Type } from "../decode/model.ts";
import { typeText as canonical, type Written } from "../decode/text.ts";
import { Code, type Dialect } from "./dialect.ts";
import { loadInline, storeInline } from "./emit.ts";
import { type Core, layout, numbers } from "../abi/layout.ts";
import { camel, typeName } from "./names.ts";
import {
  armName,
  armText,
  ARRAYS,
  bit,
  isNested,
  primFrom,
  primTo,
  resourceKey,
  SIZES,
  VIEWS,
} from "./ts_text.ts";

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
        return t.names.length === 0
          ? "0"
          : t.names.map((name, at) => `(${v}.${camel(name)} ? ${2 ** at} : 0)`)
            .join(" | ");
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
        code.block(
          `function ${name}(m: abi.Memory, p: number): ${text}`,
          () => {
            code.line(`return ${loadInline(this, code, type, "p", 0)};`);
          },
        );
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
