/** What an empty store begins with. */
import { Effect } from "effect";
import { type Answer, Refusal } from "../api.ts";
import { genesisDocuments } from "../genesis/documents.ts";
import { genesisDrafts } from "../genesis/genesis.ts";
import { formatOf, ImportRefusal, openImport } from "../import/mod.ts";
import type { LocalNode } from "../local/local_node.ts";

export interface GenesisOptions {
  /** `default`, `none`, or a file to import. */
  readonly genesis: string;
  readonly progress: (line: string) => void;
}

/** Fills an empty store; leaves one alone that holds anything. */
export function fillWithGenesis(
  root: string,
  node: LocalNode,
  { genesis, progress }: GenesisOptions,
): Answer<void> {
  return Effect.gen(function* () {
    const { links } = yield* node.census;
    if (links > 0 || genesis === "none") return;
    const drafts = genesis === "default"
      ? ownDrafts(root)
      : importedDrafts(genesis);
    let made = 0;
    for (;;) {
      const next = yield* Effect.tryPromise({
        try: () => drafts.next(),
        catch: refusal,
      });
      if (next.done === true) break;
      made += (yield* node.api.submitDraft(next.value)).links;
    }
    progress(`genesis: ${made.toLocaleString("en-US")} links`);
  });
}

async function* ownDrafts(root: string): AsyncGenerator<Uint8Array> {
  const folder = new URL(`file://${root}/`);
  yield* genesisDrafts(await genesisDocuments(folder));
}

async function* importedDrafts(path: string): AsyncGenerator<Uint8Array> {
  const format = formatOf(path);
  if (format === undefined) {
    throw new ImportRefusal(
      `the format of ${path} is not known by its name; import it with: import FILE --format NAME`,
    );
  }
  const source = await openImport(format, path);
  for await (const { draft } of source.batches({})) yield draft;
}

function refusal(error: unknown): Refusal {
  return new Refusal({
    kind: error instanceof ImportRefusal ? "invalid" : "failed",
    message: `genesis: ${error instanceof Error ? error.message : error}`,
  });
}
