/** Golden proofs of single links: by the cell, by the verifier, and changed. */
import assert from "node:assert/strict";
import { PLACES } from "./model/link_proof_model.ts";
import { fresh, NOTHING } from "./testing/fresh.ts";
import { valueOf } from "./testing/graph_cell.ts";
import { signed } from "./testing/signals.ts";
import { hex, NotProven, unhex, verifyLink } from "./verify/mod.ts";

const VECTORS = new URL("../../conformance/vectors/graph/", import.meta.url);

interface Proofs {
  readonly height: number;
  readonly root: string;
  readonly proofs: readonly {
    readonly link: number;
    readonly place: typeof PLACES[number];
    readonly octets: string;
  }[];
  readonly refused: readonly {
    readonly name: string;
    readonly at: number;
    readonly put?: string;
    readonly cut?: true;
  }[];
}

const read = <T>(name: string): T =>
  JSON.parse(Deno.readTextFileSync(new URL(name, VECTORS))) as T;
const { height, root, proofs, refused } = read<Proofs>("link_proofs.json");

/** Names of the places in the cell's contract. */
const CELLS = { neuron: "neuron", from: "origin", to: "target" } as const;

Deno.test("link proofs: the cell makes the golden octets", async () => {
  const { signals, network } = read<{
    readonly network: { readonly name: string };
    readonly signals: readonly { readonly body: string }[];
  }>("signal.json");
  const cell = await fresh(network.name);
  for (const { body } of signals) {
    const signal = signed(Uint8Array.fromHex(body));
    valueOf(cell.ledger.append([{ signal, contents: NOTHING }], undefined));
  }
  assert.ok(proofs.length >= 12);
  for (const { link, place, octets } of proofs) {
    const made = valueOf(valueOf(
      cell.proofs.proveLink(undefined, BigInt(link), CELLS[place]),
    ));
    assert.equal(made.octets.toHex(), octets, `link ${link}, ${place}`);
    assert.equal(made.root.toHex(), root);
    assert.equal(made.height, BigInt(height));
  }
});

Deno.test("link proofs: the verifier reads of the golden octets what they say", () => {
  const seen = new Map<string, Set<bigint>>();
  for (const { link, place, octets } of proofs) {
    const proven = verifyLink(unhex(octets), unhex(root));
    assert.equal(proven.place, place);
    assert.equal(proven.state.height, BigInt(height));
    const field = { neuron: 6, from: 39, to: 72 }[place];
    const namespace = octets.slice(2 * field, 2 * (field + 33));
    assert.equal(hex(proven.link[place]), namespace, `link ${link}`);
    const positions = seen.get(`${place} ${namespace}`) ?? new Set();
    seen.set(`${place} ${namespace}`, positions.add(proven.position));
    assert.ok(proven.position < proven.links);
  }
  const most = Math.max(...[...seen.values()].map(({ size }) => size));
  assert.equal(most, 4, "all links of the neuron, each at a place of its own");
});

Deno.test("link proofs: every changed field of the golden one is refused", () => {
  const good = unhex(proofs[0]!.octets);
  verifyLink(good, unhex(root));
  assert.ok(refused.length > 25);
  for (const { name, at, put, cut } of refused) {
    const length = Math.max(good.length, at + (put?.length ?? 0) / 2);
    const changed = new Uint8Array(cut ? at : length);
    changed.set(good.subarray(0, changed.length));
    if (put !== undefined) changed.set(unhex(put), at);
    assert.notEqual(changed.toHex(), good.toHex(), name);
    assert.throws(() => verifyLink(changed, unhex(root)), NotProven, name);
  }
  const other = unhex(root);
  other[32]! ^= 1;
  assert.throws(() => verifyLink(good, other), NotProven);
});
