/**
 * The generated messages of one interface: each of its types by itself, and the
 * arguments and the answer of each of its functions.
 *
 * What has handles is left out: a handle means nothing outside of a call.
 */
import {
  type Alias,
  type Func,
  type Interface,
  parts,
  resolved,
  type Type,
} from "../decode/model.ts";
import { typeText } from "../decode/text.ts";
import { Code } from "./dialect.ts";
import { load, store } from "./emit.ts";
import { layout } from "../abi/layout.ts";
import { camel } from "./names.ts";
import { bindingFile } from "./ts_binding.ts";
import { HostDialect } from "./ts_dialect.ts";

/** `rank_ranks_messages`. */
export function messagesFile(name: string): string {
  return `${bindingFile(name)}_messages`;
}

/** Writes one file of messages beside `wit/gen/`'s bindings; undefined if it would be empty. */
export function messagesSource(
  from: Interface,
  names: ReadonlyMap<Type, Alias>,
): string | undefined {
  const plain = from.types.filter((alias) => !hasHandle(alias));
  const functions = hasCallMessages(from) ? from.functions : [];
  if (plain.length + functions.length === 0) return undefined;
  // No interface is called "": all types get the name of their file.
  const d = new HostDialect("", bindingFile, names);
  const code = new Code();
  for (const alias of plain) message(code, d, from, alias);
  if (functions.length > 0) calls(code, d, from);
  const text = [d.bodies, code].join("\n");
  return `// Generated from WIT; do not edit.
// deno-fmt-ignore-file
// deno-lint-ignore-file
${imports(text, from, names).join("\n")}

${text}`;
}

function imports(
  text: string,
  from: Interface,
  names: ReadonlyMap<Type, Alias>,
): string[] {
  const used = ["CallMessages", "Message"]
    .filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  const lines = [
    `import type { ${used.join(", ")} } from "../abi/message.ts";`,
  ];
  if (/\babi\./.test(text)) {
    lines.push('import * as abi from "../abi/memory.ts";');
  }
  // Of its own file even where all of its types are another one's.
  const owners = [from, ...[...names.values()].map(({ owner }) => owner)];
  const files = owners.map(({ name }) => bindingFile(name));
  for (const file of [...new Set(files)].sort()) {
    if (new RegExp(`\\b${file}\\.`).test(text)) {
      lines.push(`import type * as ${file} from "./${file}.ts";`);
    }
  }
  return lines;
}

function message(
  code: Code,
  d: HostDialect,
  from: Interface,
  alias: Alias,
): void {
  const type = d.typeText(alias);
  const head = `export const ${camel(alias.name)}Message: Message<${type}> =`;
  code.block(head, () => {
    members(code, d, `${from.name}/${alias.name}`, alias, type);
  }, "};");
}

/** What a `Message` has, for a value of `type`; none for no value. */
function members(
  code: Code,
  d: HostDialect,
  name: string,
  type: Type | undefined,
  text: string,
): void {
  const { size, align } = type === undefined
    ? { size: 0, align: 1 }
    : layout(type);
  code.line(`name: ${JSON.stringify(name)},`);
  const canonical = type === undefined ? "" : typeText(type, new Map());
  code.line(`type: ${JSON.stringify(canonical)},`);
  code.line(`size: ${size},`);
  code.line(`align: ${align},`);
  code.block(`load(m, p): ${text}`, () => {
    if (type !== undefined) {
      code.line(`return ${load(d, code, type, "p", 0)};`);
    }
  }, "},");
  code.block(`store(m, p, v: ${text}): void`, () => {
    if (type !== undefined) store(d, code, type, "v", "p", 0);
  }, "},");
}

/** Whether calls of an interface can travel: nothing in them is a handle. */
export function hasCallMessages({ functions }: Interface): boolean {
  return functions.length > 0 &&
    functions.every(({ name, params, result }) =>
      !name.startsWith("[") && !params.some(({ type }) => hasHandle(type)) &&
      !(result !== undefined && hasHandle(result))
    );
}

function calls(code: Code, d: HostDialect, from: Interface): void {
  const head =
    "export const callMessages: Readonly<Record<string, CallMessages>> =";
  code.block(head, () => {
    for (const func of from.functions) call(code, d, from, func);
  }, "};");
}

function call(
  code: Code,
  d: HostDialect,
  from: Interface,
  { name, params, result }: Func,
): void {
  const items = params.map(({ type }) => type);
  const taken: Type | undefined = items.length === 0
    ? undefined
    : { kind: "tuple", items };
  const what = `${from.name}#${name}`;
  code.block(`${camel(name)}:`, () => {
    const [ask, answer] = [taken, result].map((type) =>
      type === undefined ? "void" : d.typeText(type)
    ) as [string, string];
    code.block(
      "ask:",
      () => members(code, d, `${what} asked`, taken, ask),
      "},",
    );
    code.block(
      "answer:",
      () => members(code, d, `${what} answered`, result, answer),
      "},",
    );
  }, "},");
}

/** Writes `wit/gen/calls.ts`: the messages of all calls that can travel. */
export function callRegistrySource(all: readonly Interface[]): string {
  const travelling = all.filter(hasCallMessages);
  const imports = travelling.map(({ name }, at) =>
    `import { callMessages as c${at} } from "./${messagesFile(name)}.ts";`
  );
  const entries = travelling.map(({ name }, at) =>
    `  [${JSON.stringify(name)}, c${at}],`
  );
  return `// Generated from WIT; do not edit.
// deno-fmt-ignore-file
// deno-lint-ignore-file
import type { CallMessages } from "../abi/message.ts";
${imports.join("\n")}

/** Arguments and answers of calls, by contract and by method. */
export const callMessages: ReadonlyMap<string, Readonly<Record<string, CallMessages>>> = new Map([
${entries.join("\n")}
]);
`;
}

function hasHandle(type: Type): boolean {
  const { kind } = resolved(type);
  if (kind === "own" || kind === "borrow" || kind === "resource") return true;
  return parts(type).some(hasHandle);
}
