/**
 * The verifier with SHA-256, against what Celestia publishes.
 *
 * The tree of figure 1 of the specification of its namespaced Merkle trees
 * (one octet a namespace), the proof that its `docs/proof-format.md` shows, and
 * the data root of a block without transactions, which every chain of it has.
 */
import assert from "node:assert/strict";
import { sha256 } from "@noble/hashes/sha2.js";
import { joined, utf8 } from "../testing/signals.ts";
import { NotProven } from "./mod.ts";
import { Reader } from "./octets.ts";
import {
  innerNode,
  leafNode,
  nodeOctets,
  provenLeaves,
  readNode,
  type TreeKind,
  type TreeNode,
} from "./tree.ts";

const ONE: TreeKind = { hash: sha256, digestOctets: 32, namespaceOctets: 1 };
const ROW: TreeKind = { ...ONE, namespaceOctets: 29 };

/** The two nodes of the published proof for namespace 1. */
const LEFT = Uint8Array.fromBase64(
  "AADq2NJYUYcOTntejk0QCS30laDXOvb+w3Cax5+mM49Xrg==",
);
const RIGHT = Uint8Array.fromBase64(
  "AwO0onki2V6R1KVmqq3O31AmtiACJxWRCjVBhMCvOE4UQA==",
);

const leaf = (namespace: number, index: number) => ({
  namespace: Uint8Array.of(namespace),
  payload: utf8(`leaf_${index}`),
});

Deno.test("verifier: Celestia's figure and its published proof", () => {
  const [a, b, c, d] = [leaf(0, 0), leaf(0, 1), leaf(1, 2), leaf(3, 3)];
  const node = (one: typeof a) => leafNode(ONE, one);
  const left = innerNode(ONE, node(a), node(b));
  assert.equal(nodeOctets(left).toHex(), LEFT.toHex());
  assert.equal(nodeOctets(node(d)).toHex(), RIGHT.toHex());
  const root = innerNode(ONE, left, innerNode(ONE, node(c), node(d)));
  const range = { first: Uint8Array.of(1), last: Uint8Array.of(1) };
  const proof = (payload: Uint8Array) =>
    joined([
      Uint8Array.of(1, 2),
      LEFT,
      Uint8Array.of(1, 0, 1, payload.length, 0),
      payload,
      Uint8Array.of(2),
      RIGHT,
    ]);
  const verify = (octets: Uint8Array) =>
    provenLeaves(ONE, new Reader(octets), root, range);
  assert.deepEqual(verify(proof(c.payload)), [c]);
  assert.throws(() => verify(proof(utf8("leaf_3"))), NotProven);
});

/** The last namespaces: of padding behind the data, and of parity shares. */
const PADDING = new Uint8Array(29).fill(255).with(28, 254);
const PARITY = new Uint8Array(29).fill(255);
const EMPTY_BLOCK =
  "3d96b7d238e7e0456f6af8e7cdf0a67bd6cf9c2089ecb559c659dcaa1f880353";

/** A row of two shares; the greatest namespace does not count for its max. */
function row(left: TreeNode, right: TreeNode): Uint8Array {
  const node = innerNode(ROW, left, right);
  const octets = nodeOctets({ ...node, max: left.max });
  assert.equal(readNode(ROW, new Reader(octets)).digest.length, 32);
  return octets;
}

Deno.test("verifier: the data root of an empty block of Celestia", () => {
  const share = joined([PADDING, Uint8Array.of(1), new Uint8Array(482)]);
  const data = leafNode(ROW, { namespace: PADDING, payload: share });
  // One share is its own parity.
  const parity = leafNode(ROW, { namespace: PARITY, payload: share });
  const above = row(data, parity);
  const below = row(parity, parity);
  const plain = (octets: Uint8Array) =>
    sha256(joined([Uint8Array.of(0), octets]));
  const pair = (a: Uint8Array, b: Uint8Array) =>
    sha256(joined([Uint8Array.of(1), a, b]));
  const rows = pair(plain(above), plain(below));
  assert.equal(pair(rows, rows).toHex(), EMPTY_BLOCK);
});
