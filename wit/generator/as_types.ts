/**
 * The types of one interface in AssemblyScript: classes for records and variants, enums, flags, aliases.
 */
import {
  type Alias,
  type Interface,
  resolved,
  root,
  type Type,
} from "../decode/model.ts";
import {
  caseName,
  memberName,
  payloadName,
  primText,
  type ScriptDialect,
} from "./as_dialect.ts";
import { Code } from "./dialect.ts";
import { scriptName, typeName, upper } from "./names.ts";

/** Writes the named types; resources are written elsewhere. */
export function scriptTypes(d: ScriptDialect, from: Interface): string {
  const code = new Code();
  for (const alias of from.types) {
    const { target } = alias;
    if (target.kind === "resource") {
      if (root(target.resource).owner?.name !== from.name) {
        reexport(code, d, alias);
      }
    } else if (target.kind === "alias" || isPlain(target)) {
      aliasOf(code, d, alias);
    } else if (target.kind === "record") record(code, d, alias.name, target);
    else if (target.kind === "variant") variant(code, d, alias.name, target);
    else if (target.kind === "enum") {
      enumeration(code, typeName(alias.name), target.names);
    } else if (target.kind === "flags") flags(code, alias.name, target.names);
  }
  return code.toString();
}

function isPlain(type: Type): boolean {
  return !["record", "variant", "enum", "flags", "resource"].includes(
    type.kind,
  );
}

/** Classes and enums of another interface are exported again, so that authors find them here too. */
function aliasOf(code: Code, d: ScriptDialect, alias: Alias): void {
  const t = resolved(alias.target);
  if (isPlain(t)) {
    code.line(
      `export type ${typeName(alias.name)} = ${d.typeText(alias.target)};`,
    );
  } else reexport(code, d, alias);
}

function reexport(code: Code, d: ScriptDialect, alias: Alias): void {
  const text = d.typeText(alias.target);
  const [file, name] = text.split("_.") as [string, string | undefined];
  const own = typeName(alias.name);
  if (name === undefined) {
    if (text !== own) code.line(`export { ${text} as ${own} };`);
    return;
  }
  const as = name === own ? name : `${name} as ${own}`;
  code.line(`export { ${as} } from "./${file}";`);
  if (resolved(alias.target).kind === "flags") {
    const bits = `${name}Bits`;
    const asBits = name === own ? bits : `${bits} as ${own}Bits`;
    code.line(`export { ${asBits} } from "./${file}";`);
  }
}

function record(
  code: Code,
  d: ScriptDialect,
  name: string,
  type: Type & { kind: "record" },
): void {
  code.block(`export class ${typeName(name)}`, () => {
    code.line("constructor(");
    for (const field of type.fields) {
      code.line(
        `  public ${scriptName(field.name)}: ${d.typeText(field.type)},`,
      );
    }
    code.line(") {}");
  });
}

/** The value that a payload field holds while another case is set; never read. */
function unset(d: ScriptDialect, type: Type): string {
  const t = resolved(type);
  const text = d.typeText(type);
  if (t.kind === "prim") {
    return t.prim === "string" ? '""' : t.prim === "bool" ? "false" : "0";
  }
  if (t.kind === "enum" || t.kind === "flags") return "0";
  return `changetype<${text}>(0)`;
}

function variant(
  code: Code,
  d: ScriptDialect,
  name: string,
  type: Type & { kind: "variant" },
): void {
  const own = typeName(name);
  enumeration(code, `${own}Tag`, type.cases.map((one) => one.name));
  code.block(`export class ${own}`, () => {
    type.cases.forEach((one, at) => {
      if (one.type === undefined) return;
      const text = d.typeText(one.type);
      code.line(`private _${at}: ${text} = ${unset(d, one.type)};`);
    });
    code.line(`constructor(public tag: ${own}Tag) {}`);
    type.cases.forEach((one, at) => arm(code, d, own, type, one.type, at));
  });
}

function arm(
  code: Code,
  d: ScriptDialect,
  own: string,
  type: Type & { kind: "variant" },
  payload: Type | undefined,
  at: number,
): void {
  const text = payload === undefined ? "" : d.typeText(payload);
  const param = payload === undefined ? "" : `payload: ${text}`;
  code.block(`static ${caseName(type, at)}(${param}): ${own}`, () => {
    code.line(`const made = new ${own}(${at});`);
    if (payload !== undefined) code.line(`made._${at} = payload;`);
    code.line("return made;");
  });
  if (payload === undefined) return;
  code.block(`get ${payloadName(type, at)}(): ${text}`, () => {
    code.line(`assert(this.tag == ${at});`);
    code.line(`return this._${at};`);
  });
}

function enumeration(
  code: Code,
  name: string,
  names: readonly string[],
): void {
  code.block(`export enum ${name}`, () => {
    names.forEach((one, at) => code.line(`${memberName(one)} = ${at},`));
  });
}

function flags(code: Code, name: string, names: readonly string[]): void {
  const own = typeName(name);
  code.line(`export type ${own} = ${primText("u32")};`);
  code.block(`export namespace ${own}Bits`, () => {
    names.forEach((one, at) =>
      code.line(`export const ${upper(one)}: u32 = 1 << ${at};`)
    );
  });
}
