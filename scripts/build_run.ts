/**
 * One build: decides what is out of date, generates, compiles, and keeps the record of what was built.
 *
 * A cell that fails does not stop the others; the result names it. Nothing is written for a failed cell, and what was
 * built before stays.
 */
import { exists, locked, readOrNothing, writeWhole } from "./build_files.ts";
import { type Cell, cellHash, readTree, type Tree } from "./build_tree.ts";

/** What to do. */
export interface BuildOptions {
  readonly root: string;
  /** Where generator and SDK live; `root` unless a test builds elsewhere. */
  readonly tools: string;
  readonly force: boolean;
  readonly genOnly: boolean;
  /** Components are not optimized. */
  readonly draft: boolean;
  /** Only this cell. */
  readonly cell: string | undefined;
  /** Told of each thing done. */
  readonly report: (event: BuildEvent) => void;
}

export type BuildEvent =
  | { readonly kind: "contracts"; readonly count: number; readonly ms: number }
  | {
    readonly kind: "cell" | "generated";
    readonly cell: string;
    readonly ms: number;
    readonly size: number;
  }
  | { readonly kind: "failed"; readonly cell: string; readonly why: string };

/** What `build/cells/<name>.json` says. */
export interface BuiltCell {
  readonly name: string;
  readonly version: string;
  readonly world: string;
  /** BLAKE3 of the component, hexadecimal. */
  readonly hash: string;
  /** Octets of the component. */
  readonly size: number;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

export interface BuildResult {
  readonly built: readonly string[];
  readonly unchanged: readonly string[];
  readonly failed: readonly string[];
}

/** Hashes of the inputs that outputs were made from. */
interface State {
  contracts: string;
  generated: Record<string, string>;
  cells: Record<string, string>;
}

/** Builds what is out of date under `options.root`. */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const tree = readTree(options.root, options.tools);
  checkName(tree, options.cell);
  if (!options.force && todo(tree, readState(tree.root), options).none) {
    return result(tree, options, [], reportBroken(tree, options));
  }
  return await locked(`${tree.root}/build/lock`, async () => {
    const fresh = readTree(options.root, options.tools);
    return await make(fresh, options);
  });
}

function checkName(tree: Tree, name: string | undefined): void {
  if (name === undefined) return;
  const known = tree.cells.map((cell) => cell.name);
  if (known.includes(name) || tree.broken.has(name)) return;
  throw new Error(`no cell "${name}"; there are ${known.join(", ")}`);
}

function readState(root: string): State {
  const none: State = { contracts: "", generated: {}, cells: {} };
  const text = readOrNothing(`${root}/build/state.json`);
  if (text === undefined) return none;
  try {
    return { ...none, ...JSON.parse(text) as Partial<State> };
  } catch {
    return none;
  }
}

/** Libraries are generated for whoever is built. */
function wanted(tree: Tree, only: string | undefined): readonly Cell[] {
  return tree.cells.filter((cell) =>
    only === undefined || cell.name === only || cell.isLibrary
  );
}

function todo(tree: Tree, state: State, options: BuildOptions) {
  const { root } = tree;
  const contracts = options.force || state.contracts !== tree.contractsHash ||
    !exists(`${root}/wit/gen/mod.ts`);
  const generate = wanted(tree, options.cell).filter((cell) =>
    options.force || state.generated[cell.name] !== generatedHash(tree, cell) ||
    !exists(`${cell.folder}/assembly/gen/entry.ts`)
  );
  const compile = options.genOnly ? [] : wanted(tree, options.cell).filter(
    (cell) =>
      !cell.isLibrary &&
      (options.force || state.cells[cell.name] !== cellHash(tree, cell) ||
        !exists(`${root}/build/cells/${cell.name}.wasm`) ||
        !exists(`${root}/build/cells/${cell.name}.json`)),
  );
  const none = !contracts && generate.length === 0 && compile.length === 0;
  return { contracts, generate, compile, none };
}

function generatedHash(tree: Tree, cell: Cell): string {
  return `${tree.contractsHash} ${cell.world} ${cell.worldWit}`;
}

async function make(tree: Tree, options: BuildOptions): Promise<BuildResult> {
  const state = readState(tree.root);
  const work = todo(tree, state, options);
  const failed = reportBroken(tree, options);
  const built: string[] = [];
  const save = () =>
    writeWhole(
      `${tree.root}/build/state.json`,
      JSON.stringify(state, null, 1) + "\n",
    );
  const tools = await import("./build_generate.ts");
  if (work.contracts) {
    const start = performance.now();
    const count = await tools.generateHost(tree);
    state.contracts = tree.contractsHash;
    save();
    options.report({ kind: "contracts", count, ms: performance.now() - start });
  }
  for (const cell of work.generate) {
    const start = performance.now();
    try {
      await tools.generateCell(tree, cell);
      state.generated[cell.name] = generatedHash(tree, cell);
      save();
      const ms = performance.now() - start;
      options.report({ kind: "generated", cell: cell.name, ms, size: 0 });
    } catch (error) {
      failed.push(cell.name);
      options.report({ kind: "failed", cell: cell.name, why: why(error) });
    }
  }
  for (const cell of work.compile) {
    if (failed.includes(cell.name)) continue;
    const start = performance.now();
    try {
      const { buildCell } = await import("./build_cell.ts");
      const size = await buildCell(tree, cell, options.tools, options.draft);
      state.cells[cell.name] = cellHash(tree, cell);
      save();
      built.push(cell.name);
      const ms = performance.now() - start;
      options.report({ kind: "cell", cell: cell.name, ms, size });
    } catch (error) {
      failed.push(cell.name);
      options.report({ kind: "failed", cell: cell.name, why: why(error) });
    }
  }
  return result(tree, options, built, failed);
}

function reportBroken(tree: Tree, options: BuildOptions): string[] {
  const failed: string[] = [];
  for (const [cell, reason] of tree.broken) {
    if (options.cell !== undefined && options.cell !== cell) continue;
    failed.push(cell);
    options.report({ kind: "failed", cell, why: reason });
  }
  return failed;
}

function result(
  tree: Tree,
  options: BuildOptions,
  built: readonly string[],
  failed: readonly string[],
): BuildResult {
  const unchanged = wanted(tree, options.cell)
    .flatMap((cell) => cell.isLibrary ? [] : [cell.name])
    .filter((name) => !built.includes(name) && !failed.includes(name));
  return { built, unchanged, failed };
}

function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
