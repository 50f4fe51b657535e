/** The node's own key, and who governs it. */
import { Effect } from "effect";
import type { Composite, Signer } from "../../kernel/crypto/mod.ts";
import {
  parsePolicy,
  type Policy,
  policyIn,
  policyOf,
  readProposals,
  renderPolicy,
} from "../../kernel/governance/mod.ts";
import { readWhole, writeWhole } from "../governance/durable_files.ts";
import { openProposalFiles } from "../governance/mod.ts";
import {
  IDENTITY_KEY,
  type KeyStore,
  openKeyStore,
  PASSPHRASE_FILE_VARIABLE,
  readPassphrase,
} from "../keys/mod.ts";
import { Refusal } from "../api.ts";
import type { DataDirectory } from "./data_directory.ts";
import { damaged, inWords } from "./refusals.ts";

const POLICY_OCTETS_MAX = 2 ** 20;
const RESTORE_POLICY =
  "restore policy.json from a copy; without the file the " +
  "node's own key alone governs";

/** The node's keys, opened. */
export interface Identity {
  readonly keys: KeyStore;
  /** Signs signals as the node's neuron. */
  readonly signer: Signer;
  /** The neuron, as text. */
  readonly neuron: string;
  /** True if this opening made the key. */
  readonly made: boolean;
}

/** The policy of now: `policy.json`, and every executed `set-policy`. */
export const policyInForce = Effect.fn("node.policy_in_force")(
  function* (directory: DataDirectory, identity: Pick<Identity, "keys">) {
    const base = yield* loadPolicy(directory, identity);
    const store = yield* openProposalFiles(directory.path);
    return yield* policyIn(store, yield* readProposals(store), base);
  },
  Effect.mapError(inWords),
);

/** Opens the key store and makes the node's key where there is none. */
export const loadIdentity = Effect.fn("node.identity")(
  function* (directory: DataDirectory, composite: Composite) {
    const keys = yield* openKeys(directory.path, composite);
    const report = yield* keys.identity;
    const signer = yield* keys.signer(IDENTITY_KEY, ["signal"]);
    const identity: Identity = {
      keys,
      signer,
      neuron: report.id,
      made: report.made,
    };
    return identity;
  },
  Effect.mapError(inWords),
);

/** The keys of a data directory, sealed by the passphrase file if one is named. */
export const openKeys = Effect.fnUntraced(
  function* (folder: string, composite: Composite) {
    const passphrase = yield* readPassphrase(
      Deno.env.get(PASSPHRASE_FILE_VARIABLE),
    );
    return yield* openKeyStore({
      folder,
      composite,
      entropy: (length) => crypto.getRandomValues(new Uint8Array(length)),
      seal: passphrase === undefined ? undefined : { passphrase },
    });
  },
);

/**
 * The policy of `policy.json`, which a `set-policy` follows on. Where there is none, one is written: the node's
 * own key alone governs.
 */
export const loadPolicy = Effect.fn("node.policy")(
  function* (directory: DataDirectory, { keys }: Pick<Identity, "keys">) {
    const path = directory.policy;
    const octets = yield* readWhole(path, POLICY_OCTETS_MAX).pipe(
      Effect.mapError(damaged(RESTORE_POLICY)),
    );
    if (octets !== undefined) {
      return yield* Effect.fromResult(
        parsePolicy(new TextDecoder().decode(octets)),
      ).pipe(
        Effect.mapError(({ message }) =>
          new Refusal({
            kind: "failed",
            message: `${path}: ${message}`,
            fix: RESTORE_POLICY,
          })
        ),
      );
    }
    const own = yield* keys.publicKey(IDENTITY_KEY);
    const policy: Policy = yield* Effect.fromResult(policyOf([own.bundle], 1));
    yield* writeWhole(path, new TextEncoder().encode(renderPolicy(policy)), {
      mode: 0o600,
      when: "new",
    });
    return policy;
  },
  Effect.mapError(inWords),
);
