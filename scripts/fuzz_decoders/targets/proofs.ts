/**
 * cells/graph/verify: what is accepted is what the octets recompute, or the truth.
 *
 * A proof is checked against the honest root: then what it says must be true. It
 * is also checked against the root of its own state, and with its tree's own root
 * put into that state, as a liar with a root of his own would do: then its
 * leaves must be those that another reader of the same octets finds.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { GraphModel } from "../../../cells/graph/model/graph_model.ts";
import { History } from "../../../cells/graph/model/history.ts";
import { StateModel } from "../../../cells/graph/model/state_model.ts";
import {
  identityOf,
  joined,
  networkOf,
} from "../../../cells/graph/testing/signals.ts";
import {
  type Part,
  partNode,
  type TestLeaf,
} from "../../../cells/graph/testing/trees.ts";
import {
  NotProven,
  type Proven,
  verifyProof,
  verifyState,
} from "../../../cells/graph/verify/mod.ts";
import { hold, octetsTarget, type Target, type Verdict } from "../target.ts";

const ID_OCTETS = 33;
const NODE_OCTETS = 98;
const STATE_AT = 72;
const ROOTS_AT = STATE_AT + 46;
const INDEXES = 6;
/** Deeper than the verifier goes. */
const DEPTH_MAX = 700;

function honestState(): StateModel {
  const model = new GraphModel(networkOf("fuzz"));
  const history = new History(77, model, 20);
  for (let i = 0; i < 5; i += 1) model.apply(history.good().entries);
  return new StateModel(model);
}

let honest: StateModel | undefined;

function accepted(proof: Uint8Array, root: Uint8Array): Proven | undefined {
  try {
    return verifyProof(proof, root);
  } catch (error) {
    if (error instanceof NotProven) return undefined;
    throw error;
  }
}

/** Where the state ends, and where the root of each index lies, if it is kept. */
function layout(proof: Uint8Array) {
  const places: (number | undefined)[] = [];
  let at = ROOTS_AT;
  for (let index = 0; index < INDEXES; index += 1) {
    const isKept = proof[at] === 1;
    at += 1;
    places.push(isKept ? at : undefined);
    if (isKept) at += NODE_OCTETS;
  }
  return { end: at, places };
}

/** The tree of a proof, read by another reader; nothing where it has none. */
function treeIn(octets: Uint8Array): Part | undefined {
  let at = 0;
  const take = (length: number): Uint8Array | undefined => {
    if (at + length > octets.length) return undefined;
    at += length;
    return octets.slice(at - length, at);
  };
  const node = (depth: number): Part | undefined => {
    const tag = take(1)?.[0];
    if (tag === 2) {
      const hidden = take(NODE_OCTETS);
      return hidden && { tag: "hidden", node: hidden };
    }
    if (tag === 0) {
      const namespace = take(ID_OCTETS);
      const length = take(2);
      const payload = take((length?.[0] ?? 0) + 256 * (length?.[1] ?? 0));
      return namespace && length && payload &&
        { tag: "leaf", leaf: { namespace, payload } };
    }
    if (tag !== 1 || depth > DEPTH_MAX) return undefined;
    const left = node(depth + 1);
    const right = left && node(depth + 1);
    return left && right && { tag: "inner", left, right };
  };
  const found = node(0);
  return at === octets.length ? found : undefined;
}

function shownIn(part: Part): TestLeaf[] {
  if (part.tag === "hidden") return [];
  if (part.tag === "leaf") return [part.leaf];
  return [...shownIn(part.left), ...shownIn(part.right)];
}

const leavesOf = (part: Part): string[] =>
  shownIn(part).map(({ namespace }) => namespace.toHex());

/** The leaves that a proof shows, by another reader. */
export function leavesIn(proof: Uint8Array): TestLeaf[] | undefined {
  const tree = treeIn(proof.slice(layout(proof).end));
  return tree && shownIn(tree);
}

export const rootOf = (proof: Uint8Array): Uint8Array =>
  identityOf(proof.slice(STATE_AT, layout(proof).end));

