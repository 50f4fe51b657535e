/**
 * The folder of keys: which files there are, and how a key gets in and out.
 *
 * What the store's commands and the avatars share. A key is there whole or not
 * at all, and never gives way to another one; a file that others may read is
 * refused.
 */
import { Effect } from "effect";
import {
  type Composite,
  type Entropy,
  fromUtf8,
  identityOf,
  identityText,
} from "../../kernel/crypto/mod.ts";
import type { StorageFailed } from "../../kernel/governance/refusals.ts";
import {
  fileWork,
  readWhole,
  writeWhole,
} from "../governance/durable_files.ts";
import {
  damaged,
  KEY_FILE_OCTETS_MAX,
  openSecret,
  readPublic,
  readSecret,
  type Seal,
  type SecretFile,
  seedsIn,
  writeSecret,
} from "./key_file.ts";
import { KeyRefused } from "./refusal.ts";

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const NAME_CHARS_MAX = 64;

export interface KeyStoreOptions {
  /** The data directory; keys lie in its folder `keys`. */
  readonly folder: string;
  readonly composite: Composite;
  readonly entropy: Entropy;
  /** Seals new keys and opens sealed ones. */
  readonly seal?: Seal | undefined;
}

export interface KeyReport {
  readonly name: string;
  /** 66 digits: the neuron, or the governor. */
  readonly id: string;
  /** False for a public key of somebody else. */
  readonly secret: boolean;
  /** Whether a passphrase protects the secret. */
  readonly sealed: boolean;
  /** Its place in an avatar's tree: labels from the avatar down. */
  readonly path?: readonly string[] | undefined;
}

export type Work<A> = Effect.Effect<A, KeyRefused | StorageFailed>;

/** The store's options; `folder` is that of the keys itself. */
export type KeyFolder = KeyStoreOptions;

export const secretPath = (keys: KeyFolder, name: string) =>
  `${keys.folder}/${name}.key`;
export const publicPath = (keys: KeyFolder, name: string) =>
  `${keys.folder}/${name}.pub`;

export const checkName = Effect.fnUntraced(function* (name: string) {
  if (NAME.test(name) && name.length <= NAME_CHARS_MAX) return;
  return yield* new KeyRefused({
    rule: "name",
    place: JSON.stringify(name.slice(0, NAME_CHARS_MAX)),
    what: "it is not a key's name",
    fix: `use lower-case words joined by hyphens, at most ${NAME_CHARS_MAX}`,
  });
});

/** The opened secret of a key and its head; the caller wipes the secret. */
export const openKey = Effect.fnUntraced(
  function* (keys: KeyFolder, name: string) {
    yield* checkName(name);
    const file = yield* readSecretFile(keys, name);
    if (file === undefined) return yield* noSecret(keys, name);
    const path = secretPath(keys, name);
    return {
      file,
      secret: yield* openSecret(path, file, keys.seal?.passphrase),
    };
  },
);

/** A new key of this secret, in its file. The secret is wiped. */
export const keep = Effect.fn("node.keys.keep")(
  function* (
    keys: KeyFolder,
    { name, path }: Pick<SecretFile, "name" | "path">,
    secret: Uint8Array,
  ) {
    yield* checkName(name);
    if ((yield* readPublicFile(keys, name)) !== undefined) {
      return yield* taken(name);
    }
    const { composite, entropy, seal } = keys;
    const { bundle } = yield* Effect.promise(() =>
      composite.open(seedsIn({ path }, secret))
    );
    const head = { name, path, bundle };
    const octets = yield* Effect.promise(() =>
      writeSecret(head, secret, entropy, seal)
    );
    secret.fill(0);
    const made = yield* writeWhole(secretPath(keys, name), octets, {
      mode: 0o600,
      when: "new",
    });
    if (!made) return yield* taken(name);
    const id = identityText(identityOf(bundle));
    const sealed = seal !== undefined;
    const report: KeyReport = { name, id, secret: true, sealed, path };
    return report;
  },
);

export function taken(name: string): KeyRefused {
  return new KeyRefused({
    rule: "exists",
    place: name,
    what: "there is a key of this name",
    fix: "choose another name; keys are never overwritten",
  });
}

export function reportOf(file: SecretFile): KeyReport {
  return {
    name: file.name,
    id: identityText(identityOf(file.bundle)),
    secret: true,
    sealed: file.secret.by !== "nothing",
    path: file.path,
  };
}

export const noSecret = Effect.fnUntraced(
  function* (keys: KeyFolder, name: string) {
    const known = yield* readPublicFile(keys, name);
    if (known === undefined) return yield* missing(name);
    return yield* new KeyRefused({
      rule: "no-secret",
      place: name,
      what: "only its public key is here",
      fix: "sign where the key was made",
    });
  },
);

export function missing(name: string): KeyRefused {
  return new KeyRefused({
    rule: "missing",
    place: name,
    what: "there is no key of this name",
    fix: "list the keys, or make this one",
  });
}

export const readSecretFile = Effect.fnUntraced(
  function* (keys: KeyFolder, name: string) {
    const path = secretPath(keys, name);
    const octets = yield* readWhole(path, KEY_FILE_OCTETS_MAX);
    if (octets === undefined) return undefined;
    const { mode } = yield* fileWork(
      `looking at ${path}`,
      () => Deno.stat(path),
    );
    if (mode !== null && (mode & 0o077) !== 0) {
      return yield* new KeyRefused({
        rule: "exposed",
        place: path,
        what: "others than its owner may read or write it",
        fix: `chmod 600 ${path}, and think of the key as known`,
      });
    }
    const file = yield* Effect.fromResult(readSecret(path, octets));
    if (file.name === name) return file;
    return yield* Effect.fromResult(damaged(path, `it is key ${file.name}'s`));
  },
);

export const readPublicFile = Effect.fnUntraced(
  function* (keys: KeyFolder, name: string) {
    const path = publicPath(keys, name);
    const octets = yield* readWhole(path, KEY_FILE_OCTETS_MAX);
    if (octets === undefined) return undefined;
    const key = yield* Effect.fromResult(readPublic(path, fromUtf8(octets)));
    if (key.name === name) return key;
    return yield* Effect.fromResult(damaged(path, `it is key ${key.name}'s`));
  },
);
