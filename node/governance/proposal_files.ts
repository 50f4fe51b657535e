/**
 * Accepted proposals and their components as files of the data directory.
 *
 *   proposals/<id>.json      one record each, replaced whole
 *   components/<hash>.wasm   under the hash of its octets, never replaced
 */
import { Effect } from "effect";
import {
  COMPONENT_OCTETS_MAX,
  PROPOSALS_MAX,
} from "../../kernel/governance/limits.ts";
import type { ProposalStore } from "../../kernel/governance/record.ts";
import { StorageFailed } from "../../kernel/governance/refusals.ts";
import { filesIn, makeFolder, readWhole, writeWhole } from "./durable_files.ts";

const RECORD_OCTETS_MAX = 2 << 20;
const IDENTITY_TEXT = /^01[0-9a-f]{64}$/;

/** Opens or creates both folders below `folder`. */
export const openProposalFiles = Effect.fn("node.proposal_files")(
  function* (folder: string) {
    const proposals = `${folder}/proposals`;
    const components = `${folder}/components`;
    yield* makeFolder(proposals);
    yield* makeFolder(components);
    const store: ProposalStore = {
      all: readRecords(proposals),
      save: (id, octets) =>
        named(id, () =>
          Effect.asVoid(
            writeWhole(`${proposals}/${id}.json`, octets, {
              mode: 0o600,
              when: "replace",
            }),
          )),
      saveComponent: (hash, octets) =>
        named(hash, () =>
          Effect.asVoid(
            writeWhole(`${components}/${hash}.wasm`, octets, {
              mode: 0o600,
              when: "replace",
            }),
          )),
      component: (hash) =>
        named(
          hash,
          () => readWhole(`${components}/${hash}.wasm`, COMPONENT_OCTETS_MAX),
        ),
    };
    return store;
  },
);

/** A name that is not an identity never reaches the file system. */
function named<A>(
  name: string,
  work: () => Effect.Effect<A, StorageFailed>,
): Effect.Effect<A, StorageFailed> {
  if (IDENTITY_TEXT.test(name)) return work();
  const reason = "it is not an identity";
  return Effect.fail(new StorageFailed({ what: `naming ${name}`, reason }));
}

const readRecords = Effect.fnUntraced(function* (folder: string) {
  const names = yield* filesIn(folder, ".json");
  if (names.length > PROPOSALS_MAX) {
    return yield* new StorageFailed({
      what: `listing ${folder}`,
      reason: `${names.length} proposals, at most ${PROPOSALS_MAX} are kept`,
    });
  }
  const records: Uint8Array[] = [];
  for (const name of names) {
    const octets = yield* readWhole(`${folder}/${name}`, RECORD_OCTETS_MAX);
    if (octets !== undefined) records.push(octets);
  }
  return records;
});
