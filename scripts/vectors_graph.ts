/**
 * Makes the golden vectors of signals: conformance/vectors/graph/*.json.
 *
 *   deno run --allow-read=. --allow-write=conformance scripts/vectors_graph.ts
 *
 * Everything comes from fixed seeds and deterministic signatures, so a run
 * changes nothing unless an encoding changed; `vectors_test.ts` compares.
 */
import {
  axonIdentity,
  composeBody,
  DEFAULT_TOKEN,
  DEFAULT_TOKEN_NAME,
  type DraftLink,
  encodeContents,
  encodeDraft,
  encodeEnvelope,
  NO_PREVIOUS,
  signalIdentity,
  signBody,
} from "../node/signals/mod.ts";
import {
  identityOf,
  networkIdentity,
  nobleComposite,
  seedsFrom,
  type Signer,
  signerFor,
  toHex,
  utf8,
} from "../kernel/crypto/mod.ts";
import { Effect } from "effect";
import { avatarVectors } from "./vectors_avatar.ts";
import { evidenceVectors, linkProofVectors } from "./vectors_proofs.ts";
import { malformedSignals } from "./vectors_graph_malformed.ts";
import { malformedOperations, operationVectors } from "./vectors_operations.ts";

const NETWORK = "vectors";
const MASTER = Uint8Array.from({ length: 32 }, (_, index) => index);
const OTHER_TOKEN_NAME = "vote";
const TEXTS = ["karyon", "nucleus", "κάρυον: a nut, a kernel"];
const TIME = 1_796_000_000_000n;

const [A, B, C] = TEXTS.map(utf8) as [Uint8Array, Uint8Array, Uint8Array];

const FIRST: readonly DraftLink[] = [
  { from: { content: A }, to: { content: B }, amount: 1n, valence: 0 },
  {
    from: { content: B },
    to: { identity: identityOf(C) },
    token: identityOf(utf8(OTHER_TOKEN_NAME)),
    amount: (1n << 48n) - 1n,
    valence: 1,
  },
  { from: { content: C }, to: { content: A }, amount: 7n, valence: -1 },
];

const SECOND: readonly DraftLink[] = [{
  from: { identity: axonIdentity(identityOf(A), identityOf(B)) },
  to: { content: new Uint8Array() },
  token: DEFAULT_TOKEN,
  amount: 0n,
  valence: 0,
}];

/** The vectors' files by name, each with its text. */
export async function graphVectors(): Promise<ReadonlyMap<string, string>> {
  const key = await nobleComposite().open(seedsFrom(MASTER));
  const signer = signerFor(key, ["signal"]);
  const one = await signed(signer, 0n, NO_PREVIOUS, TIME, FIRST, true);
  const two = await signed(signer, 1n, one.id, TIME + 250n, SECOND, false);
  const signal = {
    about: "Two signals of one neuron on an empty store. `body` is what " +
      "compose gives for `draft` at that step, `contents` what it gives " +
      "beside; the envelope of the first also carries the key bundle, last.",
    network: { name: NETWORK, id: toHex(networkIdentity(NETWORK)) },
    neuron: {
      master: toHex(MASTER),
      bundle: toHex(signer.bundle),
      id: toHex(signer.id),
    },
    ...identities(),
    signals: [one.json, two.json],
  };
  const place = { network: networkIdentity(NETWORK), neuron: signer.id };
  const malformed = {
    about: "Bodies that a strict decoder refuses, each wrong in one way. " +
      "`offset` is where the field begins that breaks the rule; a decoder of " +
      "another hand must refuse, and may find the fault at another place.",
    bodies: [
      ...malformedSignals(one.body, two.body),
      ...malformedOperations(place),
    ],
  };
  return new Map([
    ["signal.json", render(signal)],
    ["malformed.json", render(malformed)],
    ["operations.json", render(operationVectors(place))],
    ["avatar.json", render(await avatarVectors(NETWORK))],
    [
      "link_proofs.json",
      render(linkProofVectors(place.network, [one.body, two.body])),
    ],
    ["evidence.json", render(await evidenceVectors(NETWORK))],
  ]);
}

function identities() {
  const ids = [A, B, C].map(identityOf);
  return {
    tokens: [DEFAULT_TOKEN_NAME, OTHER_TOKEN_NAME].map((name) => ({
      name,
      id: toHex(identityOf(utf8(name))),
    })),
    particles: ["", ...TEXTS].map((text) => ({
      text,
      id: toHex(identityOf(utf8(text))),
    })),
    axons: [[0, 1], [1, 2], [2, 0]].map(([from, to]) => ({
      from: toHex(ids[from!]!),
      to: toHex(ids[to!]!),
      id: toHex(axonIdentity(ids[from!]!, ids[to!]!)),
    })),
  };
}

async function signed(
  signer: Signer,
  step: bigint,
  previous: Uint8Array,
  time: bigint,
  draft: readonly DraftLink[],
  withBundle: boolean,
) {
  const place = {
    network: networkIdentity(NETWORK),
    neuron: signer.id,
    step,
    previous,
    time,
  };
  const { body, contents } = composeBody(place, draft);
  const octets = await Effect.runPromise(signBody(signer, body));
  const carried = withBundle ? [...contents, signer.bundle] : contents;
  const id = signalIdentity(body);
  return {
    body,
    id,
    json: {
      step: Number(step),
      previous: toHex(previous),
      time: Number(time),
      draft: toHex(encodeDraft(draft)),
      body: toHex(body),
      contents: toHex(encodeContents(contents)),
      id: toHex(id),
      signature: toHex(octets.slice(body.length)),
      envelope: toHex(encodeEnvelope(octets, carried)),
    },
  };
}

function render(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

if (import.meta.main) {
  const folder = new URL("../conformance/vectors/graph/", import.meta.url);
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of await graphVectors()) {
    await Deno.writeTextFile(new URL(name, folder), text);
    console.log(`wrote conformance/vectors/graph/${name}`);
  }
}
