/** The `avatar` commands that need no node: statements, by the keys that are here. */
import { Clock, Effect, Result } from "effect";
import {
  identityText,
  networkIdentity,
  platformComposite,
  toHex,
} from "../../kernel/crypto/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import {
  drawUp,
  NotStated,
  readStatement,
  signersOf,
  signStatement,
  statedBy,
  verifyStatement,
} from "../avatars/mod.ts";
import type { AvatarCommands, AvatarFile } from "../cli/avatar_words.ts";
import type { KeyStore } from "../keys/mod.ts";
import { loadSystem } from "../local/system.ts";
import { withKeys } from "./keys.ts";

/** For nodes of the network that `systemFile` names. */
export function avatarCommands(systemFile: string): AvatarCommands {
  return {
    draw: (data, { avatar, neurons, after }) =>
      withKeys(data, (keys) =>
        Effect.gen(function* () {
          const { system } = yield* loadSystem(systemFile);
          const bundles: Uint8Array[] = [];
          for (const name of neurons) {
            bundles.push((yield* keys.publicKey(name)).bundle);
          }
          const before = after && (yield* stated(readStatement(after)));
          const octets = yield* stated(drawUp({
            network: networkIdentity(system.network),
            avatar: (yield* keys.publicKey(avatar)).bundle,
            neurons: bundles,
            timeMs: yield* Clock.currentTimeMillis,
            before,
          }));
          return yield* signed(keys, octets, []);
        })),
    sign: (data, octets, names) =>
      withKeys(data, (keys) => signed(keys, octets, names)),
    check: (data, octets) => withKeys(data, (keys) => described(keys, octets)),
  };
}

/** With the hands of these keys; of all that it names, where none is given. */
const signed = Effect.fnUntraced(function* (
  keys: KeyStore,
  octets: Uint8Array<ArrayBuffer> | Uint8Array,
  names: ReadonlyArray<string>,
) {
  const { body } = yield* stated(readStatement(octets));
  const wanted = new Set(signersOf(body).map(identityText));
  const here = (yield* keys.list).filter(({ id, secret }) =>
    secret && wanted.has(id)
  );
  const chosen = names.length > 0 ? names : here.map(({ name }) => name);
  if (chosen.length === 0 && names.length === 0) {
    // A statement is drawn up also where no key of it is.
    return yield* described(keys, octets);
  }
  let whole = new Uint8Array(octets);
  for (const name of chosen) {
    const signer = yield* keys.signer(name, ["avatar"]);
    whole = yield* signStatement(whole, signer).pipe(
      Effect.mapError(({ what }) =>
        new Refusal({
          kind: "invalid",
          message: `${name}: ${what}`,
          fix: "avatar check FILE shows whose hands it wants",
        })
      ),
    );
  }
  return yield* described(keys, whole);
});

const described = Effect.fnUntraced(function* (
  keys: KeyStore,
  octets: Uint8Array,
): Effect.fn.Return<AvatarFile, Refusal> {
  const statement = yield* stated(readStatement(octets));
  const composite = yield* Effect.promise(() => platformComposite());
  const verdict = yield* Effect.result(verifyStatement(composite, octets));
  const names = new Map(
    (yield* Effect.orElseSucceed(keys.list, () => [])).map((
      { id, name },
    ) => [id, name]),
  );
  return {
    octets: new Uint8Array(octets),
    stated: statedBy(statement),
    hands: signersOf(statement.body).map((id, i) => ({
      id: toHex(id),
      name: names.get(toHex(id)),
      signed: statement.hands[i]?.signature !== undefined,
    })),
    ...(Result.isFailure(verdict) ? { lacks: verdict.failure.message } : {}),
  };
});

function stated<A>(result: Result.Result<A, NotStated>): Answer<A> {
  return Effect.fromResult(result).pipe(
    Effect.mapError(({ message }) =>
      new Refusal({
        kind: "invalid",
        message: `no statement: ${message}`,
        fix: "avatar draw makes one",
      })
    ),
  );
}
