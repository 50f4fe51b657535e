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
import { Code } from "./dialect.ts";
import {
  camel,
  funcName,
  interfaceName,
  pascal,
  snake,
  typeName,
  variableName,
} from "./names.ts";
import { bind, intrinsics, lowerSide } from "./ts_calls.ts";
import { stages } from "./ts_stages.ts";
import { HostDialect } from "./ts_dialect.ts";
import { hostTypes } from "./ts_types.ts";

const HEAD = `// Generated from WIT; do not edit.
// deno-fmt-ignore-file
// deno-lint-ignore-file
`;

/** `karyon:graph/reads@0.1.0` to `graph_reads`. */
export function bindingFile(name: string): string {
  const { pack, iface } = interfaceName(name);
  return `${snake(pack)}_${snake(iface)}`;
}

/** The constant that holds a binding. */
function constantName(from: Interface): string {
  const made = variableName(interfaceName(from.name).iface);
  return made === "abi" || made === "res" ? `${made}_` : made;
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
  const own = interfaceTypeName(from);
  hostTypes(types, d, from, own);
  const calls = new Code();
  const constant = constantName(from);
  calls.block(`export const ${constant}: InterfaceBinding<${own}> =`, () => {
    calls.line(`name: ${JSON.stringify(from.name)},`);
    calls.line(`signature: ${JSON.stringify(interfaceText(from))},`);
    functionInfos(calls, from);
    bind(calls, d, from, own);
    lowerSide(calls, d, from, own);
    intrinsics(calls, from);
    stages(calls, d, from);
  }, "};");
  const text = [types, d.bodies, calls].join("\n");
  return HEAD + importsOf(from, text) + text;
}

function importsOf(from: Interface, text: string): string {
  const lines = ['import type { InterfaceBinding } from "../abi/binding.ts";'];
  if (/\babi\./.test(text)) {
    lines.push('import * as abi from "../abi/memory.ts";');
  }
  if (/\bres\./.test(text)) {
    lines.push('import * as res from "../abi/resources.ts";');
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
  return kind === "plain"
    ? camel(name)
    : `${typeName(resource)}.${camel(name)}`;
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

/** Writes `wit/gen/mod.ts`: every binding, by name and in one map. */
export function registrySource(all: readonly Interface[]): string {
  const lines: string[] = [HEAD.trimEnd()];
  lines.push('import type { InterfaceBinding } from "../abi/binding.ts";');
  const names: [string, string][] = [];
  for (const from of all) {
    const file = bindingFile(from.name);
    const constant = constantName(from);
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
