/**
 * The verifier: takes every honest proof, and no other.
 *
 * The oracle is one sentence: what is accepted is the truth. For every forged
 * proof either the verifier refuses it, or its leaves are all leaves that the
 * tree holds in that range; and since one tree and one range have one proof,
 * another proof is never accepted.
 */
import assert from "node:assert/strict";
import { blake3 as noble } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { seeded } from "../../../conformance/sim/block_device.ts";
import { GraphModel } from "../model/graph_model.ts";
import { History } from "../model/history.ts";
import { StateModel } from "../model/state_model.ts";
import { joined, networkOf } from "../testing/signals.ts";
import {
  encoded,
  ends,
  type Hash,
  honest,
  lies,
  nodeOf,
  type Part,
  partNode,
  randomTree,
  type TestLeaf,
  type TestRange,
  type TestTree,
} from "../testing/trees.ts";
import { blake3, NotProven, verifyProof } from "./mod.ts";
import { Reader } from "./octets.ts";
import { provenLeaves, readNode, type TreeKind } from "./tree.ts";

const NAMESPACE_OCTETS = 2;

class Case {
  readonly below: (limit: number) => number;
  readonly hash: Hash;
  readonly kind: TreeKind;
  readonly leaves: TestLeaf[];
  readonly tree: TestTree;
  readonly range: TestRange;

  constructor(readonly seed: number, count: number) {
    const random = seeded(seed);
    this.below = (limit) => Math.floor(random() * limit);
    this.hash = seed % 2 === 0 ? sha256 : noble;
    this.kind = {
      hash: this.hash,
      digestOctets: 32,
      namespaceOctets: NAMESPACE_OCTETS,
    };
    // Few namespaces, so that some are there several times, across any border.
    const names = Array.from({ length: count }, () => this.name()).sort();
    this.leaves = names.map((name) => ({
      namespace: Uint8Array.fromHex(name),
      payload: Uint8Array.from(
        { length: this.below(4) },
        () => this.below(256),
      ),
    }));
    this.tree = randomTree(this.leaves, this.below);
    this.range = this.anyRange();
  }

  name(): string {
    return `00${(2 * this.below(8)).toString(16).padStart(2, "0")}`;
  }

  /** Ends on leaves, between leaves, and beyond the least and the greatest. */
  anyRange(): TestRange {
    const { min, max } = ends(this.tree);
    const end = () => {
      const chance = this.below(6);
      if (chance === 0) return min.toHex();
      if (chance === 1) return max.toHex();
      if (chance === 2) return "0000";
      if (chance === 3) return "ffff";
      return `00${this.below(18).toString(16).padStart(2, "0")}`;
    };
    const [first, last] = [end(), end()].sort();
    return {
      first: Uint8Array.fromHex(first!),
      last: Uint8Array.fromHex(last!),
    };
  }

  truth(range: TestRange): TestLeaf[] {
    const [first, last] = [range.first.toHex(), range.last.toHex()];
    return this.leaves.filter(({ namespace }) =>
      first <= namespace.toHex() && namespace.toHex() <= last
    );
  }

  verify(octets: Uint8Array, range = this.range) {
    const root = readNode(
      this.kind,
      new Reader(nodeOf(this.tree, this.hash)),
    );
    return provenLeaves(this.kind, new Reader(octets), root, range);
  }

  refuses(octets: Uint8Array, range = this.range): void {
    assert.throws(
      () => this.verify(octets, range),
      NotProven,
      `seed ${this.seed} ${octets.toHex()}`,
    );
  }
}

const SEEDS = Array.from({ length: 60 }, (_, i) => 1 + i);

function caseOf(seed: number): Case {
  return new Case(seed, 1 + seed % 13);
}

Deno.test("verifier: an honest proof of any range of any tree is accepted", () => {
  for (const seed of SEEDS) {
    const one = caseOf(seed);
    for (let i = 0; i < 10; i++) {
      const range = one.anyRange();
      const octets = encoded(honest(one.tree, range, one.hash));
      assert.deepEqual(one.verify(octets, range), one.truth(range));
    }
  }
});

Deno.test("verifier: no proof with any field changed is accepted", () => {
  for (const seed of SEEDS) {
    const one = caseOf(seed);
    const octets = encoded(honest(one.tree, one.range, one.hash));
    for (const [i, octet] of octets.entries()) {
      const forged = octets.slice();
      forged[i] = octet ^ (1 << one.below(8));
      one.refuses(forged);
    }
    one.refuses(joined([octets, Uint8Array.of(0)]));
    for (let length = 0; length < octets.length; length++) {
      one.refuses(octets.slice(0, length));
    }
  }
});

Deno.test("verifier: a leaf or subtree in the range cannot be hidden, dropped, doubled or moved", () => {
  let forgeries = 0;
  for (const seed of SEEDS) {
    const one = caseOf(seed);
    const truth = honest(one.tree, one.range, one.hash);
    const refuse = (lie: (part: Part) => readonly Part[]) => {
      for (const forged of lies(truth, lie)) {
        // Two leaves that are the same in all may change places.
        if (encoded(forged).toHex() === encoded(truth).toHex()) continue;
        one.refuses(encoded(forged));
        forgeries++;
      }
    };
    const hide = (part: Part, min?: Uint8Array, max?: Uint8Array): Part => {
      const node = partNode(part, one.hash);
      const size = NAMESPACE_OCTETS;
      return {
        tag: "hidden",
        node: joined([
          min ?? node.slice(0, size),
          max ?? node.slice(size, 2 * size),
          node.slice(2 * size),
        ]),
      };
    };
    const low = new Uint8Array(NAMESPACE_OCTETS);
    const high = new Uint8Array(NAMESPACE_OCTETS).fill(255);
    // As it is, as if it lay below, above, or enclosed nothing.
    refuse((part) => part.tag === "hidden" ? [] : [hide(part)]);
    refuse((part) =>
      part.tag === "hidden"
        ? []
        : [hide(part, low, low), hide(part, high, high), hide(part, high, low)]
    );
    refuse((part) =>
      part.tag === "inner"
        ? [
          part.left,
          part.right,
          { ...part, left: part.right, right: part.left },
          { ...part, left: part.right },
          { ...part, right: part.left },
        ]
        : [{ tag: "inner", left: part, right: part }]
    );
  }
  assert.ok(forgeries > 2000, `only ${forgeries} forgeries`);
});

