/**
 * The generated TypeScript of one interface: its types and its binding, both directions.
 */
import {
  type Alias,
  type Func,
  type Interface,
  resolved,
  type Type,
} from "../decode/model.ts";
import { interfaceText } from "../decode/text.ts";
import { Code, lift, load, lower, store } from "./emit.ts";
import { crossing, layout, pointed, sequence } from "./layout.ts";
import {
  camel,
  funcName,
  interfaceName,
  pascal,
  snake,
  typeName,
  variableName,
} from "./names.ts";
import { armText, HostDialect } from "./ts_dialect.ts";

const HEAD = `// Generated from WIT; do not edit.
// deno-fmt-ignore-file
// deno-lint-ignore-file
`;

/** `karyon:graph/reads@0.1.0` to `graph_reads`. */
export function bindingFile(name: string): string {
  const { pack, iface } = interfaceName(name);
  return `${snake(pack)}_${snake(iface)}`;
}

/** The TypeScript interface of an interface's functions. */
export function interfaceTypeName(from: Interface): string {
  const own = typeName(interfaceName(from.name).iface);
  const clash = from.types.some((alias) => typeName(alias.name) === own);
  return clash ? `${own}Interface` : own;
}

/** Writes one file of `wit/gen/`. */
export function bindingSource(
  from: Interface,
  names: ReadonlyMap<Type, Alias>,
): string {
  const d = new HostDialect(from.name, bindingFile, names);
  const types = new Code();
  for (const alias of from.types) typeOf(types, d, alias);
  const own = interfaceTypeName(from);
  const calls = new Code();
  types.block(`export interface ${own}`, () => {
    for (const func of from.functions) types.line(methodType(d, func) + ";");
  });
  const constant = variableName(interfaceName(from.name).iface);
  calls.block(`export const ${constant}: InterfaceBinding<${own}> =`, () => {
    calls.line(`name: ${JSON.stringify(from.name)},`);
    calls.line(`signature: ${JSON.stringify(interfaceText(from))},`);
    functionInfos(calls, from);
    bind(calls, d, from, own);
    lowerSide(calls, d, from, own);
    calls.line("exportIntrinsics() { return {}; },");
  }, "};");
  const text = [types, d.bodies, calls].join("\n");
  return HEAD + importsOf(from, text) + text;
}

function importsOf(from: Interface, text: string): string {
  const lines = ['import type { InterfaceBinding } from "../abi/binding.ts";'];
  if (/\babi\./.test(text)) {
    lines.push('import * as abi from "../abi/memory.ts";');
  }
  const self = bindingFile(from.name);
  const others = new Set<string>();
  for (const alias of from.types) {
    let at: Type = alias;
    while (at.kind === "alias") {
      others.add(bindingFile(at.owner.name));
      at = at.target;
    }
  }
  others.delete(self);
  for (const other of [...others].sort()) {
    if (new RegExp(`\\b${other}\\.`).test(text)) {
      lines.push(`import type * as ${other} from "./${other}.ts";`);
    }
  }
  return lines.join("\n") + "\n\n";
}

function typeOf(code: Code, d: HostDialect, alias: Alias): void {
  const own = typeName(alias.name);
  const { target } = alias;
  switch (target.kind) {
    case "record":
      code.block(`export interface ${own}`, () => {
        for (const field of target.fields) {
          code.line(`${camel(field.name)}: ${d.typeText(field.type)};`);
        }
      });
      break;
    case "variant": {
      const cases = target.cases.map((one) =>
        armText(one.name, one.type && d.typeText(one.type))
      );
      code.line(`export type ${own} =\n  | ${cases.join("\n  | ")};`);
      break;
    }
    case "enum": {
      const members = target.names.map((one) => JSON.stringify(one));
      code.line(`export type ${own} = ${members.join(" | ")};`);
      break;
    }
    case "flags":
      code.block(`export interface ${own}`, () => {
        for (const one of target.names) code.line(`${camel(one)}: boolean;`);
      });
      break;
    case "resource":
      break;
    default:
      code.line(`export type ${own} = ${d.typeText(target)};`);
  }
}

