/** Changes proposed to a whole node by its own governor, over its lives. */
import { Effect } from "effect";
import type { CellReport } from "../api.ts";
import type { Asked, Draft } from "../keys/mod.ts";
import { openTestNode, type TestNode, until } from "./node.ts";
import { governor, signedChange } from "./proposals.ts";

const WAIT_MS = 60_000;
const NOTHING = new Uint8Array();
const run = Effect.runPromise;

/** The signed proposal. */
async function text(
  test: TestNode,
  asked: Asked,
  draft: Partial<Draft>,
): Promise<string> {
  const key = await governor(test.dataDir, "identity");
  return await signedChange(test.node.network, asked, [key], draft);
}

export async function propose(
  test: TestNode,
  asked: Asked,
  attachment: Uint8Array = NOTHING,
  draft: Partial<Draft> = {},
) {
  return test.node.api.propose(await text(test, asked, draft), attachment);
}

export async function dryRun(
  test: TestNode,
  asked: Asked,
  attachment: Uint8Array = NOTHING,
  draft: Partial<Draft> = {},
) {
  return await run(
    test.node.api.dryRun(await text(test, asked, draft), attachment),
  );
}

export async function cellOf(
  { node }: TestNode,
  name: string,
): Promise<CellReport> {
  const cell = (await run(node.api.cells())).find((one) => one.name === name);
  if (cell === undefined) throw new Error(`no cell ${name}`);
  return cell;
}

export async function inState(test: TestNode, name: string, state: string) {
  await until(`${name} is ${state}`, WAIT_MS, async () => {
    return (await cellOf(test, name)).state === state;
  });
}

/** Two lives of one data directory. */
export async function overRestart(
  first: (test: TestNode) => Promise<void>,
  second: (test: TestNode) => Promise<void>,
): Promise<void> {
  const before = await openTestNode();
  try {
    await first(before);
  } finally {
    await before.close();
  }
  const after = await openTestNode({ dataDir: before.dataDir });
  try {
    await second(after);
  } finally {
    await after.close();
    await Deno.remove(before.dataDir, { recursive: true });
  }
}
