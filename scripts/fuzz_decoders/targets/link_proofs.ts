/**
 * cells/graph/verify: what is accepted of one link is the truth.
 *
 * Against the honest root only the one proof of a link and a place is accepted,
 * which a slow model makes. Against a root of the liar's own, what he proves
 * must be what another reader of the same octets finds: the leaf says `links`
 * exactly as the link and its neighbours come to.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { GraphModel } from "../../../cells/graph/model/graph_model.ts";
import { History } from "../../../cells/graph/model/history.ts";
import {
  linkOctets,
  linkProof,
  PLACES,
} from "../../../cells/graph/model/link_proof_model.ts";
import { StateModel } from "../../../cells/graph/model/state_model.ts";
import { joined, networkOf } from "../../../cells/graph/testing/signals.ts";
import {
  NotProven,
  type ProvenAlone,
  verifyLink,
} from "../../../cells/graph/verify/mod.ts";
import {
  fromHex,
  hold,
  octetsTarget,
  type Target,
  vectors,
  type Verdict,
} from "../target.ts";
import { leavesIn, rootOf, selfMade } from "./proofs.ts";

const LINK_AT = 6;
const LINK_OCTETS = 149;
const BEFORE_AT = LINK_AT + LINK_OCTETS;
const COUNT_AT = BEFORE_AT + 32;
const BEHIND_AT = COUNT_AT + 4;

interface Honest {
  readonly model: GraphModel;
  readonly state: StateModel;
  /** Links by their octets. */
  readonly links: ReadonlyMap<string, number>;
}

let honest: Honest | undefined;

function honestGraph(): Honest {
  const model = new GraphModel(networkOf("fuzz links"));
  const history = new History(78, model, 8);
  for (let i = 0; i < 4; i += 1) model.apply(history.good().entries);
  const links = new Map(
    model.links.map((link, i) => [linkOctets(link).toHex(), i]),
  );
  return { model, state: new StateModel(model), links };
}

function accepted(
  proof: Uint8Array,
  root: Uint8Array,
): ProvenAlone | undefined {
  try {
    return verifyLink(proof, root);
  } catch (error) {
    if (error instanceof NotProven) return undefined;
    throw error;
  }
}

/** Where the proof of the namespace begins; past the end where there is none. */
function restAt(proof: Uint8Array): number {
  if (proof.length < BEHIND_AT) return proof.length;
  const count = new DataView(proof.buffer, proof.byteOffset)
    .getUint32(COUNT_AT, true);
  return BEHIND_AT + 32 * count;
}

function checkTrue(
  proof: Uint8Array,
  { place }: ProvenAlone,
  { model, state, links }: Honest,
): void {
  const octets = proof.slice(LINK_AT, BEFORE_AT).toHex();
  const index = links.get(octets);
  hold(index !== undefined, "a link that is not in the record");
  // The same link may be there twice: then each has a proof.
  const truths = model.links.flatMap((link, i) =>
    linkOctets(link).toHex() === octets
      ? [linkProof(model, state, i, place).toHex()]
      : []
  );
  hold(truths.includes(proof.toHex()), "a second proof of one link");
}

/** What a liar proves of his own state is what stands there. */
function checkOwn(proof: Uint8Array, proven: ProvenAlone): void {
  const at = restAt(proof);
  let links = joined([
    proof.slice(BEFORE_AT, COUNT_AT),
    blake3(proof.slice(LINK_AT, BEFORE_AT)),
  ]);
  let digest = blake3(links);
  for (let i = BEHIND_AT; i < at; i += 32) {
    links = joined([digest, proof.slice(i, i + 32)]);
    digest = blake3(links);
  }
  const leaves = leavesIn(proof.slice(at));
  hold(leaves?.length === 1, "a proof of no leaf, or of several");
  const [leaf] = leaves;
  const field = PLACES.indexOf(proven.place);
  const namespace = proof.slice(
    LINK_AT + 33 * field,
    LINK_AT + 33 * field + 33,
  );
  hold(
    leaf?.namespace.toHex() === namespace.toHex(),
    "the leaf of another namespace",
  );
  hold(
    leaf.payload.slice(8, 40).toHex() === digest.toHex(),
    "other links than those of the leaf",
  );
  const view = new DataView(leaf.payload.buffer, leaf.payload.byteOffset);
  const count = view.getBigUint64(0, true);
  const behind = BigInt((at - BEHIND_AT) / 32);
  hold(
    proven.links === count && proven.position === count - 1n - behind &&
      behind < count,
    "another position",
  );
}

function run(proof: Uint8Array): Verdict {
  honest ??= honestGraph();
  const proven = accepted(proof, honest.state.root);
  if (proven !== undefined) checkTrue(proof, proven, honest);
  const at = restAt(proof);
  const rest = proof.slice(at);
  const whole = selfMade(rest);
  for (const own of [rest, whole]) {
    if (own === undefined || at > proof.length) continue;
    const lie = joined([proof.slice(0, at), own]);
    const said = accepted(lie, rootOf(own));
    if (said !== undefined) checkOwn(lie, said);
  }
  return proven === undefined ? "refused" : "taken";
}

export const LINK_PROOFS: readonly Target[] = [
  octetsTarget({
    name: "link-proof",
    about: "proofs of one link, for whoever checks them",
    seeds: () => {
      const { model, state } = honest ??= honestGraph();
      const links = [0, model.links.length >> 1, model.links.length - 1];
      return links.flatMap((link) =>
        PLACES.map((place) => linkProof(model, state, link, place))
      );
    },
    run,
  }),
  octetsTarget({
    name: "link-proof-golden",
    about: "the golden proofs of one link, changed, against their own root",
    seeds: () =>
      vectors("graph/link_proofs").proofs.map((
        { octets }: { readonly octets: string },
      ) => fromHex(octets)),
    run: (proof) => {
      golden ??= vectors("graph/link_proofs") as Golden;
      known ??= new Set(golden.proofs.map(({ octets }) => octets));
      const proven = accepted(proof, fromHex(golden.root));
      if (proven === undefined) return "refused";
      hold(known.has(proof.toHex()), "octets that nobody proved");
      return "taken";
    },
  }),
];

interface Golden {
  readonly root: string;
  readonly proofs: readonly { readonly octets: string }[];
}
let golden: Golden | undefined;
let known: ReadonlySet<string> | undefined;
