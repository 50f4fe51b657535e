/** Folders, stores and system files for the hostile tests. */
import { deepStrictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { LocalNode } from "../local/local_node.ts";

/** Runs `body` in a new folder, which is gone afterwards. */
export async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "karyon-hostile-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The whole of a folder, copied. */
export function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

/** As `system.json` of this project; only what tests change is typed. */
export interface SystemText {
  [key: string]: unknown;
  network: string;
  drivers: Record<string, { driver: string; config: Record<string, string> }>;
  cells: Record<string, {
    [key: string]: unknown;
    component: string;
    config: Record<string, string>;
    grants: Record<string, string>;
  }>;
}

/** A system file in `folder`, beside a copy of the build. */
export function systemFile(
  folder: string,
  change: (system: SystemText) => void,
): string {
  const system: SystemText = JSON.parse(Deno.readTextFileSync("system.json"));
  change(system);
  copyFolder("build/cells", `${folder}/build/cells`);
  const path = `${folder}/system.json`;
  Deno.writeTextFileSync(path, JSON.stringify(system, null, 2));
  return path;
}

/** What nothing hostile may change: the graph's numbers and who runs. */
export async function stateOf({ api, census }: LocalNode) {
  const cells = await Effect.runPromise(api.cells());
  return {
    census: await Effect.runPromise(census),
    cells: cells.map(({ name, state, faults, generation, hash }) => ({
      name,
      state,
      faults,
      generation,
      hash,
    })),
  };
}

/** Runs `body` and holds the node to be as it was before, and to serve. */
export async function withoutEffect(
  node: LocalNode,
  body: () => Promise<void>,
): Promise<void> {
  const before = await stateOf(node);
  await body();
  deepStrictEqual(await stateOf(node), before);
}
