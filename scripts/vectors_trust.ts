/**
 * Makes the golden vectors of signatures and proposals:
 * conformance/vectors/composite/*.json and conformance/vectors/governance/*.json.
 *
 *   deno run --allow-read=. --allow-write=conformance scripts/vectors_trust.ts
 *
 * Everything comes from fixed seeds and deterministic signatures, so a run
 * changes nothing unless an encoding changed; `vectors_test.ts` compares.
 */
import {
  identityOf,
  identityText,
  networkIdentity,
  nobleComposite,
  PURPOSES,
  seedsFrom,
  signerFor,
  toHex,
  utf8,
} from "../kernel/crypto/mod.ts";
import { Result } from "effect";
import {
  type Action,
  bundleOf,
  encodeBudget,
  encodeGrant,
  encodeHead,
  encodePolicy,
  encodeProposal,
  encodeRevoke,
  encodeWithdraw,
  type Proposal,
  renderBundle,
} from "../kernel/governance/mod.ts";
import { malformedProposals } from "./vectors_trust_malformed.ts";

const MASTER = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
const MESSAGE = utf8("one message, two halves");

const SWAP: Proposal = {
  action: "swap",
  downgrade: false,
  network: networkIdentity("vectors"),
  component: identityOf(utf8("a component")),
  manifest: undefined,
  replaces: identityOf(utf8("the component before")),
  activation: { at: "time", ms: 1_796_000_000_000n },
  expiryMs: 1_796_000_600_000n,
  nonce: Uint8Array.from({ length: 16 }, (_, index) => index),
  cell: "rank",
  argument: new Uint8Array(),
  note: "κάρυον: a faster rank",
};

const SET_POLICY: Proposal = {
  ...SWAP,
  action: "set-policy",
  component: undefined,
  replaces: undefined,
  activation: { at: "height", height: 4096n },
  cell: "",
  argument: utf8('{"threshold":2}'),
  note: "",
};

/** Takes the swap back while it waits. */
const WITHDRAW: Proposal = {
  ...SET_POLICY,
  action: "withdraw",
  activation: { at: "once" },
  argument: identityOf(octetsOf(SWAP)),
  note: "slower on large graphs",
};

const GRANT = { contract: "karyon:graph/reads@0.1.0", provider: "cell:graph" };

const RULE = {
  conformers: [`01${"0a".repeat(32)}`, `01${"0c".repeat(32)}`],
  days: 30,
};

/** Each argument beside what it means. */
function argumentVectors() {
  const budget = { class: "hard" as const, budgetMs: 4, stepMs: 900 };
  const rights = new Map<string, ReadonlySet<Action>>([
    [`01${"0a".repeat(32)}`, new Set<Action>(["swap", "set-policy"])],
    [`01${"f0".repeat(32)}`, new Set<Action>()],
  ]);
  const head = { records: 7n, hash: identityOf(MESSAGE).slice(1) };
  const hex = (octets: Result.Result<Uint8Array, Error>) =>
    toHex(Result.getOrThrow(octets));
  return {
    about: "Arguments of proposals and an audit head, octet by octet as " +
      "kernel/governance/ENCODING.md says, each with what it means.",
    set_budget: { argument: toHex(encodeBudget(budget)), means: budget },
    grant: { argument: hex(encodeGrant(GRANT)), means: GRANT },
    revoke: {
      argument: hex(encodeRevoke(GRANT.contract)),
      means: GRANT.contract,
    },
    set_policy: {
      argument: hex(encodePolicy({ threshold: 1, rights })),
      means: {
        threshold: 1,
        rights: [...rights].map(([id, actions]) => [id, [...actions]]),
      },
    },
    set_policy_with_reports: {
      argument: hex(encodePolicy({ threshold: 1, rights, reports: RULE })),
      means: RULE,
    },
    withdraw: {
      argument: hex(encodeWithdraw(identityText(identityOf(octetsOf(SWAP))))),
      means: identityText(identityOf(octetsOf(SWAP))),
    },
    audit_head: {
      octets: toHex(encodeHead(head)),
      records: Number(head.records),
      hash: toHex(head.hash),
    },
  };
}

/** The vectors' files by path below conformance/vectors, with their text. */
export async function trustVectors(): Promise<ReadonlyMap<string, string>> {
  const key = await nobleComposite().open(seedsFrom(MASTER));
  const signature = await key.sign(MESSAGE, utf8(PURPOSES.proposal));
  const composite = {
    about: "Composite ML-DSA-65 and Ed25519 signature, deterministic; seeds " +
      "are HKDF branches of the master (kernel/crypto/derivation.ts).",
    master: toHex(MASTER),
    mldsa65_seed: toHex(seedsFrom(MASTER).mldsa65),
    ed25519_seed: toHex(seedsFrom(MASTER).ed25519),
    bundle: toHex(key.bundle),
    message: toHex(MESSAGE),
    context: PURPOSES.proposal,
    signature: toHex(signature),
  };
  const signer = signerFor(key, ["proposal"]);
  const document = octetsOf(SWAP);
  const signed = bundleOf(document, [{
    governor: signer.id,
    signature: await signer.sign("proposal", document),
  }]);
  if (signed._tag === "Failure") throw signed.failure;
  const governance = {
    about: "Proposals, octet by octet as kernel/governance/ENCODING.md says. " +
      "`transport` is the JSON form of the swap, signed by `governor`.",
    governor: { master: toHex(MASTER), id: toHex(signer.id) },
    swap: { document: toHex(document), id: signed.success.id },
    set_policy: {
      document: toHex(octetsOf(SET_POLICY)),
      id: toHex(identityOf(octetsOf(SET_POLICY))),
    },
    withdraw: {
      document: toHex(octetsOf(WITHDRAW)),
      id: toHex(identityOf(octetsOf(WITHDRAW))),
    },
    transport: renderBundle(signed.success),
  };
  const malformed = {
    about: "Documents that a strict decoder refuses, each wrong in one way. " +
      "`offset` is where the field begins that breaks the rule.",
    documents: malformedProposals(
      document,
      octetsOf(SET_POLICY),
      octetsOf(WITHDRAW),
    ),
  };
  return new Map([
    ["composite/composite.json", render(composite)],
    ["governance/proposal.json", render(governance)],
    ["governance/arguments.json", render(argumentVectors())],
    ["governance/malformed.json", render(malformed)],
  ]);
}

function octetsOf(proposal: Proposal): Uint8Array {
  const encoded = encodeProposal(proposal);
  if (encoded._tag === "Failure") throw encoded.failure;
  return encoded.success;
}

function render(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

if (import.meta.main) {
  const folder = new URL("../conformance/vectors/", import.meta.url);
  for (const [name, text] of await trustVectors()) {
    await Deno.mkdir(new URL(".", new URL(name, folder)), { recursive: true });
    await Deno.writeTextFile(new URL(name, folder), text);
    console.log(`wrote conformance/vectors/${name}`);
  }
}