/** The proof with its own tree's root in its own state. */
export function selfMade(proof: Uint8Array): Uint8Array | undefined {
  const { end, places } = layout(proof);
  const place = places[proof[5] ?? INDEXES];
  const tree = treeIn(proof.slice(end));
  if (place === undefined || tree === undefined) return undefined;
  const copy = proof.slice();
  copy.set(partNode(tree, blake3), place);
  return copy;
}

/** What a liar proves of his own state is what stands there. */
function checkOwn(proof: Uint8Array, proven: Proven): void {
  const { end, places } = layout(proof);
  const names = proven.entries.map(({ namespace }) => namespace.toHex());
  if (proof[end] === 3) {
    hold(names.length === 0 && proof.length === end + 1, "leaves of nothing");
    return;
  }
  const tree = treeIn(proof.slice(end));
  hold(tree !== undefined, "it accepts a tree that nobody else can read");
  const place = places[proof[5] ?? INDEXES] ?? 0;
  const root = proof.slice(place, place + NODE_OCTETS);
  hold(
    partNode(tree, blake3).toHex() === root.toHex(),
    "it accepts another root",
  );
  hold(leavesOf(tree).join() === names.join(), "other leaves");
  const [first, last] = [proven.first.toHex(), proven.last.toHex()];
  hold(
    names.every((name) => first <= name && name <= last),
    "a leaf outside of the range",
  );
}

/** Against the honest root only what is true is accepted. */
function checkTrue(proof: Uint8Array, proven: Proven, state: StateModel): void {
  const { index, first, last } = proven;
  hold(
    index === "by-neuron" || index === "by-particle",
    `an index ${index} that is not kept`,
  );
  const wanted = state.proof(index, first, last);
  hold(wanted.toHex() === proof.toHex(), "a second proof of one range");
}

function run(proof: Uint8Array): Verdict {
  honest ??= honestState();
  const proven = accepted(proof, honest.root);
  if (proven !== undefined) checkTrue(proof, proven, honest);
  for (const own of [proof, selfMade(proof)]) {
    if (own === undefined) continue;
    const said = accepted(own, rootOf(own));
    if (said !== undefined) checkOwn(own, said);
  }
  return proven === undefined ? "refused" : "taken";
}

function someProofs(): Uint8Array[] {
  honest ??= honestState();
  const { byNeuron, byParticle } = honest;
  const there = byParticle.leaves[3]?.namespace ?? new Uint8Array(ID_OCTETS);
  const neuron = byNeuron.leaves[0]?.namespace ?? new Uint8Array(ID_OCTETS);
  const absent = there.slice();
  absent[32] = (absent[32] ?? 0) ^ 1;
  const all = [new Uint8Array(ID_OCTETS), new Uint8Array(ID_OCTETS).fill(255)];
  const [least, greatest] = [all[0] ?? there, all[1] ?? there];
  return [
    honest.proof("by-neuron", neuron, neuron),
    honest.proof("by-particle", there, there),
    honest.proof("by-particle", absent, absent),
    honest.proof("by-neuron", least, greatest),
    honest.proof("by-particle", least, there),
  ];
}

export const PROOFS: readonly Target[] = [
  octetsTarget({
    name: "proof",
    about: "proofs of the graph, for whoever checks them",
    seeds: someProofs,
    run,
  }),
  octetsTarget({
    name: "state",
    about: "the state that a root is the hash of",
    octetsMax: 4096,
    seeds: () => [(honest ??= honestState()).octets],
    run: (octets) => {
      try {
        const { roots, height } = verifyState(octets, identityOf(octets));
        hold(roots.size <= INDEXES && height >= 0n, "more than there may be");
        const again = joined([octets, Uint8Array.of(0)]);
        hold(
          accepted(again, identityOf(octets)) === undefined,
          "a state is a proof",
        );
        return "taken";
      } catch (error) {
        if (error instanceof NotProven) return "refused";
        throw error;
      }
    },
  }),
];
