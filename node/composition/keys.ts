/** The `keys` commands over the key store of a data directory. */
import { Effect } from "effect";
import { platformComposite } from "../../kernel/crypto/mod.ts";
import type { Answer } from "../api.ts";
import type { KeyCommands } from "../cli/composition.ts";
import type { KeyStore } from "../keys/mod.ts";
import { layOut } from "../local/data_directory.ts";
import { loadPolicy, openKeys } from "../local/identity.ts";
import { inWords } from "../local/refusals.ts";

export const keyCommands: KeyCommands = {
  list: (data) => withKeys(data, (keys) => keys.list),
  create: (data, name) => withKeys(data, (keys) => keys.create(name)),
  exportPublic: (data, name) =>
    withKeys(data, (keys) => keys.exportPublic(name)),
  importPublic: (data, text, name) =>
    withKeys(data, (keys) => keys.importPublic(text, name)),
  policy: (data) =>
    withKeys(data, (keys) =>
      Effect.gen(function* () {
        yield* keys.identity;
        const policy = yield* loadPolicy(layOut(data), { keys });
        const named = new Map(
          (yield* keys.list).map(({ id, name }) => [id, name]),
        );
        return {
          threshold: policy.threshold,
          governors: [...policy.governors.keys()].map((id) => ({
            id,
            name: named.get(id),
          })),
          proposers: [...policy.proposers],
        };
      })),
};

/** Opens the key store of `data` for one piece of work. */
export function withKeys<A>(
  data: string,
  work: (keys: KeyStore) => Effect.Effect<A, { readonly message: string }>,
): Answer<A> {
  return Effect.gen(function* () {
    const composite = yield* Effect.promise(() => platformComposite());
    return yield* work(yield* openKeys(data, composite));
  }).pipe(Effect.mapError(inWords));
}
