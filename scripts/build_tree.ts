/**
 * What a build reads: cells, WIT packages, and the hash of everything that decides an output.
 *
 * Deliberately absent: modification times. A hash of contents is the same on every machine and after a checkout.
 */
import { createHash } from "node:crypto";
import { JsonFault, parsePlaced } from "../kernel/manifest/json_places.ts";
import {
  packagesOf,
  type WitFile,
  type WitPackage,
} from "../wit/generator/packages.ts";

/** Files of one folder tree looked at; a tree this large is a mistake. */
const FILES_MAX = 20_000;

/** One cell, as its folder describes it. */
export interface Cell {
  readonly name: string;
  readonly version: string;
  readonly world: string;
  /** Text of `world.wit`. */
  readonly worldWit: string;
  readonly folder: string;
  /** The folder from the root: `cells/NAME`, or `drivers/PLATFORM/DEVICE`. */
  readonly path: string;
  /** Own sources without `gen/`, and those of its platform's library, by path from the root. */
  readonly sources: ReadonlyMap<string, string>;
  /** It has sources for the drivers of its platform, and is no component itself. */
  readonly isLibrary: boolean;
}

/** Everything that a build reads. */
export interface Tree {
  readonly root: string;
  readonly cells: readonly Cell[];
  /** Cells whose description is wrong, with why. */
  readonly broken: ReadonlyMap<string, string>;
  readonly packages: readonly WitPackage[];
  /** Every `.wit` file, by path. */
  readonly witFiles: readonly WitFile[];
  /** Decides `wit/gen` and is part of every cell. */
  readonly contractsHash: string;
  /** Contents of the SDK and the versions of the tools. */
  readonly sdkHash: string;
}

/** Reads the tree under `root`. `tools` is where the generator and the SDK live, usually the same. */
export function readTree(root: string, tools: string): Tree {
  const wit = [...texts(`${root}/wit`, ".wit")];
  if (root !== tools) wit.push(...missingFrom(wit, `${tools}/wit`));
  const files: WitFile[] = wit.map(([path, text]) => ({ path, text }));
  const generator = [
    ...texts(`${tools}/wit/generator`, ".ts"),
    ...texts(`${tools}/wit/decode`, ".ts"),
    ...texts(`${tools}/scripts`, ".ts").filter(([path]) =>
      /\/build[^/]*\.ts$/.test(path)
    ),
  ].filter(([path]) => !path.endsWith("_test.ts"));
  const versions = Deno.readTextFileSync(`${tools}/deno.json`)
    .match(/npm:(?:assemblyscript|@bytecodealliance\/jco-transpile)@[\d.]+/g);
  const read: Cell[] = [];
  const broken = new Map<string, string>();
  for (const [name, path] of cellFolders(root)) {
    try {
      read.push(readCell(root, name, path));
    } catch (error) {
      broken.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  return {
    root,
    cells: read.map((cell) => withLibraries(cell, read)),
    broken,
    packages: packagesOf(files),
    witFiles: files,
    contractsHash: hashOf([...wit, ...generator], String(versions)),
    sdkHash: hashOf(texts(`${tools}/cells/sdk/assembly`, ".ts"), ""),
  };
}

/** A driver has the sources of the libraries beside its folder, too. */
function withLibraries(cell: Cell, cells: readonly Cell[]): Cell {
  const beside = (path: string) => path.slice(0, path.lastIndexOf("/"));
  const libraries = cells.filter((other) =>
    other.isLibrary && other !== cell &&
    beside(other.path) === beside(cell.path)
  );
  const sources = [cell, ...libraries].flatMap((one) => [...one.sources]);
  return { ...cell, sources: new Map(sources) };
}

/** The tools' own packages stay known in a tree that does not have them. */
function missingFrom(
  has: readonly [string, string][],
  folder: string,
): [string, string][] {
  const known = new Set(
    packagesOf(
      has.map(([path, text]) => ({ path, text })),
    ).map((pack) => pack.name),
  );
  return texts(folder, ".wit").filter(([path, text]) => {
    const [pack] = packagesOf([{ path, text }]);
    return pack !== undefined && !known.has(pack.name);
  });
}

/** Hash that decides whether a cell must be built again. */
export function cellHash(tree: Tree, cell: Cell): string {
  return hashOf(
    [...cell.sources],
    [tree.contractsHash, tree.sdkHash, cell.version, cell.world, cell.worldWit]
      .join("\n"),
  );
}

function hashOf(
  files: Iterable<readonly [string, string]>,
  more: string,
): string {
  const hash = createHash("sha256").update(more);
  for (const [path, text] of files) {
    hash.update(`\0${path}\0${text.length}\0`).update(text);
  }
  return hash.digest("hex");
}

/** Texts of all files with an ending under a folder, in a fixed order. */
function texts(folder: string, ending: string): [string, string][] {
  const out: [string, string][] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(at)];
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    for (const entry of entries) {
      const path = `${at}/${entry.name}`;
      if (entry.isDirectory && entry.name !== "gen") folders.push(path);
      else if (entry.isFile && entry.name.endsWith(ending)) {
        out.push([path, Deno.readTextFileSync(path)]);
        if (out.length > FILES_MAX) {
          throw new Error(`${folder}: over ${FILES_MAX} files`);
        }
      }
    }
  }
  return out.sort(([a], [b]) => a < b ? -1 : 1);
}

