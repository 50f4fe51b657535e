/**
 * Particles that are only an axon, and those that become more than that.
 *
 * The other histories seldom link from axons; here half of all ends are one,
 * before or after a link makes it, and contents come that are an axon's own
 * preimage. What is asked of the cell is what the model says, also behind
 * appends that were refused in the end, and behind checkpoints.
 */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { axonOf, GraphModel, type ModelEntry } from "./model/graph_model.ts";
import { type Append, History } from "./model/history.ts";
import { StateModel } from "./model/state_model.ts";
import { appendTo, compareAll, compareCounts } from "./testing/compare.ts";
import { NETWORK } from "./testing/fresh.ts";
import { type GraphCell, openGraph, valueOf } from "./testing/graph_cell.ts";
import {
  DEFAULT_TOKEN,
  hex,
  identityOf,
  joined,
  type Link,
  utf8,
} from "./testing/signals.ts";

const OFTEN: [string, string][] = [["checkpoint-octets", "1"]];

/** Ends are few texts, axons of them, axons of those, and so on. */
class Axons extends History {
  readonly #ends: Uint8Array[] = [];
  /** Octets whose identity is an axon's. */
  readonly preimages: Uint8Array[] = [];

  #end(): Uint8Array {
    const chance = this.random();
    if (this.#ends.length === 0 || chance < 0.5) {
      return this.ids[this.below(20)]!;
    }
    return this.pick(this.#ends);
  }

  override links(): Link[] {
    return Array.from({ length: 1 + this.below(40) }, () => {
      const [from, to] = [this.#end(), this.#end()];
      // Of this link, or of one that may come later or never.
      const other = this.random() < 0.5 ? to : this.#end();
      if (this.#ends.length < 4_000) {
        this.#ends.push(axonOf(from, other));
        this.preimages.push(joined([from, other]));
      }
      // Around what fits into a word, and far above it.
      const amount = this.pick([0n, 1n, 2n ** 24n - 1n, 2n ** 24n, 2n ** 47n]);
      return {
        from,
        to,
        token: this.pick([DEFAULT_TOKEN, ...this.many]),
        amount,
        valence: this.below(3) - 1,
      };
    });
  }

  readonly many = Array.from(
    { length: 90 },
    (_, i) => identityOf(utf8(`token ${i}`)),
  );

  /** An append of a few signals, with some contents that are preimages. */
  next(): Append {
    const { entries } = this.good();
    const ids = new Set(this.model.particles.map(hex));
    const known = this.preimages.slice(-200)
      .filter((octets) => ids.has(hex(identityOf(octets))));
    const last = entries.at(-1)!;
    const contents = known.length === 0 || this.random() < 0.5
      ? last.contents
      : [...last.contents, this.pick(known)];
    entries[entries.length - 1] = { ...last, contents };
    return { entries, note: undefined };
  }
}

/** The same with a content that belongs to nothing, behind all that is good. */
function spoilt(entries: readonly ModelEntry[]): ModelEntry[] {
  const last = entries.at(-1)!;
  const loose = { ...last, contents: [...last.contents, utf8("loose")] };
  return [...entries.slice(0, -1), loose];
}

function compareWhole(cell: GraphCell, model: GraphModel): void {
  compareAll(cell, model);
  const state = valueOf(valueOf(cell.proofs.latest()));
  assert.equal(hex(state.root), hex(new StateModel(model).root));
}

for (const seed of [31, 32]) {
  Deno.test(`graph: axons that are linked and have contents, seed ${seed}`, async () => {
    const model = new GraphModel(NETWORK);
    const history = new Axons(seed, model);
    let device = new SimulatedBlockDevice({ seed });
    let cell = await openGraph(device, {}, OFTEN);
    for (let i = 0; i < 40; i++) {
      const append = history.next();
      const bad = appendTo(cell, {
        entries: spoilt(append.entries),
        note: undefined,
      });
      assert.equal(bad.tag === "err" ? bad.val.tag : "ok", "malformed");
      compareCounts(cell, model);
      valueOf(appendTo(cell, append));
      model.apply(append.entries, append.note);
      if (history.random() < 0.5) cell.background.step();
      if (i % 13 !== 12) continue;
      cell.settle();
      device = device.reopen({ seed: seed + i });
      cell = await openGraph(device, { yieldEvery: 1 }, OFTEN);
      const read = cell.log.some((line) => /checkpoint was read/.test(line));
      assert.ok(read, "it was opened from its log");
      compareWhole(cell, model);
    }
    const log = await openGraph(device.reopen({ seed }), {}, [
      ["from-log", "yes"],
    ]);
    compareWhole(log, model);
    const touched = model.links.filter(({ origin }) =>
      model.describe(origin)!.axon !== undefined
    );
    assert.ok(touched.length > 100, "no axon was linked");
    const kept = model.present.filter(({ particle }) =>
      model.describe(particle)!.axon !== undefined
    );
    assert.ok(kept.length > 3, "no axon has a content");
  });
}
