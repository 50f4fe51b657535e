/** Imports into a node that runs here, as the command does, batch by batch. */
import { Effect } from "effect";
import { type ImportFormat, openImport } from "../import/mod.ts";
import type { LocalNode } from "../local/local_node.ts";

export interface Acknowledged {
  /** Links of the batches so far in this run. */
  readonly links: number;
  readonly height: number;
  readonly position: string;
}

/** Imports `path`, resuming where the store says; tells of each durable batch. */
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
  let links = 0;
  for await (const batch of source.batches(resume ? { resume } : {})) {
    const bookmark = key === undefined
      ? undefined
      : { key, value: source.bookmark(batch) };
    const { height } = await Effect.runPromise(
      api.submitDraft(batch.draft, bookmark),
    );
    links += batch.links;
    onDurable({ links, height, position: batch.position });
  }
  return links;
}
