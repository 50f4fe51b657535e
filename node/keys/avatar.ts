/**
 * Avatars: one phrase on paper, and a tree of keys below it.
 *
 * An avatar is a person, a business or a project; below it stand neurons (its
 * devices and contexts), below those particles and invoices. Each is a key of
 * the store like any other. The phrase alone gives all of them back; the file of
 * a device's key gives that key and what lies below it, and nothing else.
 *
 * Deliberately absent: keeping the phrase, and a second passphrase of BIP-39.
 * That neurons are one avatar's is stated by `node/avatars`.
 */
import { Effect } from "effect";
import {
  below,
  decodeDescent,
  type Descent,
  descentFrom,
  encodeDescent,
  LEVELS,
} from "../../kernel/crypto/mod.ts";
import { checkName, keep, type KeyFolder, openKey } from "./key_folder.ts";
import { KeyRefused } from "./refusal.ts";
import { PHRASE_ENTROPY_OCTETS, phraseOf, seedOfPhrase } from "./phrase.ts";

/** 24 words. Whoever has them has the avatar; nobody keeps them here. */
export const newPhrase = (keys: KeyFolder) =>
  Effect.sync(() => {
    const entropy = keys.entropy(PHRASE_ENTROPY_OCTETS).slice();
    const phrase = phraseOf(entropy);
    entropy.fill(0);
    return phrase;
  });

/** The avatar of a phrase, new or come back; `name` is its label. */
export const avatar = Effect.fn("node.keys.avatar")(
  function* (keys: KeyFolder, name: string, phrase: string) {
    yield* checkName(name);
    const seed = yield* Effect.promise(() => seedOfPhrase(phrase));
    if (seed === undefined) {
      return yield* new KeyRefused({
        rule: "phrase",
        place: name,
        what: "these are not the words of a backup phrase, in their order",
        fix: "write the 24 English words as they were shown, with spaces",
      });
    }
    const root = descentFrom(seed);
    seed.fill(0);
    const own = below(root, 0, name);
    wipe(root);
    return yield* keepAt(keys, name, [name], own);
  },
);

export const derive = Effect.fn("node.keys.derive")(
  function* (keys: KeyFolder, parent: string, label: string, as?: string) {
    yield* checkName(label);
    const { file: { path }, secret } = yield* openKey(keys, parent);
    if (path === undefined || path.length === LEVELS.length) {
      secret.fill(0);
      return yield* new KeyRefused({
        rule: "path",
        place: parent,
        what: path === undefined
          ? "it stands on its own, not in an avatar's tree"
          : "it is an invoice's key, and nothing lies below one",
        fix: "name an avatar's key, or a key below one",
      });
    }
    const above = decodeDescent(secret);
    secret.fill(0);
    const place = below(above, path.length, label);
    wipe(above);
    return yield* keepAt(
      keys,
      as ?? `${parent}-${label}`,
      [...path, label],
      place,
    );
  },
);

const keepAt = (
  keys: KeyFolder,
  name: string,
  path: readonly string[],
  place: Descent,
) => {
  const secret = encodeDescent(place);
  wipe(place);
  return keep(keys, { name, path }, secret);
};

function wipe({ key, chainCode, branch }: Descent): void {
  for (const part of [key, chainCode, branch]) part.fill(0);
}
