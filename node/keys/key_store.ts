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
  equalOctets,
  MASTER_OCTETS,
  type Purpose,
  type Signer,
  signerFor,
  utf8,
} from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";
import {
  filesIn,
  makeFolder,
  writeWhole,
} from "../governance/durable_files.ts";
import { avatar, derive, newPhrase } from "./avatar.ts";
import {
  damaged,
  openSecret,
  type PublicKey,
  readPublic,
  readSecret,
  seedsIn,
  writePublic,
  writeSecret,
} from "./key_file.ts";
import {
  checkName,
  keep,
  type KeyFolder,
  type KeyReport,
  type KeyStoreOptions,
  missing,
  noSecret,
  openKey,
  publicPath,
  readPublicFile,
  readSecretFile,
  reportOf,
  secretPath,
  taken,
  type Work,
} from "./key_folder.ts";
import { KeyRefused } from "./refusal.ts";

/** The name of the node's own key. */
export const IDENTITY_KEY = "identity";
const KEYS_MAX = 1000;

export interface KeyStore {
  /** Makes a new key; refuses a name that is taken. */
  create(name: string): Work<KeyReport>;
  /**
   * Seals a key that lies in the clear with the store's passphrase. The key
   * stays the same; copies of its file made before stay in the clear.
   */
  seal(name: string): Work<KeyReport>;
  /** 24 words for a new avatar; they are kept nowhere. */
  readonly newPhrase: Work<string>;
  /** The avatar of a phrase, new or come back; `name` is its label. */
  avatar(name: string, phrase: string): Work<KeyReport>;
  /** The key below an avatar's key, one label down; kept under `as`. */
  derive(parent: string, label: string, as?: string): Work<KeyReport>;
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
    const keys: KeyFolder = { ...options, folder };
    const store: KeyStore = {
      create: (name) => create(keys, name),
      seal: (name) => seal(keys, name),
      newPhrase: newPhrase(keys),
      avatar: (name, phrase) => avatar(keys, name, phrase),
      derive: (parent, label, as) => derive(keys, parent, label, as),
      list: list(keys),
      signer: (name, purposes) => signer(keys, name, purposes),
      publicKey: (name) => publicKey(keys, name),
      exportPublic: (name) => Effect.map(publicKey(keys, name), writePublic),
      importPublic: (text, name) => importPublic(keys, text, name),
      identity: identity(keys),
    };
    return store;
  },
);

const create = Effect.fn("node.keys.create")(
  function* (keys: KeyFolder, name: string) {
    const master = keys.entropy(MASTER_OCTETS).slice();
    return yield* keep(keys, { name }, master);
  },
);

const seal = Effect.fn("node.keys.seal")(
  function* (keys: KeyFolder, name: string) {
    yield* checkName(name);
    const file = yield* readSecretFile(keys, name);
    if (file === undefined) return yield* noSecret(keys, name);
    const path = secretPath(keys, name);
    const { seal } = keys;
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
    const secret = yield* openSecret(path, file);
    const octets = yield* Effect.promise(() =>
      writeSecret(file, secret, keys.entropy, seal)
    );
    // What replaces the only copy of a key must give the same key.
    const written = yield* Effect.fromResult(readSecret(path, octets));
    const again = yield* openSecret(path, written, seal.passphrase);
    must(equalOctets(again, secret), "a sealed key opens to the same secret");
    secret.fill(0);
    again.fill(0);
    yield* writeWhole(path, octets, { mode: 0o600, when: "replace" });
    return reportOf(written);
  },
);

const list = Effect.fn("node.keys.list")(function* (keys: KeyFolder) {
  const reports: KeyReport[] = [];
  for (const name of yield* filesIn(keys.folder, ".key")) {
    const file = yield* readSecretFile(keys, name.slice(0, -4));
    if (file !== undefined) reports.push(reportOf(file));
  }
  for (const name of yield* filesIn(keys.folder, ".pub")) {
    const key = yield* readPublicFile(keys, name.slice(0, -4));
    if (key === undefined) continue;
    reports.push({ name: key.name, id: key.id, secret: false, sealed: false });
  }
  return reports.sort((a, b) => a.name < b.name ? -1 : 1).slice(0, KEYS_MAX);
});

const signer = Effect.fn("node.keys.signer")(
  function* (keys: KeyFolder, name: string, purposes: readonly Purpose[]) {
    const { file, secret } = yield* openKey(keys, name);
    const key = yield* Effect.promise(() =>
      keys.composite.open(seedsIn(file, secret))
    );
    secret.fill(0);
    if (!equalOctets(key.bundle, file.bundle)) {
      return yield* Effect.fromResult(
        damaged(
          secretPath(keys, name),
          "its secret does not grow its public key",
        ),
      );
    }
    return signerFor(key, purposes);
  },
);

const publicKey = Effect.fn("node.keys.public")(
  function* (keys: KeyFolder, name: string) {
    yield* checkName(name);
    const file = yield* readSecretFile(keys, name);
    if (file !== undefined) {
      const { id } = reportOf(file);
      const own: PublicKey = { name, id, bundle: file.bundle };
      return own;
    }
    return (yield* readPublicFile(keys, name)) ?? (yield* missing(name));
  },
);

const importPublic = Effect.fn("node.keys.import")(
  function* (keys: KeyFolder, text: string, as?: string) {
    const key = yield* Effect.fromResult(readPublic("the public key", text));
    const name = as ?? key.name;
    yield* checkName(name);
    if ((yield* readSecretFile(keys, name)) !== undefined) {
      return yield* taken(name);
    }
    const octets = utf8(writePublic({ ...key, name }));
    const made = yield* writeWhole(publicPath(keys, name), octets, {
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

const identity = Effect.fn("node.keys.identity")(function* (keys: KeyFolder) {
  const file = yield* readSecretFile(keys, IDENTITY_KEY);
  if (file !== undefined) return { ...reportOf(file), made: false };
  return { ...(yield* create(keys, IDENTITY_KEY)), made: true };
});
