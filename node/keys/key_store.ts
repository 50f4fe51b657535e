/**
 * Named keys of a data directory; hands out signers, never keys.
 *
 *   keys/<name>.key   secret, mode 0600; sealed where a passphrase is given
 *   keys/<name>.pub   public keys of others, taken in with `importPublic`
 *
 * The node's neuron is the key `identity`. Without a passphrase a key lies in
 * the clear in its 0600 file, and every report says so (`sealed: false`). A
 * key file that others may read is refused.
 */
import { Effect } from "effect";
import {
  type Composite,
  type Entropy,
  equalOctets,
  fromUtf8,
  identityOf,
  identityText,
  MASTER_OCTETS,
  type Purpose,
  seedsFrom,
  type Signer,
  signerFor,
  utf8,
} from "../../kernel/crypto/mod.ts";
import type { StorageFailed } from "../../kernel/governance/refusals.ts";
import { must } from "../../kernel/limits.ts";
import {
  filesIn,
  fileWork,
  makeFolder,
  readWhole,
  writeWhole,
} from "../governance/durable_files.ts";
import {
  damaged,
  KEY_FILE_OCTETS_MAX,
  openSecret,
  type PublicKey,
  readPublic,
  readSecret,
  type Seal,
  type SecretFile,
  writePublic,
  writeSecret,
} from "./key_file.ts";
import { KeyRefused } from "./refusal.ts";

/** The name of the node's own key. */
export const IDENTITY_KEY = "identity";
const KEYS_MAX = 1000;
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
}

type Work<A> = Effect.Effect<A, KeyRefused | StorageFailed>;

export interface KeyStore {
  /** Makes a new key; refuses a name that is taken. */
  create(name: string): Work<KeyReport>;
  /**
   * Seals a key that lies in the clear with the store's passphrase. The key
   * stays the same; copies of its file made before stay in the clear.
   */
  seal(name: string): Work<KeyReport>;
  /** By name; secret keys and public ones. */
  readonly list: Work<readonly KeyReport[]>;
  /** A signer for these purposes only. */
  signer(name: string, purposes: readonly Purpose[]): Work<Signer>;
  /** The public key of a name, secret or taken in. */
  publicKey(name: string): Work<PublicKey>;
  /** The text of a public key file. */
  exportPublic(name: string): Work<string>;
  /** Takes in somebody's public key file, under a name of one's own. */
  importPublic(text: string, name?: string): Work<KeyReport>;
  /** The node's report of its own key; made where there is none. */
  readonly identity: Work<KeyReport & { readonly made: boolean }>;
}

/** Opens or makes the folder of keys. */
export const openKeyStore = Effect.fn("node.keys.open")(
  function* (options: KeyStoreOptions) {
    const folder = `${options.folder}/keys`;
    yield* makeFolder(folder);
    const rooms: Rooms = { ...options, folder };
    const store: KeyStore = {
      create: (name) => create(rooms, name),
      seal: (name) => seal(rooms, name),
      list: list(rooms),
      signer: (name, purposes) => signer(rooms, name, purposes),
      publicKey: (name) => publicKey(rooms, name),
      exportPublic: (name) => Effect.map(publicKey(rooms, name), writePublic),
      importPublic: (text, name) => importPublic(rooms, text, name),
      identity: identity(rooms),
    };
    return store;
  },
);

type Rooms = KeyStoreOptions;

const secretPath = (rooms: Rooms, name: string) =>
  `${rooms.folder}/${name}.key`;
const publicPath = (rooms: Rooms, name: string) =>
  `${rooms.folder}/${name}.pub`;

const checkName = Effect.fnUntraced(function* (name: string) {
  if (NAME.test(name) && name.length <= NAME_CHARS_MAX) return;
  return yield* new KeyRefused({
    rule: "name",
    place: JSON.stringify(name.slice(0, NAME_CHARS_MAX)),
    what: "it is not a key's name",
    fix: `use lower-case words joined by hyphens, at most ${NAME_CHARS_MAX}`,
  });
});

const create = Effect.fn("node.keys.create")(
  function* (rooms: Rooms, name: string) {
    yield* checkName(name);
    if ((yield* readPublicFile(rooms, name)) !== undefined) {
      return yield* taken(name);
    }
    const octets = yield* Effect.promise(() => grow(rooms, name));
    const made = yield* writeWhole(secretPath(rooms, name), octets.file, {
      mode: 0o600,
      when: "new",
    });
    if (!made) return yield* taken(name);
    const sealed = rooms.seal !== undefined;
    return { name, id: octets.id, secret: true, sealed };
  },
);

/** A fresh master, its bundle and its file. The master is wiped. */
async function grow(rooms: Rooms, name: string) {
  const master = rooms.entropy(MASTER_OCTETS).slice();
  const { bundle } = await rooms.composite.open(seedsFrom(master));
  const { entropy, seal } = rooms;
  const file = await writeSecret(name, bundle, master, entropy, seal);
  master.fill(0);
  return { file, id: identityText(identityOf(bundle)) };
}

