/**
 * Builds one cell: generated sources, component, description.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { decodeWorld } from "../wit/decode/world.ts";
import { compile } from "./build_compile.ts";
import { readOrNothing, writeWhole } from "./build_files.ts";
import { cellWit, generateCell } from "./build_generate.ts";
import type { BuiltCell } from "./build_run.ts";
import type { Cell, Tree } from "./build_tree.ts";

/** Builds and writes one cell; gives the size of its component in octets. */
export async function buildCell(
  tree: Tree,
  cell: Cell,
  tools: string,
  draft: boolean,
): Promise<number> {
  const { renames } = await generateCell(tree, cell);
  const component = await compile({
    entry: `${cell.path}/assembly/gen/entry.ts`,
    source: (path) =>
      cell.sources.get(path) ?? readOrNothing(`${tree.root}/${path}`) ??
        readOrNothing(`${tools}/${path}`) ?? null,
    renames,
    wit: cellWit(tree, cell),
    world: cell.world,
    draft,
  });
  const { imports, exports } = decodeWorld(component);
  const described: BuiltCell = {
    name: cell.name,
    version: cell.version,
    world: cell.world,
    hash: bytesToHex(blake3(component)),
    size: component.length,
    imports: [...imports.keys()],
    exports: [...exports.keys()],
  };
  const base = `${tree.root}/build/cells/${cell.name}`;
  writeWhole(`${base}.wasm`, component);
  writeWhole(`${base}.json`, JSON.stringify(described, null, 2) + "\n");
  return component.length;
}
