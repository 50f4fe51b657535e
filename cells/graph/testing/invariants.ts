/**
 * What is true of every record, whatever was appended: axioms and sums.
 *
 * Looks at the model, which the cell agrees with octet by octet; nothing here
 * knows how an operation is done.
 */
import assert from "node:assert/strict";
import { axonOf, type GraphModel } from "../model/graph_model.ts";
import { hex, identityOf } from "./signals.ts";
import { nullifierOf } from "./operations.ts";

/** A1, A3 (with what was there before), A4 and A6 of the graph. */
export function checkAxioms(
  model: GraphModel,
  before: readonly string[],
): string[] {
  const particles = model.particles.map(hex);
  assert.deepEqual(particles.slice(0, before.length), before, "A3");
  const touched = new Set<string>();
  for (const { from, to, neuron } of model.links) {
    touched.add(hex(from)).add(hex(to)).add(hex(neuron));
    const axon = hex(axonOf(from, to));
    touched.add(axon);
    assert.ok(model.find(axonOf(from, to)) !== undefined, "A6");
  }
  for (const particle of particles) assert.ok(touched.has(particle), "A4");
  for (const { from, to } of model.links) {
    for (const end of [from, to]) {
      assert.ok(model.find(end) !== undefined, "A4");
    }
  }
  for (const { particle, octets } of model.arrivals) {
    assert.equal(hex(identityOf(octets)), particles[particle], "A1");
  }
  return particles;
}

/** Supply is conserved, nothing is spent twice, no balance or will below 0. */
export function checkAccounts({ accounts }: GraphModel): void {
  const sums = new Map<string, bigint>();
  const add = (token: string, amount: bigint) => {
    assert.ok(amount >= 0n, "a balance below 0");
    sums.set(token, (sums.get(token) ?? 0n) + amount);
  };
  for (const [key, { balance }] of accounts.accounts) {
    add(key.slice(66), balance);
  }
  for (const [id, { token, amount }] of accounts.outputs) {
    const nullifier = hex(nullifierOf(Uint8Array.fromHex(id)));
    if (!accounts.nullifiers.has(nullifier)) add(token, amount);
  }
  const known = new Set(
    [...accounts.outputs.keys()].map((id) =>
      hex(nullifierOf(Uint8Array.fromHex(id)))
    ),
  );
  for (const one of accounts.nullifiers) assert.ok(known.has(one));
  for (const { will, stake } of accounts.focus.values()) {
    assert.ok(will >= 0n && stake >= 0n, "will or stake below 0");
    assert.ok(will <= accounts.full(stake), "more will than fits");
    if (accounts.rules) add(hex(accounts.rules.stake), stake);
  }
  for (const [token, { supply, cap }] of accounts.coins) {
    assert.equal(sums.get(token) ?? 0n, supply, "supply is not conserved");
    assert.ok(cap === 0n || supply <= cap, "more than the cap");
    sums.delete(token);
  }
  for (const [token, sum] of sums) {
    assert.equal(sum, 0n, `something of ${token}, which is no coin`);
  }
}