const seal = Effect.fn("node.keys.seal")(
  function* (rooms: Rooms, name: string) {
    yield* checkName(name);
    const file = yield* readSecretFile(rooms, name);
    if (file === undefined) return yield* noSecret(rooms, name);
    const path = secretPath(rooms, name);
    const { seal } = rooms;
    if (seal === undefined || file.secret.by !== "nothing") {
      return yield* new KeyRefused({
        rule: seal === undefined ? "passphrase-needed" : "sealed",
        place: path,
        what: seal === undefined
          ? "there is no passphrase to seal it with"
          : "it is sealed already",
        fix: seal === undefined
          ? "name a file that holds one in KARYON_PASSPHRASE_FILE"
          : "there is nothing to do",
      });
    }
    const master = yield* openSecret(path, file);
    const { bundle } = file;
    const octets = yield* Effect.promise(() =>
      writeSecret(name, bundle, master, rooms.entropy, seal)
    );
    // What replaces the only copy of a key must give the same key.
    const written = yield* Effect.fromResult(readSecret(path, octets));
    const again = yield* openSecret(path, written, seal.passphrase);
    must(equalOctets(again, master), "a sealed key opens to the same master");
    master.fill(0);
    again.fill(0);
    yield* writeWhole(path, octets, { mode: 0o600, when: "replace" });
    return reportOf(written);
  },
);

function taken(name: string): KeyRefused {
  return new KeyRefused({
    rule: "exists",
    place: name,
    what: "there is a key of this name",
    fix: "choose another name; keys are never overwritten",
  });
}

const list = Effect.fn("node.keys.list")(function* (rooms: Rooms) {
  const reports: KeyReport[] = [];
  for (const name of yield* filesIn(rooms.folder, ".key")) {
    const file = yield* readSecretFile(rooms, name.slice(0, -4));
    if (file !== undefined) reports.push(reportOf(file));
  }
  for (const name of yield* filesIn(rooms.folder, ".pub")) {
    const key = yield* readPublicFile(rooms, name.slice(0, -4));
    if (key === undefined) continue;
    reports.push({ name: key.name, id: key.id, secret: false, sealed: false });
  }
  return reports.sort((a, b) => a.name < b.name ? -1 : 1).slice(0, KEYS_MAX);
});

function reportOf(file: SecretFile): KeyReport {
  return {
    name: file.name,
    id: identityText(identityOf(file.bundle)),
    secret: true,
    sealed: file.secret.by !== "nothing",
  };
}

const signer = Effect.fn("node.keys.signer")(
  function* (rooms: Rooms, name: string, purposes: readonly Purpose[]) {
    yield* checkName(name);
    const file = yield* readSecretFile(rooms, name);
    if (file === undefined) return yield* noSecret(rooms, name);
    const path = secretPath(rooms, name);
    const master = yield* openSecret(path, file, rooms.seal?.passphrase);
    const key = yield* Effect.promise(() =>
      rooms.composite.open(seedsFrom(master))
    );
    master.fill(0);
    if (!equalOctets(key.bundle, file.bundle)) {
      return yield* Effect.fromResult(
        damaged(path, "its secret does not grow its public key"),
      );
    }
    return signerFor(key, purposes);
  },
);

const noSecret = Effect.fnUntraced(function* (rooms: Rooms, name: string) {
  const known = yield* readPublicFile(rooms, name);
  if (known === undefined) return yield* missing(name);
  return yield* new KeyRefused({
    rule: "no-secret",
    place: name,
    what: "only its public key is here",
    fix: "sign where the key was made",
  });
});

function missing(name: string): KeyRefused {
  return new KeyRefused({
    rule: "missing",
    place: name,
    what: "there is no key of this name",
    fix: "list the keys, or make this one",
  });
}

const publicKey = Effect.fn("node.keys.public")(
  function* (rooms: Rooms, name: string) {
    yield* checkName(name);
    const file = yield* readSecretFile(rooms, name);
    if (file !== undefined) {
      const { id } = reportOf(file);
      const own: PublicKey = { name, id, bundle: file.bundle };
      return own;
    }
    return (yield* readPublicFile(rooms, name)) ?? (yield* missing(name));
  },
);

const importPublic = Effect.fn("node.keys.import")(
  function* (rooms: Rooms, text: string, as?: string) {
    const key = yield* Effect.fromResult(readPublic("the public key", text));
    const name = as ?? key.name;
    yield* checkName(name);
    if ((yield* readSecretFile(rooms, name)) !== undefined) {
      return yield* taken(name);
    }
    const octets = utf8(writePublic({ ...key, name }));
    const made = yield* writeWhole(publicPath(rooms, name), octets, {
      mode: 0o644,
      when: "new",
    });
    if (!made) return yield* taken(name);
    const report: KeyReport = {
      name,
      id: key.id,
      secret: false,
      sealed: false,
    };
    return report;
  },
);

const identity = Effect.fn("node.keys.identity")(function* (rooms: Rooms) {
  const file = yield* readSecretFile(rooms, IDENTITY_KEY);
  if (file !== undefined) return { ...reportOf(file), made: false };
  return { ...(yield* create(rooms, IDENTITY_KEY)), made: true };
});

const readSecretFile = Effect.fnUntraced(
  function* (rooms: Rooms, name: string) {
    const path = secretPath(rooms, name);
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

const readPublicFile = Effect.fnUntraced(
  function* (rooms: Rooms, name: string) {
    const path = publicPath(rooms, name);
    const octets = yield* readWhole(path, KEY_FILE_OCTETS_MAX);
    if (octets === undefined) return undefined;
    const key = yield* Effect.fromResult(readPublic(path, fromUtf8(octets)));
    if (key.name === name) return key;
    return yield* Effect.fromResult(damaged(path, `it is key ${key.name}'s`));
  },
);
