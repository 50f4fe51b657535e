/**
 * Cells as text: what a cell says itself, in a frame that makes it whole.
 *
 * A cell gives the bodies of the functions that it is about. The frame adds the
 * types, the contract's other functions (which trap), a memory of one page and
 * an allocator that hands out octets from 4,096 on.
 */
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import type { Func } from "../../../../wit/decode/model.ts";
import { crossing } from "../../../../wit/abi/layout.ts";
import { contracts, HOST, WIT, WORK } from "./world.ts";

export interface CellText {
  /** Body by function; parameter 0 is `lie` where the contract says so. */
  readonly bodies?: Readonly<Record<string, string>>;
  /** Body by function: what is called when its result was read. */
  readonly posts?: Readonly<Record<string, string>>;
  /** Imports, by the name with which bodies call them. */
  readonly uses?: readonly Import[];
  /** Body of the allocator: old address, old size, alignment, size. */
  readonly realloc?: string;
  /** The memory's definition; `undefined` is the frame's. */
  readonly memory?: string;
  /** More fields. */
  readonly more?: string;
}

/** What bodies may call, and what the contract calls it. */
const IMPORTS = {
  ask: [HOST, "ask"],
  say: [HOST, "say"],
  name: [HOST, "name"],
  total: [HOST, "total"],
  sum: [HOST, "sum"],
  sell: [HOST, "sell"],
  weigh: [HOST, "weigh"],
  new_item: [HOST, "[constructor]item"],
  number: [HOST, "[method]item.number"],
  drop_item: [HOST, "[resource-drop]item"],
  new_thing: [`[export]${WORK}`, "[resource-new]thing"],
  rep_thing: [`[export]${WORK}`, "[resource-rep]thing"],
  drop_thing: [`[export]${WORK}`, "[resource-drop]thing"],
} as const;

export type Import = keyof typeof IMPORTS;

export const MEMORY = `(memory (export "memory") 1)`;

const REALLOC = "(call $bump (local.get 2) (local.get 3))";

function signature(func: Func, isImport: boolean): string {
  const { params, result, returned } = crossing(
    func.params.map((param) => param.type),
    func.result,
  );
  const all = isImport && returned ? [...params, "i32"] : params;
  const back = isImport && returned ? undefined : result;
  return `(param ${all.join(" ")})` +
    (back === undefined ? "" : ` (result ${back})`);
}

/** The intrinsics of resources are in no contract. */
function intrinsic(name: string): string {
  return name.startsWith("[resource-drop]")
    ? "(param i32)"
    : "(param i32) (result i32)";
}

/** The core module's text. */
export async function moduleText(cell: CellText): Promise<string> {
  const { work, host } = await contracts();
  const { bodies = {}, posts = {}, uses = [], memory = MEMORY } = cell;
  const imports = uses.map((alias) => {
    const [module, name] = IMPORTS[alias];
    const func = host.decoded.functions.find((one) => one.name === name);
    const type = func === undefined ? intrinsic(name) : signature(func, true);
    return `(import "${module}" "${name}" (func $${alias} ${type}))`;
  });
  const known = new Set(work.decoded.functions.map((func) => func.name));
  for (const name of [...Object.keys(bodies), ...Object.keys(posts)]) {
    if (!known.has(name)) throw new Error(`no function ${name}`);
  }
  const functions = work.decoded.functions.map((func, at) => {
    const body = bodies[func.name] ??
      (func.name === "turn"
        ? "(global.set $lie (local.get 0))"
        : "unreachable");
    return `(func $f${at} (export "${WORK}#${func.name}")
      ${signature(func, false)} (local $n i32) ${body})`;
  });
  const after = Object.entries(posts).map(([name, body]) =>
    `(func (export "cabi_post_${WORK}#${name}") (param i32) ${body})`
  );
  return `(module
  ${imports.join("\n  ")}
  ${memory}
  (global $lie (mut i32) (i32.const 0))
  (global $next (mut i32) (i32.const 4096))
  (func $bump (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func $spin (loop $again (br $again)))
  (func $put (param i32 i32 i32)
    (i32.store (local.get 0) (local.get 1))
    (i32.store offset=4 (local.get 0) (local.get 2)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    ${cell.realloc ?? REALLOC})
  ${functions.join("\n  ")}
  ${after.join("\n  ")}
  ${cell.more ?? ""})`;
}

const made = new Map<string, Promise<Uint8Array>>();

/** The component around a core module's text; the same text is built once. */
export function componentOf(text: string): Promise<Uint8Array> {
  const known = made.get(text);
  if (known !== undefined) return known;
  const making = (async () => {
    const binary = await parse(text);
    return await componentNew(
      await componentEmbed({ binary, witSource: WIT, world: "hostile" }),
    );
  })();
  made.set(text, making);
  return making;
}