/** Names and paths: cells, and then the drivers that are cells. */
function cellFolders(root: string): [string, string][] {
  const cells = foldersWith(`${root}/cells`, "cell.json").map((
    name,
  ): [string, string] => [name, `cells/${name}`]);
  const drivers = foldersIn(`${root}/drivers`).flatMap((platform) =>
    foldersWith(`${root}/drivers/${platform}`, "cell.json").map((
      device,
    ): [string, string] => [
      `${platform}-${device}`.replaceAll("_", "-"),
      `drivers/${platform}/${device}`,
    ])
  );
  return [...cells, ...drivers];
}

function foldersIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isDirectory }) =>
      isDirectory
    ).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function foldersWith(folder: string, file: string): string[] {
  const out: string[] = [];
  for (const name of foldersIn(folder)) {
    try {
      if (Deno.statSync(`${folder}/${name}/${file}`).isFile) {
        out.push(name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return out;
}

function jsonOf(place: string, text: string): unknown {
  try {
    return parsePlaced(text).value;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new Error(`${place}:${error.message}; mend the JSON there`);
  }
}

function readCell(root: string, name: string, path: string): Cell {
  const folder = `${root}/${path}`;
  const place = `${path}/cell.json`;
  const parsed = jsonOf(place, Deno.readTextFileSync(`${folder}/cell.json`));
  const valueOf = (key: string): unknown =>
    typeof parsed === "object" && parsed !== null
      ? Reflect.get(parsed, key)
      : undefined;
  const text = (key: string): string => {
    const value = valueOf(key);
    if (typeof value !== "string" || value === "") {
      throw new Error(`${place}: "${key}" must be a text; write one there`);
    }
    return value;
  };
  if (text("name") !== name) {
    throw new Error(
      `${place}: "name" must be "${name}", as the folder; rename one of them`,
    );
  }
  if (!/^\d+\.\d+\.\d+$/.test(text("version"))) {
    throw new Error(
      `${place}: "version" must be like 0.1.0; write three numbers with points`,
    );
  }
  const sources = texts(`${folder}/assembly`, ".ts")
    .map(([path, source]) => [path.slice(root.length + 1), source] as const);
  return {
    name,
    version: text("version"),
    world: text("world"),
    worldWit: Deno.readTextFileSync(`${folder}/world.wit`),
    folder,
    path,
    sources: new Map(sources),
    isLibrary: valueOf("library") === true,
  };
}
