/**
 * Lists the project's own files for the checks, and reads them.
 *
 * Generated, installed and built files are left out, and so is what git does
 * not keep. Paths are relative to the root, with `/`, in order.
 */

/** Folders that hold nothing of our own, by name or by path. */
const NOT_OURS = new Set(["node_modules", "build", "gen", ".git", ".karyon"]);
const TEXT = /(\.(ts|js|mjs|wit|md|json|jsonc|yml|yaml|sh|html|css)|\/run)$/;
const FILES_MAX = 20_000;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every text file of the project under `root`, a folder's URL. */
export function houseFiles(root: URL): SourceFile[] {
  const paths: string[] = [];
  list(root, "", paths);
  return paths.filter((path) => TEXT.test(path)).sort().map((path) => ({
    path,
    text: Deno.readTextFileSync(new URL(encodeURI(path), root)),
  }));
}

function list(root: URL, prefix: string, paths: string[]): void {
  for (
    const entry of Deno.readDirSync(new URL(encodeURI(prefix) || ".", root))
  ) {
    const path = prefix + entry.name;
    if (entry.isSymlink || NOT_OURS.has(entry.name)) continue;
    if (entry.isDirectory) list(root, `${path}/`, paths);
    else if (entry.isFile) paths.push(path);
    if (paths.length > FILES_MAX) throw new Error("too many files to check");
  }
}

/** The project's root, from a script's own URL. */
export const ROOT = new URL("../", import.meta.url);

/** Prints faults and ends the process: 0 without any, else 1. */
export function report(name: string, faults: readonly string[]): never {
  for (const fault of faults) console.error(fault);
  const result = faults.length === 0 ? "ok" : `${faults.length} faults`;
  console.log(`${name}: ${result}`);
  Deno.exit(faults.length === 0 ? 0 : 1);
}