function methodType(d: HostDialect, func: Func): string {
  const params = func.params.map((param) =>
    `${variableName(param.name)}: ${d.typeText(param.type)}`
  ).join(", ");
  const result = func.result === undefined ? "void" : d.typeText(func.result);
  return `${camel(func.name)}(${params}): ${result}`;
}

/** Whether the kernel may answer for a missing callee. */
function isAbsence(func: Func): boolean {
  const result = func.result && resolved(func.result);
  if (result?.kind !== "result") return false;
  let at = result.err;
  while (at?.kind === "alias") {
    const { pack, iface } = interfaceName(at.owner.name);
    if (pack === "kernel" && iface === "call" && at.name === "absence") {
      return true;
    }
    at = at.target;
  }
  return false;
}

function methodName(func: Func): string {
  const { kind, resource, name } = funcName(func.name);
  return kind === "plain" ? camel(name) : `${typeName(resource)}.${camel(name)}`;
}

function functionInfos(code: Code, from: Interface): void {
  code.line("functions: [");
  for (const func of from.functions) {
    code.line(
      `  { name: ${JSON.stringify(func.name)}, method: ` +
        `${JSON.stringify(methodName(func))}, absence: ${isAbsence(func)} },`,
    );
  }
  code.line("],");
}

function bind(
  code: Code,
  d: HostDialect,
  from: Interface,
  own: string,
): void {
  const inner = new Code();
  const heads: string[] = [];
  inner.block("return", () => {
    from.functions.forEach((func, at) => {
      const core = JSON.stringify(`${from.name}#${func.name}`);
      heads.push(`const f${at} = abi.coreFunction(core, ${core});`);
      if (hasPost(func)) {
        heads.push(`const post${at} = abi.postReturn(core, ${core});`);
      }
      callExport(inner, d, func, at);
    });
  }, "};");
  const uses = /\bm\b/.test(inner.toString());
  const param = from.functions.length === 0 ? "_core" : "core";
  code.block(`bind(${param}): ${own}`, () => {
    if (uses) code.line("const m = new abi.Memory(core);");
    for (const head of heads) code.line(head);
    for (const line of inner.lines) code.line(line);
  }, "},");
}

function hasPost(func: Func): boolean {
  return func.result !== undefined && pointed(func.result);
}

/** Lower the arguments, call, lift the result, let the cell clean up. */
function callExport(
  code: Code,
  d: HostDialect,
  func: Func,
  at: number,
): void {
  const types = func.params.map((param) => param.type);
  const names = func.params.map((_, i) => `a${i}`);
  const params = names.map((name, i) =>
    `${name}: ${d.typeText(types[i] as Type)}`
  ).join(", ");
  const result = func.result === undefined ? "void" : d.typeText(func.result);
  code.block(`${methodName(func)}(${params}): ${result}`, () => {
    const cross = crossing(types, func.result);
    const args = cross.spilled
      ? [spill(code, d, types, names)]
      : types.flatMap((type, i) => lower(d, code, type, names[i] as string));
    const call = `f${at}(${args.join(", ")})`;
    if (func.result === undefined) return code.line(`${call};`);
    code.line(`const flat = ${call};`);
    const { size, align } = layout(func.result);
    if (cross.returned) {
      code.line("m.begin();");
      code.line(`const back = m.region(flat, ${size}, ${align});`);
    }
    const out = cross.returned
      ? load(d, code, func.result, "back", 0)
      : lift(d, code, func.result, ["flat"]);
    if (hasPost(func)) code.line(`post${at}?.(flat);`);
    code.line(`return ${out};`);
  }, "},");
}

