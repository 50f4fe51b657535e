/**
 * Makes a cell that builds, runs and is tested: `deno task new:cell NAME [--root DIR]`.
 *
 * Exit status: 0 made, 1 refused, 2 wrong arguments. A refusal leaves nothing behind.
 */
import {
  isThere,
  type TemplateFiles,
  writeTemplate,
} from "./template_files.ts";

const HELP = `Makes a cell from the template in scripts/templates/cell.

usage: deno task new:cell NAME [--root DIR]

  NAME        lower case letters and digits, words joined by "-"; at most 32
  --root DIR  make it in the tree in DIR (default: this one)
  --help      this text

It writes wit/cells/NAME (the contract), cells/NAME (the cell) and a test.
Then: deno task build --cell NAME, deno test cells/NAME
`;

const NAME_CHARS_MAX = 32;

/** Words that WIT reads as its own, and folders that are no cells. */
const TAKEN = new Set(
  `use type resource func record enum flags variant static interface world
import export package include with list option result tuple own borrow bool
string char future stream async constructor from as u8 u16 u32 u64 s8 s16 s32
s64 f32 f64 sdk gen kernel hal wit tally`.split(/\s+/),
);

/** A name that cannot be a cell's; the message says why. */
export class BadName extends Error {
  override readonly name = "BadName";
}

/** Files of the template: where each goes. */
const FILES: TemplateFiles = [
  ["contract.wit", "wit/cells/NAME/NAME.wit"],
  ["contract.md", "wit/cells/NAME/README.md"],
  ["cell.json", "cells/NAME/cell.json"],
  ["world.wit", "cells/NAME/world.wit"],
  ["README.md", "cells/NAME/README.md"],
  ["assembly/lifecycle.ts.template", "cells/NAME/assembly/lifecycle.ts"],
  ["assembly/state.ts.template", "cells/NAME/assembly/state.ts"],
  ["assembly/tally.ts.template", "cells/NAME/assembly/tally.ts"],
  ["test.ts.template", "cells/NAME/SNAKE_test.ts"],
];

function checkName(name: string): void {
  if (name.length > NAME_CHARS_MAX) {
    throw new BadName(`"${name}" is longer than ${NAME_CHARS_MAX} characters`);
  }
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name)) {
    throw new BadName(
      `"${name}" is no cell name: lower case letters and digits, words joined by "-"`,
    );
  }
  if (TAKEN.has(name)) throw new BadName(`"${name}" has another meaning`);
}

/** Writes the files of a new cell under `root`; gives their paths. Refuses what exists. */
export function makeCell(root: string, name: string): readonly string[] {
  checkName(name);
  for (const folder of [`cells/${name}`, `wit/cells/${name}`]) {
    if (isThere(`${root}/${folder}`)) {
      throw new BadName(`${folder} exists already`);
    }
  }
  const fill = (text: string) =>
    text.replaceAll("SNAKE", name.replaceAll("-", "_"))
      .replaceAll("NAME", name);
  const template = new URL("templates/cell/", import.meta.url);
  return writeTemplate(template, FILES, root, fill);
}

function main(args: readonly string[]): number {
  if (args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  let root = decodeURIComponent(new URL("..", import.meta.url).pathname);
  const names: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    const value = args[at + 1];
    if (arg === "--root" && value !== undefined) {
      root = value;
      at++;
    } else names.push(arg);
  }
  const [name] = names;
  if (name === undefined || names.length > 1 || name.startsWith("--")) {
    console.error(`new:cell: one name, please\n\n${HELP}`);
    return 2;
  }
  try {
    const paths = makeCell(root.replace(/\/+$/, ""), name);
    for (const path of paths) console.log(`  ${path}`);
  } catch (error) {
    if (!(error instanceof BadName)) throw error;
    console.error(`new:cell: ${error.message}`);
    return 1;
  }
  console.log(`\nnext: deno task build --cell ${name}`);
  return 0;
}

if (import.meta.main) Deno.exitCode = main(Deno.args);
