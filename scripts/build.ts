/**
 * Builds the cells: `deno task build [--cell NAME] [--force] [--gen-only] [--quiet] [--json]`.
 *
 * An unchanged tree costs a few file reads. Exit status: 0 built or up to date, 1 a cell failed, 2 wrong arguments.
 */
import { build, type BuildEvent } from "./build_run.ts";

const HELP =
  `Builds every cell under cells/ and drivers/ into build/cells/NAME.wasm and NAME.json.

usage: deno task build [options]

  --cell NAME   only this cell
  --force       also what is up to date
  --gen-only    only the generated sources: wit/gen and assembly/gen of cells
  --quiet       print only when something is built or fails
  --json        print the result as JSON
  --root DIR    build the tree in DIR (default: this one)
  --draft       not optimized, a quarter of the time; only with --root
  --help        this text
`;

interface Arguments {
  cell: string | undefined;
  root: string;
  force: boolean;
  genOnly: boolean;
  draft: boolean;
  quiet: boolean;
  json: boolean;
}

function parse(args: readonly string[], here: string): Arguments | string {
  const out: Arguments = {
    cell: undefined,
    root: here,
    force: false,
    genOnly: false,
    draft: false,
    quiet: false,
    json: false,
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "--force") out.force = true;
    else if (arg === "--gen-only") out.genOnly = true;
    else if (arg === "--draft") out.draft = true;
    else if (arg === "--quiet") out.quiet = true;
    else if (arg === "--json") out.json = true;
    else if (arg === "--cell" || arg === "--root") {
      const value = args[++at];
      if (value === undefined) return `${arg} needs a value`;
      if (arg === "--cell") out.cell = value;
      else out.root = value.replace(/\/+$/, "");
    } else return `unknown argument "${arg}"`;
  }
  // Whether a component is up to date does not tell how it was made.
  if (out.draft && out.root === here) return "--draft needs --root";
  return out;
}

function line(event: BuildEvent): string {
  switch (event.kind) {
    case "contracts":
      return `  contracts  ${event.count} bindings  ${Math.round(event.ms)} ms`;
    case "generated":
      return `  ${event.cell}  sources generated  ${Math.round(event.ms)} ms`;
    case "cell":
      return `  ${event.cell}  ${(event.size / 1024).toFixed(1)} KiB  ${
        Math.round(event.ms)
      } ms`;
    case "failed":
      return `  ${event.cell}  failed\n${event.why.replace(/^/gm, "    ")}`;
  }
}

async function main(): Promise<number> {
  if (Deno.args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  const here = decodeURIComponent(
    new URL("..", import.meta.url).pathname.replace(/\/$/, ""),
  );
  const parsed = parse(Deno.args, here);
  if (typeof parsed === "string") {
    console.error(`build: ${parsed}\n\n${HELP}`);
    return 2;
  }
  const start = performance.now();
  const failures: { cell: string; why: string }[] = [];
  let told = false;
  const result = await build({
    ...parsed,
    tools: here,
    report: (event) => {
      if (event.kind === "failed") {
        failures.push({ cell: event.cell, why: event.why });
        if (!parsed.json) console.error(line(event));
        return;
      }
      if (parsed.json) return;
      if (parsed.quiet && event.kind !== "cell") return;
      if (!told) console.log("building");
      told = true;
      console.log(line(event));
    },
  });
  if (parsed.json) console.log(JSON.stringify({ ...result, failures }));
  else if (!told && !parsed.quiet && result.failed.length === 0) {
    console.log(
      `up to date (${Math.round(performance.now() - start)} ms)`,
    );
  }
  return result.failed.length === 0 ? 0 : 1;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
}
