/**
 * Pairs that this node keeps: a file for each neuron and step, in one folder.
 *
 * A file is there whole or not at all, and is never replaced: the first pair of
 * a neuron and step counts, and shows what any other one would. How many are
 * kept is bounded, all together and of one neuron.
 */
import { Effect } from "effect";
import type { StorageFailed } from "../../kernel/governance/refusals.ts";
import {
  filesIn,
  makeFolder,
  readWhole,
  writeWhole,
} from "../governance/durable_files.ts";
import { PAIR_OCTETS_MAX } from "./pair.ts";

export const PAIRS_MAX = 1024;
export const PAIRS_OF_NEURON_MAX = 4;
export const PAIRS_OCTETS_MAX = 64 << 20;

const END = ".evidence";
const NAME = /^(01[0-9a-f]{64})-(0|[1-9]\d{0,19})$/u;

/** What became of a pair. */
export type Kept = "kept" | "known" | "full";

export interface EvidenceStore {
  /** Ids, sorted. */
  readonly ids: ReadonlyArray<string>;
  has(id: string): boolean;
  /** Whether a further pair of the neuron would be kept. */
  takes(neuron: string): boolean;
  keep(id: string, octets: Uint8Array): Effect.Effect<Kept, StorageFailed>;
  read(id: string): Effect.Effect<Uint8Array | undefined, StorageFailed>;
}

/** Opens the folder, which is made with the first pair. */
export const openEvidence = Effect.fnUntraced(function* (
  folder: string,
): Effect.fn.Return<EvidenceStore, StorageFailed> {
  yield* makeFolder(folder);
  const sizes = new Map<string, number>();
  for (const name of yield* filesIn(folder, END)) {
    const id = name.slice(0, -END.length);
    if (!NAME.test(id)) continue;
    sizes.set(id, (yield* readSize(folder, id)) ?? 0);
  }
  const path = (id: string) => `${folder}/${id}${END}`;
  const all = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const takes = (neuron: string) =>
    sizes.size < PAIRS_MAX && all() <= PAIRS_OCTETS_MAX - PAIR_OCTETS_MAX &&
    [...sizes.keys()].filter((id) => id.startsWith(neuron)).length <
      PAIRS_OF_NEURON_MAX;
  return {
    get ids() {
      return [...sizes.keys()].sort();
    },
    has: (id) => sizes.has(id),
    takes,
    keep: (id, octets) =>
      Effect.gen(function* () {
        if (sizes.has(id)) return "known" as const;
        if (!takes(id.slice(0, 66))) return "full" as const;
        const isNew = yield* writeWhole(path(id), octets, {
          mode: 0o600,
          when: "new",
        });
        sizes.set(id, octets.length);
        return isNew ? "kept" as const : "known" as const;
      }),
    read: (id) =>
      sizes.has(id)
        ? readWhole(path(id), PAIR_OCTETS_MAX)
        : Effect.succeed(undefined),
  };
});

function readSize(folder: string, id: string) {
  return Effect.map(
    readWhole(`${folder}/${id}${END}`, PAIR_OCTETS_MAX),
    (octets) => octets?.length,
  );
}
