/** node/keys: the secret and the public file of a key. No scrypt is run. */
import { Effect, Result } from "effect";
import {
  DESCENT_OCTETS,
  identityOf,
  identityText,
  toBase64,
} from "../../../kernel/crypto/mod.ts";
import { Chance } from "../../../kernel/crypto/test_chance.ts";
import {
  openSecret,
  readPublic,
  readSecret,
  seedsIn,
  writePublic,
  writeSecret,
} from "../../../node/keys/key_file.ts";
import { KeyRefused } from "../../../node/keys/refusal.ts";
import {
  good,
  hold,
  isCanonical,
  isSettled,
  judged,
  octetsTarget,
  type Target,
  textTarget,
} from "../target.ts";

const PLACE = "a key file";
const BUNDLE_OCTETS = 1984;
const isRefused = (failure: unknown) => failure instanceof KeyRefused;

async function someSecrets(): Promise<Uint8Array[]> {
  const chance = new Chance(10);
  const { entropy } = chance;
  const bundle = chance.octets(BUNDLE_OCTETS);
  const own = await writeSecret(
    { name: "ada", bundle },
    chance.octets(32),
    entropy,
    undefined,
  );
  const path = ["ada", "phone"];
  const below = await writeSecret(
    { name: "ada-phone", bundle, path },
    chance.octets(DESCENT_OCTETS),
    entropy,
    undefined,
  );
  const json = JSON.parse(new TextDecoder().decode(own));
  const sealed = {
    ...json,
    secret: {
      by: "scrypt-aes-256-gcm",
      log2n: 14,
      salt: toBase64(chance.octets(16)),
      iv: toBase64(chance.octets(12)),
      octets: toBase64(chance.octets(48)),
    },
  };
  return [own, below, new TextEncoder().encode(JSON.stringify(sealed))];
}

/** The secret in the clear; nothing where it is sealed or refused. */
function opened(octets: Uint8Array): Uint8Array | undefined {
  const file = good(readSecret(PLACE, octets));
  const secret = Effect.runSync(Effect.result(openSecret(PLACE, file)));
  if (Result.isSuccess(secret)) return secret.success;
  hold(isRefused(secret.failure), "a refusal of no kind");
  return undefined;
}

export const KEYS: readonly Target[] = [
  octetsTarget({
    name: "secret-key",
    about: "the secret file of a key",
    form: "json",
    octetsMax: 16 * 1024,
    seeds: someSecrets,
    run: async (octets) => {
      const read = readSecret(PLACE, octets);
      const verdict = judged(read, isRefused);
      if (Result.isFailure(read)) return verdict;
      const secret = opened(octets);
      if (secret === undefined) return verdict;
      seedsIn(read.success, secret);
      const { entropy } = new Chance(1);
      const again = await writeSecret(read.success, secret, entropy, undefined);
      isCanonical(secret, opened(again) ?? new Uint8Array());
      return verdict;
    },
  }),
  textTarget({
    name: "public-key",
    about: "the public file of a key",
    octetsMax: 16 * 1024,
    seeds: () => {
      const bundle = new Chance(11).octets(BUNDLE_OCTETS);
      const id = identityText(identityOf(bundle));
      return [writePublic({ name: "ada", id, bundle })];
    },
    run: (text) =>
      judged(readPublic(PLACE, text), isRefused, (key) => {
        const written = writePublic(key);
        isSettled(written, writePublic(good(readPublic(PLACE, written))));
      }),
  }),
];
