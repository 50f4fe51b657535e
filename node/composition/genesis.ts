/**
 * What an empty store begins with.
 *
 * Each batch leaves a bookmark in the same atomic write, so a start that was
 * broken off in the middle is gone on with by the next one. A store that holds
 * anything else is left alone.
 */
import { Effect } from "effect";
import { type Answer, Refusal } from "../api.ts";
import { genesisDocuments } from "../genesis/documents.ts";
import { genesisDrafts } from "../genesis/genesis.ts";
import {
  formatOf,
  type Import,
  ImportRefusal,
  openImport,
} from "../import/mod.ts";
import type { LocalNode } from "../local/local_node.ts";

export interface GenesisOptions {
  /** `default`, `none`, or a file to import. */
  readonly genesis: string;
  readonly progress: (line: string) => void;
}

interface Mark {
  readonly key: string;
  readonly value: string;
}

/** A draft, and what to note with it. */
interface Part {
  readonly draft: Uint8Array;
  readonly mark: Mark | undefined;
}

/** Its own documents are noted as `parts done/parts in all`. */
const OWN_KEY = "genesis";

/**
 * Fills a store that is empty, or that an earlier start began to fill; gives
 * how many links that made.
 */
export function fillWithGenesis(
  root: string,
  node: LocalNode,
  { genesis, progress }: GenesisOptions,
): Answer<number> {
  return Effect.gen(function* () {
    if (genesis === "none") return 0;
    const { links } = yield* node.census;
    const parts = genesis === "default"
      ? yield* ownParts(root, node, links === 0)
      : yield* fileParts(genesis, node, links === 0);
    let made = 0;
    for (;;) {
      const next = yield* attempt(() => parts.next());
      if (next.done === true) return made;
      const { draft, mark } = next.value;
      made += (yield* node.api.submitDraft(draft, mark)).links;
      progress(`genesis: ${made.toLocaleString("en-US")} links so far`);
    }
  });
}

type Parts = AsyncGenerator<Part, void>;

const ownParts = Effect.fnUntraced(
  function* (root: string, node: LocalNode, empty: boolean) {
    const noted = yield* node.api.recall(OWN_KEY);
    const [done = 0, all = 0] = noted?.split("/").map(Number) ?? [];
    if (!empty && !(done < all)) return nothing();
    const folder = new URL(`file://${root}/`);
    const documents = yield* attempt(() => genesisDocuments(folder));
    const drafts = genesisDrafts(documents);
    // Other documents than those that it began with are not its rest.
    if (!empty && drafts.length !== all) return nothing();
    return from(
      drafts.map((draft, index) => ({
        draft,
        mark: { key: OWN_KEY, value: `${index + 1}/${drafts.length}` },
      })).slice(done),
    );
  },
);

const fileParts = Effect.fnUntraced(
  function* (path: string, node: LocalNode, empty: boolean) {
    const opening = attempt(() => opened(path));
    if (empty) return imported(yield* opening, undefined);
    // A store that is filled needs the file no more.
    const source = yield* Effect.option(opening);
    if (source._tag === "None") return nothing();
    const key = source.value.bookmarkKey;
    const resume = key === undefined
      ? undefined
      : source.value.resumeFrom(yield* node.api.recall(key));
    return resume === undefined ? nothing() : imported(source.value, resume);
  },
);

function opened(path: string): Promise<Import> {
  const format = formatOf(path);
  if (format !== undefined) return openImport(format, path);
  throw new ImportRefusal(
    `the format of ${path} is not known by its name; begin with none, and import it with --format`,
  );
}

async function* imported(source: Import, resume: string | undefined): Parts {
  const key = source.bookmarkKey;
  const options = resume === undefined ? {} : { resume };
  for await (const batch of source.batches(options)) {
    const mark = key === undefined
      ? undefined
      : { key, value: source.bookmark(batch) };
    yield { draft: batch.draft, mark };
  }
}

async function* from(parts: readonly Part[]): Parts {
  yield* parts;
}

function nothing(): Parts {
  return from([]);
}

function attempt<A>(work: () => Promise<A>): Answer<A> {
  return Effect.tryPromise({ try: async () => await work(), catch: refusal });
}

function refusal(error: unknown): Refusal {
  const text = error instanceof Error ? error.message : String(error);
  return error instanceof ImportRefusal
    ? new Refusal({
      kind: "invalid",
      message: `genesis: ${text}`,
      fix: "correct it and start again, or begin empty with --genesis none",
    })
    : new Refusal({ kind: "failed", message: `genesis: ${text}` });
}
