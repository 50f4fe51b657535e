/** Components for tests: other builds of the real cells, one change each. */

/** The built component of a cell. */
export function builtComponent(cell: string): Uint8Array {
  return Deno.readFileSync(`build/cells/${cell}.wasm`);
}

/** The same program under another hash: a custom section is appended. */
export function relabelled(component: Uint8Array, label: string): Uint8Array {
  const name = new TextEncoder().encode("label");
  const text = new TextEncoder().encode(label);
  const section = [0, name.length + text.length + 1, name.length];
  return new Uint8Array([...component, ...section, ...name, ...text]);
}

export interface Edit {
  /** Relative to the cell's folder. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** Builds the cell from a copy of its sources with `edits` applied. */
export async function editedComponent(
  cell: string,
  edits: ReadonlyArray<Edit>,
): Promise<Uint8Array> {
  const root = await Deno.makeTempDir({ prefix: "karyon-variant-" });
  try {
    for (const folder of ["wit", "cells/sdk", `cells/${cell}`]) {
      copyFolder(folder, `${root}/${folder}`);
    }
    for (const { file, find, put } of edits) {
      const path = `${root}/cells/${cell}/${file}`;
      const source = Deno.readTextFileSync(path);
      if (!source.includes(find)) throw new Error(`${path} lacks ${find}`);
      Deno.writeTextFileSync(path, source.replace(find, put));
    }
    await build(root, cell);
    return Deno.readFileSync(`${root}/build/cells/${cell}.wasm`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.name === "gen") continue;
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) copyFolder(source, target);
    else Deno.writeFileSync(target, Deno.readFileSync(source));
  }
}

async function build(root: string, cell: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      `--allow-read=.,${root}`,
      `--allow-write=${root}`,
      "--ignore-env",
      "scripts/build.ts",
      "--quiet",
      "--draft",
      "--root",
      root,
      "--cell",
      cell,
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(
    `the variant of ${cell} was not built:\n${decoder.decode(stdout)}${
      decoder.decode(stderr)
    }`,
  );
}

/** The rank cell with `code` at the beginning of one of its functions. */
export function inFunction(
  file: string,
  name: string,
  code: string,
): Promise<Uint8Array> {
  const path = `cells/rank/assembly/${file}`;
  const source = Deno.readTextFileSync(path);
  const head = new RegExp(
    `export function ${name}\\([^]*?\\)[^{]*\\{`,
  ).exec(source)?.[0];
  if (head === undefined) throw new Error(`${path} has no function ${name}`);
  return editedComponent("rank", [{
    file: `assembly/${file}`,
    find: head,
    put: `${head}\n  ${code}`,
  }]);
}
