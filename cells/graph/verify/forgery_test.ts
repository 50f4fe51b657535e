/**
 * Forgeries of proofs, all of them where trees are small.
 *
 * A prover who keeps to the digests can only choose what to show and what to
 * hide. For every small tree, every range and every such choice: accepted is
 * the honest one alone. Labels of hidden nodes are lied about as well; and in
 * proofs of every index of a state, each octet is changed.
 */
import assert from "node:assert/strict";
import { sha256 } from "@noble/hashes/sha2.js";
import { seeded } from "../../../conformance/sim/block_device.ts";
import { AccountHistory } from "../model/account_history.ts";
import { GraphModel } from "../model/graph_model.ts";
import { INDEXES, StateModel } from "../model/state_model.ts";
import { joined, networkOf } from "../testing/signals.ts";
import {
  encoded,
  honest,
  nodeOf,
  type Part,
  type TestLeaf,
  type TestTree,
} from "../testing/trees.ts";
import { NotProven, verifyProof } from "./mod.ts";
import { Reader } from "./octets.ts";
import { provenLeaves, readNode, type TreeKind } from "./tree.ts";

const KIND: TreeKind = { hash: sha256, digestOctets: 32, namespaceOctets: 1 };
const LEAVES_MAX = 4;
/** Leaves have odd namespaces, so a range may also lie between and beside. */
const NAMES = [1, 3, 5];
const ENDS = [0, 1, 2, 3, 4, 5, 6];

/** Every sorted list of so many names: the same one may be there often. */
function lists(count: number, least = 0): number[][] {
  if (count === 0) return [[]];
  return NAMES.slice(least).flatMap((name, i) =>
    lists(count - 1, least + i).map((rest) => [name, ...rest])
  );
}

/** Every tree over the leaves, in their order. */
function trees(leaves: readonly TestLeaf[]): TestTree[] {
  if (leaves.length === 1) return [{ leaf: leaves[0]! }];
  return leaves.slice(1).flatMap((_, i) =>
    trees(leaves.slice(0, i + 1)).flatMap((left) =>
      trees(leaves.slice(i + 1)).map((right) => ({ left, right }))
    )
  );
}

/** Every way to show some of the tree and to hide the rest, truthfully. */
function cuts(tree: TestTree): Part[] {
  const hidden: Part = { tag: "hidden", node: nodeOf(tree, sha256) };
  if ("leaf" in tree) return [hidden, { tag: "leaf", leaf: tree.leaf }];
  return [
    hidden,
    ...cuts(tree.left).flatMap((left) =>
      cuts(tree.right).map((right): Part => ({ tag: "inner", left, right }))
    ),
  ];
}

/** The same with other labels on every hidden node, as chance has it. */
function relabelled(part: Part, below: (limit: number) => number): Part {
  if (part.tag === "leaf") return part;
  if (part.tag === "inner") {
    return {
      ...part,
      left: relabelled(part.left, below),
      right: relabelled(part.right, below),
    };
  }
  const labels = Uint8Array.of(ENDS[below(7)]!, ENDS[below(7)]!);
  return { tag: "hidden", node: joined([labels, part.node.slice(2)]) };
}

Deno.test("verifier: of all ways to cut a small tree, only the honest one is a proof", () => {
  const random = seeded(31);
  const below = (limit: number) => Math.floor(random() * limit);
  const counts = { accepted: 0, refused: 0, straddling: 0 };
  for (let count = 1; count <= LEAVES_MAX; count++) {
    for (const names of lists(count)) {
      const leaves = names.map((name, i) => ({
        namespace: Uint8Array.of(name),
        payload: Uint8Array.of(i),
      }));
      for (const tree of trees(leaves)) checkTree(tree, below, counts);
    }
  }
  assert.ok(counts.accepted > 700, `${counts.accepted} accepted`);
  assert.ok(counts.refused > 5_000, `${counts.refused} refused`);
  assert.ok(counts.straddling > 20, "no namespace on both sides of a border");
});

function checkTree(
  tree: TestTree,
  below: (limit: number) => number,
  counts: { accepted: number; refused: number; straddling: number },
): void {
  const root = nodeOf(tree, sha256);
  const shown = cuts(tree).map((part) => [encoded(part), part] as const);
  const border = "leaf" in tree ? undefined : nodeOf(tree.left, sha256)[1];
  if (!("leaf" in tree) && border === nodeOf(tree.right, sha256)[0]) {
    counts.straddling++;
  }
  for (const first of ENDS) {
    const last = Math.min(6, first + below(3));
    const range = {
      first: Uint8Array.of(first),
      last: Uint8Array.of(last),
    };
    const truth = encoded(honest(tree, range, sha256)).toHex();
    const verify = (octets: Uint8Array) => {
      const node = readNode(KIND, new Reader(root));
      return provenLeaves(KIND, new Reader(octets), node, range);
    };
    for (const [octets, part] of shown) {
      if (octets.toHex() === truth) {
        verify(octets);
        counts.accepted++;
        continue;
      }
      assert.throws(() => verify(octets), NotProven, octets.toHex());
      counts.refused++;
      if (below(8) > 0) continue;
      const lied = encoded(relabelled(part, below));
      if (lied.toHex() === truth) continue;
      assert.throws(() => verify(lied), NotProven, lied.toHex());
    }
  }
}

Deno.test("verifier: no octet of a proof of any index can be changed into a lie", () => {
  const model = new GraphModel(networkOf("verifier"));
  const history = new AccountHistory(78, model, 8);
  for (let i = 0; i < 12; i++) model.apply(history.good().entries);
  const state = new StateModel(model);
  const outcomes = new Set<string>();
  for (const index of INDEXES) {
    const { leaves, namespaceOctets: size } = state.trees[index]!;
    const at = leaves[leaves.length >> 1]?.namespace ?? new Uint8Array(size);
    const proof = state.proof(index, at, at);
    const truth = verifyProof(proof, state.root);
    assert.equal(truth.entries.length, leaves.length > 0 ? 1 : 0);
    for (const [i, octet] of proof.entries()) {
      const forged = proof.slice();
      forged[i] = octet ^ (1 << history.below(8));
      const [first, last] = [6, 6 + size].map((from) =>
        forged.slice(from, from + size)
      ) as [Uint8Array, Uint8Array];
      // Another range of which this is the true proof is no forgery.
      const isTrue = first.toHex() <= last.toHex() &&
        state.proof(index, first, last).toHex() === forged.toHex();
      outcomes.add(isTrue ? "true" : "refused");
      if (isTrue) verifyProof(forged, state.root);
      else {
        assert.throws(
          () => verifyProof(forged, state.root),
          NotProven,
          `${index} ${i}`,
        );
      }
    }
  }
  assert.ok(outcomes.has("refused"));
});
