/** The `keys` commands over the key store of a data directory. */
import { Effect } from "effect";
import { platformComposite } from "../../kernel/crypto/mod.ts";
import {
  type Action,
  ACTIONS,
  policyOf,
  renderPolicy,
} from "../../kernel/governance/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import type { KeyCommands } from "../cli/composition.ts";
import { didOf, type KeyStore } from "../keys/mod.ts";
import { layOut } from "../local/data_directory.ts";
import { openKeys, policyInForce } from "../local/identity.ts";
import { inWords } from "../local/refusals.ts";

export const keyCommands: KeyCommands = {
  list: (data) => withKeys(data, (keys) => keys.list),
  create: (data, name) => withKeys(data, (keys) => keys.create(name)),
  seal: (data, name) => withKeys(data, (keys) => keys.seal(name)),
  newPhrase: (data) => withKeys(data, (keys) => keys.newPhrase),
  avatar: (data, name, phrase) =>
    withKeys(data, (keys) => keys.avatar(name, phrase)),
  derive: (data, parent, label, as) =>
    withKeys(data, (keys) => keys.derive(parent, label, as)),
  did: (data, name) =>
    withKeys(
      data,
      (keys) => Effect.map(keys.publicKey(name), ({ bundle }) => didOf(bundle)),
    ),
  exportPublic: (data, name) =>
    withKeys(data, (keys) => keys.exportPublic(name)),
  importPublic: (data, text, name) =>
    withKeys(data, (keys) => keys.importPublic(text, name)),
  policy: (data) =>
    withKeys(data, (keys) =>
      Effect.gen(function* () {
        yield* keys.identity;
        const policy = yield* policyInForce(layOut(data), { keys });
        const named = new Map(
          (yield* keys.list).map(({ id, name }) => [id, name]),
        );
        return {
          threshold: policy.threshold,
          governors: [...policy.governors.keys()].map((id) => ({
            id,
            name: named.get(id),
            proposes: [...policy.proposers.get(id) ?? []],
          })),
          reports: policy.reports,
        };
      })),
  makePolicy: (data, request) =>
    withKeys(data, (keys) =>
      Effect.gen(function* () {
        const bundles: Uint8Array[] = [];
        const ids = new Map<string, string>();
        for (const name of request.governors) {
          const { id, bundle } = yield* keys.publicKey(name);
          bundles.push(bundle);
          ids.set(name, id);
        }
        const proposers = yield* proposersOf(request.proposers, ids);
        const conformers: string[] = [];
        for (const name of request.conformers ?? []) {
          conformers.push((yield* keys.publicKey(name)).id);
        }
        return renderPolicy(
          yield* Effect.fromResult(
            policyOf(
              bundles,
              request.threshold,
              proposers,
              conformers.length === 0
                ? undefined
                : { conformers, days: request.reportDays ?? 0 },
            ),
          ),
        );
      })),
};

/** `NAME` or `NAME=ACTION,…`, by identity. */
const proposersOf = Effect.fnUntraced(
  function* (words: ReadonlyArray<string>, ids: ReadonlyMap<string, string>) {
    if (words.length === 0) return undefined;
    const rights: Record<string, Action[]> = {};
    for (const word of words) {
      const [name = "", list] = word.split("=");
      const id = ids.get(name);
      const actions = list === undefined
        ? [...ACTIONS]
        : ACTIONS.filter((action) => list.split(",").includes(action));
      const known = list === undefined ||
        actions.length === list.split(",").length;
      if (id === undefined || !known) {
        return yield* new Refusal({
          kind: "invalid",
          message: id === undefined
            ? `${name} is not one of the governors`
            : `${list} are not actions`,
          fix: `name a governor, then = and some of ${ACTIONS.join(",")}`,
        });
      }
      rights[id] = actions;
    }
    return rights;
  },
);

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
