/**
 * The two files of a key: the secret one and the public one.
 *
 * Secret: the 32-octet master of a key of its own (`karyon-key-1`), or a place
 * in an avatar's tree with its path of labels (`karyon-key-2`). It lies in the
 * clear, or sealed with AES-256-GCM under scrypt of a passphrase; name, bundle,
 * path and scrypt's parameters are bound to the seal as associated data. Public
 * (`karyon-public-key-1`): name, identity and bundle. Both are decoded
 * strictly; a secret must grow the bundle that stands beside it.
 *
 * A secret never appears in a refusal, a log line or a report.
 */
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { Effect, Result, Schema } from "effect";
import {
  BUNDLE_OCTETS,
  type CompositeSeeds,
  decodeDescent,
  DESCENT_OCTETS,
  type Entropy,
  fromBase64,
  fromUtf8,
  identityOf,
  identityText,
  LEVELS,
  MASTER_OCTETS,
  seedsFrom,
  seedsOf,
  toBase64,
  utf8,
} from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";
import { KeyRefused } from "./refusal.ts";

export const KEY_FILE_OCTETS_MAX = 16_384;
export const PASSPHRASE_OCTETS_MAX = 1024;
const SALT_OCTETS = 16;
const IV_OCTETS = 12;
const TAG_OCTETS = 16;
/** scrypt's N as a power of two; 16 asks for 64 MiB and about 0.3 s. */
export const SCRYPT_LOG2N = 16;
const SCRYPT_LOG2N_MIN = 14;
const SCRYPT_LOG2N_MAX = 20;
const SCRYPT_R = 8;
const SCRYPT_P = 1;

const Sealed = Schema.Struct({
  by: Schema.Literal("scrypt-aes-256-gcm"),
  log2n: Schema.Int.check(
    Schema.isBetween({ minimum: SCRYPT_LOG2N_MIN, maximum: SCRYPT_LOG2N_MAX }),
  ),
  salt: Schema.String,
  iv: Schema.String,
  octets: Schema.String,
});
const Clear = Schema.Struct({
  by: Schema.Literal("nothing"),
  octets: Schema.String,
});
const SECRET_FIELDS = {
  name: Schema.String,
  bundle: Schema.String,
  secret: Schema.Union([Sealed, Clear]),
};
const SecretJson = Schema.fromJsonString(Schema.Union([
  Schema.Struct({ format: Schema.Literal("karyon-key-1"), ...SECRET_FIELDS }),
  Schema.Struct({
    format: Schema.Literal("karyon-key-2"),
    path: Schema.Array(Schema.String).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(LEVELS.length),
    ),
    ...SECRET_FIELDS,
  }),
]));
const PublicJson = Schema.fromJsonString(Schema.Struct({
  format: Schema.Literal("karyon-public-key-1"),
  name: Schema.String,
  id: Schema.String,
  bundle: Schema.String,
}));
const STRICT = { onExcessProperty: "error" } as const;
const decodeSecret = Schema.decodeUnknownResult(SecretJson, STRICT);
const decodePublic = Schema.decodeUnknownResult(PublicJson, STRICT);

/** Whose secret a file holds, and where in an avatar's tree it lies. */
export interface KeyHead {
  readonly name: string;
  readonly bundle: Uint8Array;
  /** Labels from the avatar down; absent where a key stands on its own. */
  readonly path?: readonly string[] | undefined;
}

export interface SecretFile extends KeyHead {
  readonly secret: typeof Sealed.Type | typeof Clear.Type;
}

export interface PublicKey {
  readonly name: string;
  /** 66 digits. */
  readonly id: string;
  readonly bundle: Uint8Array;
}

export interface Seal {
  readonly passphrase: Uint8Array;
  readonly log2n?: number;
}

/** The octets of a secret file; sealed where a passphrase is given. */
export async function writeSecret(
  head: KeyHead,
  octets: Uint8Array,
  entropy: Entropy,
  seal: Seal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  must(octets.length === secretLength(head), "a secret has its length");
  const secret = seal === undefined
    ? { by: "nothing" as const, octets: toBase64(octets) }
    : await sealSecret(head, octets, entropy, seal);
  const { name, path } = head;
  const json = {
    ...(path === undefined
      ? { format: "karyon-key-1" }
      : { format: "karyon-key-2", path }),
    name,
    bundle: toBase64(head.bundle),
    secret,
  };
  return utf8(JSON.stringify(json, null, 2) + "\n");
}

/** The seeds that a secret grows; the caller wipes the secret. */
export function seedsIn(
  { path }: Pick<KeyHead, "path">,
  secret: Uint8Array,
): CompositeSeeds {
  return path === undefined
    ? seedsFrom(secret)
    : seedsOf(decodeDescent(secret));
}

const secretLength = ({ path }: Pick<KeyHead, "path">) =>
  path === undefined ? MASTER_OCTETS : DESCENT_OCTETS;

