/**
 * Writes the generated sources: `wit/gen` for the host, `assembly/gen` for each cell.
 */
import { componentEmbed } from "@bytecodealliance/jco-transpile/wasm-tools";
import { decodeEmbedded, embeddedSection } from "../wit/decode/world.ts";
import type { World } from "../wit/decode/model.ts";
import { type CellSource, cellSource } from "../wit/generator/as_cell.ts";
import { definers } from "../wit/generator/as_dialect.ts";
import { everything, worldSource } from "../wit/generator/packages.ts";
import {
  bindingFile,
  bindingSource,
  registrySource,
} from "../wit/generator/ts_binding.ts";
import { removeOthers, writeWhole } from "./build_files.ts";
import type { Cell, Tree } from "./build_tree.ts";

/** Decodes the world of a WIT text. */
export async function worldOf(source: string, world: string): Promise<World> {
  const core = await componentEmbed({ witSource: source, dummy: true, world });
  const section = embeddedSection(core);
  if (section === undefined) throw new Error("the tool embedded no world");
  return decodeEmbedded(section);
}

/** Writes all host bindings; gives the number of contracts. */
export async function generateHost(tree: Tree): Promise<number> {
  const world = await worldOf(everything(tree.packages), "everything");
  const names = definers(world.imports);
  const folder = `${tree.root}/wit/gen`;
  const keep = new Set<string>(["mod.ts"]);
  for (const one of world.imports) {
    const file = `${bindingFile(one.name)}.ts`;
    keep.add(file);
    writeWhole(`${folder}/${file}`, bindingSource(one, names));
  }
  writeWhole(`${folder}/mod.ts`, registrySource(world.imports));
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
  const world = await worldOf(cellWit(tree, cell), cell.world);
  const source = cellSource(world);
  const folder = `${cell.folder}/assembly/gen`;
  for (const [file, text] of source.files) {
    writeWhole(`${folder}/${file}`, text);
  }
  removeOthers(folder, new Set(source.files.keys()));
  return source;
}
