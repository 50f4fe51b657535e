/** Imports into a node that runs here, as the command does. */
import { Effect } from "effect";
import { type Batch, type ImportFormat, openImport } from "../import/mod.ts";
import type { LocalNode } from "../local/local_node.ts";

export interface Acknowledged {
  /** Links of the batches so far in this run. */
  readonly links: number;
  readonly height: number;
  readonly position: string;
}

/** Imports `path`, resuming where the store says; tells of each durable append. */
export async function importInto(
  { api }: Pick<LocalNode, "api">,
  format: ImportFormat,
  path: string,
  onDurable: (acknowledged: Acknowledged) => void = () => {},
): Promise<number> {
  const source = await openImport(format, path);
  const key = source.bookmarkKey;
  const stored = key === undefined
    ? undefined
    : await Effect.runPromise(api.recall(key));
  const resume = source.resumeFrom(stored);
  const given: Batch[] = [];
  const drafts = async function* () {
    for await (const batch of source.batches(resume ? { resume } : {})) {
      given.push(batch);
      yield { draft: batch.draft, mark: source.bookmark(batch) };
    }
  };
  let told = 0;
  const { links } = await Effect.runPromise(api.submitDrafts({
    key,
    drafts: drafts(),
    told: (done) => {
      const last = given.splice(0, done.drafts - told).at(-1);
      told = done.drafts;
      if (last !== undefined) onDurable({ ...done, position: last.position });
    },
  }));
  return links;
}
