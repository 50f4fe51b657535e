/**
 * Golden vectors of link proofs and of evidence, for `vectors_graph.ts`.
 *
 * Proofs come from the slow model, so that the cell and the verifier are both
 * held to octets that neither of them made.
 */
import { Effect, Result } from "effect";
import { GraphModel } from "../cells/graph/model/graph_model.ts";
import { linkProof, PLACES } from "../cells/graph/model/link_proof_model.ts";
import { StateModel } from "../cells/graph/model/state_model.ts";
import { encodePair, evidenceId } from "../node/evidence/mod.ts";
import {
  composeBody,
  decodeBody,
  type DraftLink,
  NO_PREVIOUS,
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

/** A change of octets: `put` at `at`, or nothing from `at` on. */
interface Edit {
  readonly name: string;
  readonly at: number;
  readonly put?: string;
  readonly cut?: true;
}

/** Proofs of the links of these bodies, on an empty store. */
export function linkProofVectors(
  network: Uint8Array,
  bodies: readonly Uint8Array[],
) {
  const model = new GraphModel(network);
  for (const octets of bodies) {
    const { tokens, links, ...body } = Result.getOrThrow(decodeBody(octets));
    const signal = {
      network: body.network,
      neuron: body.neuron,
      step: body.step,
      previous: body.previous,
      time: body.time,
      links: links.map((link) => ({
        ...link,
        token: tokens[link.token] ?? new Uint8Array(),
      })),
    };
    model.apply([{ signal, contents: [] }]);
  }
  const state = new StateModel(model);
  const proofs = model.links.flatMap((_, link) =>
    PLACES.map((place) => ({
      link,
      place,
      octets: linkProof(model, state, link, place),
    }))
  );
  const [first] = proofs;
  return {
    about: "Proofs of every link of signal.json's signals, in each of its " +
      "places, about the state behind them with this root. `refused` are " +
      "changes of the first one's octets: `put` at `at`, or all left away from " +
      "`at` on; a verifier refuses each of them against the root.",
    height: model.height,
    root: toHex(state.root),
    proofs: proofs.map((one) => ({ ...one, octets: toHex(one.octets) })),
    refused: proofEdits(first?.octets ?? new Uint8Array()),
  };
}

/** The first link of its neuron, with three behind it. */
function proofEdits(octets: Uint8Array): readonly Edit[] {
  const flip = (name: string, at: number): Edit => ({
    name,
    at,
    put: toHex(Uint8Array.of((octets[at] ?? 0) ^ 1)),
  });
  const behind = 191;
  const proof = behind + 3 * 32;
  const state = proof + 72;
  const tree = state + 248;
  const hash = (i: number) =>
    toHex(octets.slice(behind + 32 * i, behind + 32 * (i + 1)));
  return [
    flip("magic", 0),
    flip("version", 4),
    { name: "place_of_from", at: 5, put: "01" },
    { name: "place_unknown", at: 5, put: "03" },
    flip("neuron", 6 + 20),
    flip("from", 6 + 33 + 20),
    flip("to", 6 + 66 + 20),
    flip("token", 6 + 99 + 20),
    flip("amount", 6 + 132),
    flip("valence", 6 + 140),
    flip("height", 6 + 141),
    flip("links_before", 155),
    { name: "one_less_behind", at: 187, put: "02" },
    { name: "one_more_behind", at: 187, put: "04" },
    { name: "four_milliards_behind", at: 187, put: "ffffffff" },
    flip("hash_behind", behind + 40),
    { name: "hashes_exchanged", at: behind, put: `${hash(1)}${hash(0)}` },
    flip("magic_of_the_proof", proof),
    flip("version_of_the_proof", proof + 4),
    { name: "another_index", at: proof + 5, put: "01" },
    flip("first_namespace", proof + 6 + 32),
    flip("last_namespace", proof + 39 + 32),
    flip("network", state + 6),
    flip("state_height", state + 38),
    flip("root_of_by_neuron", state + 47 + 70),
    flip("tag_of_the_tree", tree),
    flip("leaf", tree + 60),
    { name: "cut", at: octets.length - 1, cut: true },
    { name: "cut_in_the_link", at: 100, cut: true },
    { name: "cut_behind", at: behind + 33, cut: true },
    { name: "octet_after_end", at: octets.length, put: "00" },
  ];
}

const TIME = 1_796_000_300_000n;

/** Signals that were signed for one step, and for others. */
export async function evidenceVectors(network: string) {
  const composite = nobleComposite();
  const signers: Signer[] = [];
  for (const octet of [0xb0, 0xb1]) {
    const seeds = seedsFrom(new Uint8Array(32).fill(octet));
    signers.push(signerFor(await composite.open(seeds), ["signal"]));
  }
  const [twice, other] = signers as [Signer, Signer];
  const make = async (
    signer: Signer,
    to: string,
    change: { step?: bigint; network?: string } = {},
  ) => {
    const draft: DraftLink = {
      from: { content: utf8("said") },
      to: { content: utf8(to) },
      amount: 1n,
      valence: 1,
    };
    const step = change.step ?? 0n;
    const { body } = composeBody({
      network: networkIdentity(change.network ?? network),
      neuron: signer.id,
      step,
      previous: step === 0n ? NO_PREVIOUS : identityOf(utf8("before")),
      time: TIME,
    }, [draft]);
    return {
      id: identityOf(body),
      octets: await Effect.runPromise(signBody(signer, body)),
    };
  };
  const said = [await make(twice, "yes"), await make(twice, "no")];
  said.sort((a, b) => toHex(a.id) < toHex(b.id) ? -1 : 1);
  const [low, high] = said as [typeof said[0], typeof said[0]];
  const bodyOctets = high.octets.length - 3373;
  const forged = new Uint8Array(high.octets);
  forged.set(low.octets.subarray(low.octets.length - 3373), bodyOctets);
  const signals = [
    { about: "the lower one of step 0", octets: low.octets },
    { about: "the higher one of step 0", octets: high.octets },
    {
      about: "of step 1",
      octets: (await make(twice, "no", { step: 1n })).octets,
    },
    {
      about: "of another network",
      octets: (await make(twice, "no", { network: "other" })).octets,
    },
    { about: "of another neuron", octets: (await make(other, "no")).octets },
    { about: "the higher one with the lower one's signature", octets: forged },
  ];
  const pair = encodePair(twice.bundle, low.octets, high.octets);
  return {
    about: "Two signals that one neuron signed for one step. `pair` is the " +
      "evidence; `nothing` are pairs of these signals and bundles that show " +
      "nothing, with what they are refused for; `malformed` are changes of the " +
      "pair's octets, which show nothing either.",
    id: evidenceId(twice.id, 0n),
    neuron: toHex(twice.id),
    step: 0,
    bundles: [toHex(twice.bundle), toHex(other.bundle)],
    signals: signals.map(({ about, octets }) => ({
      about,
      octets: toHex(octets),
    })),
    ids: [toHex(low.id), toHex(high.id)],
    pair: toHex(pair),
    nothing: [
      { bundle: 0, first: 1, second: 0, why: "not in their order" },
      { bundle: 0, first: 0, second: 0, why: "the same signal" },
      { bundle: 0, first: 0, second: 2, why: "no contradiction" },
      { bundle: 0, first: 0, second: 3, why: "two networks" },
      { bundle: 0, first: 0, second: 4, why: "two neurons" },
      { bundle: 1, first: 0, second: 1, why: "not the neuron's" },
      { bundle: 0, first: 0, second: 5, why: "second signal is not signed" },
    ],
    malformed: pairEdits(pair, low.octets.length),
  };
}

function pairEdits(pair: Uint8Array, first: number): readonly Edit[] {
  const lengthAt = 5 + 1984;
  const second = lengthAt + 4 + first;
  const length = (octets: number) => {
    const four = new Uint8Array(4);
    new DataView(four.buffer).setUint32(0, octets, true);
    return toHex(four);
  };
  return [
    { name: "empty", at: 0, cut: true },
    { name: "magic_unknown", at: 0, put: "6b" },
    { name: "version_unknown", at: 4, put: "02" },
    { name: "bundle_cut", at: 1000, cut: true },
    { name: "first_length_one_less", at: lengthAt, put: length(first - 1) },
    { name: "first_length_one_more", at: lengthAt, put: length(first + 1) },
    { name: "first_length_above_the_limit", at: lengthAt, put: "ffffffff" },
    { name: "first_signal_of_another_magic", at: lengthAt + 4, put: "6b" },
    { name: "second_signal_of_another_magic", at: second + 4, put: "6b" },
    { name: "second_missing", at: second, cut: true },
    { name: "cut", at: pair.length - 1, cut: true },
    { name: "octet_after_end", at: pair.length, put: "00" },
  ];
}
