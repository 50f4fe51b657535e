/**
 * What `forge` is started with: it reads the datasheet and writes its folder.
 *
 * It starts its parts itself, each with its own permissions (node/forge), so it
 * may run Deno; it reaches nobody, and never reads the key's file.
 */
import { join } from "node:path";

const FORGED_DEFAULT = "./forged";

/** The files that it reads, and those that it writes. */
export function forgeFiles(
  options: ReadonlyMap<string, string>,
): readonly [ReadonlyArray<string>, ReadonlyArray<string>] {
  const out = options.get("out") || FORGED_DEFAULT;
  const datasheet = options.get("datasheet");
  return [[out, ...(datasheet ? [datasheet] : [])], [out]];
}

/** Arguments of `deno`; the lists are as Deno wants them. */
export function forgeArguments(
  argv: ReadonlyArray<string>,
  root: string,
  { read, write }: { readonly read: string; readonly write: string },
): ReadonlyArray<string> {
  return [
    ...["run", "--no-prompt", `--allow-read=${read}`, `--allow-write=${write}`],
    ...["--allow-run=deno", "--allow-env=NO_COLOR", "--ignore-env"],
    join(root, "main.ts"),
    ...argv,
  ];
}
