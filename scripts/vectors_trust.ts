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
  networkIdentity,
  nobleComposite,
  PURPOSES,
  seedsFrom,
  signerFor,
  toHex,
  utf8,
} from "../kernel/crypto/mod.ts";
import {
  bundleOf,
  encodeProposal,
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
    transport: renderBundle(signed.success),
  };
  const malformed = {
    about: "Documents that a strict decoder refuses, each wrong in one way. " +
      "`offset` is where the field begins that breaks the rule.",
    documents: malformedProposals(document, octetsOf(SET_POLICY)),
  };
  return new Map([
    ["composite/composite.json", render(composite)],
    ["governance/proposal.json", render(governance)],
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