function spill(
  code: Code,
  d: HostDialect,
  types: readonly Type[],
  names: readonly string[],
): string {
  const { offsets, size, align } = sequence(types);
  code.line(`const area = m.allocate(${size}, ${align});`);
  types.forEach((type, i) =>
    store(d, code, type, names[i] as string, "area", offsets[i] as number)
  );
  return "area";
}

function lowerSide(
  code: Code,
  d: HostDialect,
  from: Interface,
  own: string,
): void {
  const inner = new Code();
  inner.block("return", () => {
    for (const func of from.functions) callHost(inner, d, func);
  }, "};");
  const text = inner.toString();
  const core = /\bmemory\(\)/.test(text) ? "core" : "_core";
  const host = /\bhost\./.test(text) ? "host" : "_host";
  code.block(`lower(${core}, ${host}: ${own})`, () => {
    if (core === "core") {
      code.line("let made: abi.Memory | undefined;");
      code.line("const memory = () => made ??= new abi.Memory(core());");
    }
    for (const line of inner.lines) code.line(line);
  }, "},");
}

/** Lift the arguments, call the host, lower the result. */
function callHost(code: Code, d: HostDialect, func: Func): void {
  const types = func.params.map((param) => param.type);
  const cross = crossing(types, func.result);
  const body = new Code();
  const values = hostArguments(body, d, types, cross);
  const call = `host.${methodName(func)}(${values.join(", ")})`;
  if (func.result === undefined) body.line(`${call};`);
  else {
    body.line(`const result = ${call};`);
    if (cross.returned) {
      const { size, align } = layout(func.result);
      body.line("m.refresh();");
      body.line(`const out = m.region(back, ${size}, ${align});`);
      store(d, body, func.result, "result", "out", 0);
    } else body.line(`return ${lower(d, body, func.result, "result")[0]};`);
  }
  const params = cross.params.map((core, at) => `f${at}: ${d.coreText(core)}`);
  if (cross.returned) params.push("back: number");
  code.block(
    `${JSON.stringify(func.name)}: (${params.join(", ")}) =>`,
    () => {
      if (/\bm\b/.test(body.toString())) {
        code.line("const m = memory();");
        code.line("m.begin();");
      }
      for (const line of body.lines) code.line(line);
    },
    "},",
  );
}

function hostArguments(
  code: Code,
  d: HostDialect,
  types: readonly Type[],
  cross: ReturnType<typeof crossing>,
): readonly string[] {
  if (!cross.spilled) {
    const from = cross.params.map((_, at) => `f${at}`);
    return types.map((type) => lift(d, code, type, from));
  }
  const { offsets, size, align } = sequence(types);
  code.line(`const area = m.region(f0, ${size}, ${align});`);
  return types.map((type, at) =>
    load(d, code, type, "area", offsets[at] as number)
  );
}

/** Writes `wit/gen/mod.ts`: every binding, by name and in one map. */
export function registrySource(all: readonly Interface[]): string {
  const lines: string[] = [HEAD.trimEnd()];
  lines.push('import type { InterfaceBinding } from "../abi/binding.ts";');
  const names: [string, string][] = [];
  for (const from of all) {
    const file = bindingFile(from.name);
    const constant = variableName(interfaceName(from.name).iface);
    const { pack, iface } = interfaceName(from.name);
    const local = `${camel(pack)}${pascal(iface)}`;
    lines.push(`import { ${constant} as ${local} } from "./${file}.ts";`);
    names.push([from.name, local]);
  }
  lines.push(`\nexport { ${names.map(([, local]) => local).join(", ")} };`);
  lines.push("\n/** Every known contract, by name. */");
  lines.push(
    "export const bindings: ReadonlyMap<string, InterfaceBinding<unknown>> =" +
      " new Map<string, InterfaceBinding<unknown>>([",
  );
  for (const [name, local] of names) {
    lines.push(`  [${JSON.stringify(name)}, ${local}],`);
  }
  lines.push("]);\n");
  return lines.join("\n");
}
