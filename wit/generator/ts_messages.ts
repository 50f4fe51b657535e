/**
 * The generated messages of one interface: each of its types by itself.
 *
 * Types with handles are left out: a handle means nothing outside of a call.
 */
import {
  type Alias,
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
  if (plain.length === 0) return undefined;
  // No interface is called "": all types get the name of their file.
  const d = new HostDialect("", bindingFile, names);
  const code = new Code();
  for (const alias of plain) message(code, d, from, alias);
  const text = [d.bodies, code].join("\n");
  return `// Generated from WIT; do not edit.
// deno-fmt-ignore-file
// deno-lint-ignore-file
${imports(text, names).join("\n")}

${text}`;
}

function imports(text: string, names: ReadonlyMap<Type, Alias>): string[] {
  const lines = ['import type { Message } from "../abi/message.ts";'];
  if (/\babi\./.test(text)) {
    lines.push('import * as abi from "../abi/memory.ts";');
  }
  const files = [...names.values()].map(({ owner }) => bindingFile(owner.name));
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
  const { size, align } = layout(alias);
  const head = `export const ${camel(alias.name)}Message: Message<${type}> =`;
  code.block(head, () => {
    code.line(`name: ${JSON.stringify(`${from.name}/${alias.name}`)},`);
    code.line(`type: ${JSON.stringify(typeText(alias, new Map()))},`);
    code.line(`size: ${size},`);
    code.line(`align: ${align},`);
    code.block(`load(m, p): ${type}`, () => {
      code.line(`return ${load(d, code, alias, "p", 0)};`);
    }, "},");
    code.block("store(m, p, v): void", () => {
      store(d, code, alias, "v", "p", 0);
    }, "},");
  }, "};");
}

function hasHandle(type: Type): boolean {
  const { kind } = resolved(type);
  if (kind === "own" || kind === "borrow" || kind === "resource") return true;
  return parts(type).some(hasHandle);
}