export function readSecret(
  place: string,
  octets: Uint8Array,
): Result.Result<SecretFile, KeyRefused> {
  const decoded = decodeSecret(fromUtf8(octets));
  if (Result.isFailure(decoded)) return damaged(place, "not a key file");
  const bundle = fromBase64(decoded.success.bundle);
  if (bundle?.length !== BUNDLE_OCTETS) return damaged(place, "no key bundle");
  const { name, secret } = decoded.success;
  const path = "path" in decoded.success ? decoded.success.path : undefined;
  return Result.succeed({ name, bundle, secret, path });
}

/** The secret of a file; the caller owns it and should wipe it. */
export const openSecret = Effect.fnUntraced(
  function* (place: string, file: SecretFile, passphrase?: Uint8Array) {
    const { secret } = file;
    if (secret.by === "nothing") {
      const clear = fromBase64(secret.octets);
      if (clear?.length === secretLength(file)) return clear;
      return yield* Effect.fromResult(damaged(place, "no secret in it"));
    }
    const salt = fromBase64(secret.salt);
    const iv = fromBase64(secret.iv);
    const octets = fromBase64(secret.octets);
    if (
      salt?.length !== SALT_OCTETS || iv?.length !== IV_OCTETS ||
      octets?.length !== secretLength(file) + TAG_OCTETS
    ) return yield* Effect.fromResult(damaged(place, "the seal is not whole"));
    if (passphrase === undefined) {
      return yield* new KeyRefused({
        rule: "passphrase-needed",
        place,
        what: "the key is sealed with a passphrase",
        fix: "name a file that holds it in KARYON_PASSPHRASE_FILE",
      });
    }
    const bound = boundTo(file, secret.log2n, salt);
    const opened = yield* Effect.promise(async () => {
      const key = await sealingKey(passphrase, salt, secret.log2n, "decrypt");
      return await openSealed(key, iv, bound, octets);
    });
    if (opened !== undefined) return opened;
    return yield* new KeyRefused({
      rule: "passphrase-wrong",
      place,
      what: "the passphrase does not open it, or the file was changed",
      fix: "check the passphrase, or restore the file from a copy",
    });
  },
);

export function writePublic(key: PublicKey): string {
  const { name, id, bundle } = key;
  const json = {
    format: "karyon-public-key-1",
    name,
    id,
    bundle: toBase64(bundle),
  };
  return JSON.stringify(json, null, 2) + "\n";
}

export function readPublic(
  place: string,
  text: string | undefined,
): Result.Result<PublicKey, KeyRefused> {
  const decoded = decodePublic(text);
  if (Result.isFailure(decoded)) return damaged(place, "not a public key file");
  const { name, id } = decoded.success;
  const bundle = fromBase64(decoded.success.bundle);
  if (bundle?.length !== BUNDLE_OCTETS) return damaged(place, "no key bundle");
  if (identityText(identityOf(bundle)) !== id) {
    return damaged(place, "the identity is not the bundle's");
  }
  return Result.succeed({ name, id, bundle });
}

export function damaged(
  place: string,
  what: string,
): Result.Result<never, KeyRefused> {
  const fix = "restore it from a copy, or have it exported again";
  return Result.fail(new KeyRefused({ rule: "damaged", place, what, fix }));
}

async function sealSecret(
  head: KeyHead,
  plain: Uint8Array,
  entropy: Entropy,
  seal: Seal,
): Promise<typeof Sealed.Type> {
  const log2n = seal.log2n ?? SCRYPT_LOG2N;
  must(log2n >= SCRYPT_LOG2N_MIN && log2n <= SCRYPT_LOG2N_MAX, "scrypt's N");
  const salt = entropy(SALT_OCTETS).slice();
  const iv = entropy(IV_OCTETS).slice();
  const key = await sealingKey(seal.passphrase, salt, log2n, "encrypt");
  const octets = await crypto.subtle.encrypt(
    {
      name: "AES-GCM",
      iv,
      additionalData: boundTo(head, log2n, salt),
    },
    key,
    plain.slice(),
  );
  return {
    by: "scrypt-aes-256-gcm",
    log2n,
    salt: toBase64(salt),
    iv: toBase64(iv),
    octets: toBase64(new Uint8Array(octets)),
  };
}

/** What the seal covers beside the secret. */
function boundTo(
  { name, bundle, path }: KeyHead,
  log2n: number,
  salt: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const id = identityText(identityOf(bundle));
  const lines = path === undefined
    ? ["karyon-key-1", name, id]
    : ["karyon-key-2", name, id, path.join("/")];
  return utf8([...lines, log2n, toBase64(salt)].join("\n"));
}

async function sealingKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  log2n: number,
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const octets = await scryptAsync(passphrase, salt, {
    N: 2 ** log2n,
    r: SCRYPT_R,
    p: SCRYPT_P,
    dkLen: 32,
    maxmem: 2 ** log2n * SCRYPT_R * 128 + (1 << 20),
  });
  const key = octets.slice();
  return await crypto.subtle.importKey("raw", key, "AES-GCM", false, [usage]);
}

async function openSealed(
  key: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  octets: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(
        { name: "AES-GCM", iv, additionalData },
        key,
        octets,
      ),
    );
  } catch (error) {
    const refused = error instanceof DOMException &&
      error.name === "OperationError";
    if (refused) return undefined;
    throw error;
  }
}
