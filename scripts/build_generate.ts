/**
 * Writes the generated sources: `wit/gen` for the host, `assembly/gen` for each cell.
 */
import { componentEmbed } from "@bytecodealliance/jco-transpile/wasm-tools";
import { decodeEmbedded, embeddedSection } from "../wit/decode/world.ts";
import type { World } from "../wit/decode/model.ts";
import { type CellSource, cellSource } from "../wit/generator/as_cell.ts";
import { definers } from "../wit/generator/as_dialect.ts";
import {
  everything,
  type WitFile,
  worldSource,
} from "../wit/generator/packages.ts";
import {
  bindingFile,
  bindingSource,
  registrySource,
} from "../wit/generator/ts_binding.ts";
import { removeOthers, writeWhole } from "./build_files.ts";
import {
  callRegistrySource,
  messagesFile,
  messagesSource,
} from "../wit/generator/ts_messages.ts";
import type { Cell, Tree } from "./build_tree.ts";

/** Decodes the world of a WIT text. */
export async function worldOf(source: string, world: string): Promise<World> {
  const core = await componentEmbed({ witSource: source, dummy: true, world });
  const section = embeddedSection(core);
  if (section === undefined) throw new Error("the tool embedded no world");
  return decodeEmbedded(section);
}

/** Decodes a world of the tree; a fault of the WIT text names its file. */
async function worldIn(
  tree: Tree,
  more: readonly WitFile[],
  source: string,
  world: string,
): Promise<World> {
  try {
    return await worldOf(source, world);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(await placed(tree, [...more, ...tree.witFiles], why));
  }
}

/**
 * Puts the place in front of a message of the WIT parser, which knows none: the file that gives the same message alone,
 * or the lines that have the name in question.
 */
async function placed(
  tree: Tree,
  files: readonly WitFile[],
  why: string,
): Promise<string> {
  const short = (path: string) => path.replace(`${tree.root}/`, "");
  const [, name] = /`([^`]+)`/.exec(why) ?? [];
  for (const { path, text } of files) {
    const alone = `${text}\nworld karyon-alone {}\n`;
    const same = await worldOf(alone, "karyon-alone").then(
      () => false,
      (error: unknown) => error instanceof Error && error.message === why,
    );
    if (same) return `${short(path)}${lineOf(text, name)}: ${why}`;
  }
  for (const { path, text } of files) {
    const line = lineOf(text, name);
    if (line !== "") return `${short(path)}${line}: ${why}`;
  }
  return why;
}

function lineOf(text: string, name: string | undefined): string {
  if (name === undefined) return "";
  const whole = new RegExp(
    `(^|[^\\w-])${name.replace(/[^\w-]/g, "\\$&")}($|[^\\w-])`,
  );
  const lines = text.split("\n").flatMap((line, at) =>
    whole.test(line.replace(/\/\/.*/, "")) ? [at + 1] : []
  );
  return lines.length === 1 ? `:${lines[0]}` : "";
}

/** Writes all host bindings; gives the number of contracts. */
export async function generateHost(tree: Tree): Promise<number> {
  const source = everything(tree.packages);
  const world = await worldIn(tree, [], source, "everything");
  const names = definers(world.imports);
  const folder = `${tree.root}/wit/gen`;
  const keep = new Set<string>(["calls.ts", "mod.ts"]);
  for (const one of world.imports) {
    const file = `${bindingFile(one.name)}.ts`;
    if (keep.has(file)) {
      throw new Error(`two contracts would be wit/gen/${file}: ${one.name}`);
    }
    keep.add(file);
    writeWhole(`${folder}/${file}`, bindingSource(one, names));
    const messages = messagesSource(one, names);
    if (messages === undefined) continue;
    const beside = `${messagesFile(one.name)}.ts`;
    keep.add(beside);
    writeWhole(`${folder}/${beside}`, messages);
  }
  writeWhole(`${folder}/mod.ts`, registrySource(world.imports));
  writeWhole(`${folder}/calls.ts`, callRegistrySource(world.imports));
  removeOthers(folder, keep);
  return world.imports.length;
}

/** The WIT text of one cell's world with all packages. */
export function cellWit(tree: Tree, cell: Cell): string {
  return worldSource(cell.worldWit, tree.packages);
}

/** Writes one cell's `assembly/gen`. */
export async function generateCell(
  tree: Tree,
  cell: Cell,
): Promise<CellSource> {
  const own = { path: `${cell.folder}/world.wit`, text: cell.worldWit };
  const world = await worldIn(tree, [own], cellWit(tree, cell), cell.world);
  const up = cell.path.split("/").map(() => "..").join("/");
  const source = cellSource(world, `../../${up}/cells/sdk/assembly`);
  const folder = `${cell.folder}/assembly/gen`;
  for (const [file, text] of source.files) {
    writeWhole(`${folder}/${file}`, text);
  }
  removeOthers(folder, new Set(source.files.keys()));
  return source;
}