Deno.test("verifier: a neighbour of the range is the true one, on both ends", () => {
  for (const seed of SEEDS) {
    const one = caseOf(seed);
    const truth = honest(one.tree, one.range, one.hash);
    const strangers = one.leaves.map((leaf) => nodeOf({ leaf }, one.hash));
    for (
      const forged of lies(
        truth,
        (part) =>
          part.tag !== "hidden" ? [] : strangers
            .filter((node) => node.toHex() !== part.node.toHex())
            .map((node) => ({ tag: "hidden", node })),
      )
    ) {
      one.refuses(encoded(forged));
    }
  }
});

Deno.test("verifier: a proof of one range or tree is none of another", () => {
  for (const seed of SEEDS) {
    const one = caseOf(seed);
    const octets = encoded(honest(one.tree, one.range, one.hash));
    for (let i = 0; i < 10; i++) {
      const range = one.anyRange();
      const right = encoded(honest(one.tree, range, one.hash));
      if (right.toHex() === octets.toHex()) {
        assert.deepEqual(one.verify(octets, range), one.truth(range));
      } else {
        one.refuses(octets, range);
      }
    }
    const other = new Case(seed + 1000, 1 + seed % 13);
    other.refuses(octets);
    const { first, last } = one.range;
    if (first.toHex() !== last.toHex()) {
      one.refuses(octets, { first: last, last: first });
    }
  }
});

Deno.test("verifier: one tree of another shape has another root", () => {
  const one = caseOf(12);
  const roots = new Set(Array.from(
    { length: 20 },
    () => nodeOf(randomTree(one.leaves, one.below), one.hash).toHex(),
  ));
  assert.ok(roots.size > 10);
});

Deno.test("verifier: no octet of a whole proof can be changed into a lie", () => {
  const model = new GraphModel(networkOf("verifier"));
  const history = new History(77, model, 20);
  for (let i = 0; i < 5; i++) model.apply(history.good().entries);
  const state = new StateModel(model);
  const there = state.byParticle.leaves[3]!.namespace;
  const absent = there.slice();
  absent[32] = absent[32]! ^ 1;
  for (
    const [index, at, found] of [
      ["by-neuron", state.byNeuron.leaves[0]!.namespace, 1],
      ["by-particle", there, 1],
      ["by-particle", absent, 0],
    ] as const
  ) {
    const proof = state.proof(index, at, at);
    const proven = verifyProof(proof, state.root);
    assert.equal(proven.entries.length, found);
    assert.equal(proven.index, index);
    assert.equal(proven.state.height, BigInt(model.height));
    for (const [i, octet] of proof.entries()) {
      const forged = proof.slice();
      forged[i] = octet ^ (1 << history.below(8));
      // Another range of which this is the true proof is no forgery.
      const first = forged.slice(6, 39);
      const last = forged.slice(39, 72);
      const isTrue = first.toHex() <= last.toHex() &&
        state.proof(index, first, last).toHex() === forged.toHex();
      if (isTrue) {
        assert.deepEqual(
          verifyProof(forged, state.root).entries,
          proven.entries,
        );
      } else {
        assert.throws(() => verifyProof(forged, state.root), NotProven, `${i}`);
      }
    }
    assert.throws(() => verifyProof(proof, state.root.slice(1)), NotProven);
  }
});

Deno.test("verifier: its BLAKE3 is BLAKE3", () => {
  const random = seeded(9);
  for (const length of [0, 1, 63, 64, 65, 1023, 1024, 1025, 2049, 5000]) {
    const octets = Uint8Array.from(
      { length },
      () => Math.floor(random() * 256),
    );
    assert.equal(blake3(octets).toHex(), noble(octets).toHex());
  }
});

const FOLDER = new URL("./", import.meta.url);
const OCTETS_MAX = 20 * 1024;

/** The sources that a page needs, by what `mod.ts` imports. */
async function sources(name: string, all = new Map<string, string>()) {
  if (all.has(name)) return all;
  const text = await Deno.readTextFile(new URL(name, FOLDER));
  all.set(name, text);
  for (const [, from] of text.matchAll(/from "([^"]+)"/g)) {
    assert.match(from!, /^\.\/\w+\.ts$/, `${name} imports ${from}`);
    await sources(from!.slice(2), all);
  }
  return all;
}

Deno.test("verifier: it needs nothing else, and is small", async () => {
  // Without comments and indentation, names and types still in it: what a
  // minifier leaves is smaller (deno task size:verifier).
  const text = [...(await sources("mod.ts")).values()].join("\n")
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^\s+/gm, "");
  assert.ok(text.length < OCTETS_MAX, `${text.length} octets`);
  assert.ok(text.length > 2000, "the sources were not found");
});
