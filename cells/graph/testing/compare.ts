/** Compares a cell with the model: every reads function, every particle. */
import assert from "node:assert/strict";
import type { Append } from "../model/history.ts";
import type { GraphModel } from "../model/graph_model.ts";
import { type GraphCell, valueOf } from "./graph_cell.ts";
import { bodyOf, contentsOf, hex, identityOf, signed } from "./signals.ts";

const NOWHERE = identityOf(new TextEncoder().encode("nowhere"));

/** Hands the append to the cell, as the contract's octets. */
export function appendTo(cell: GraphCell, append: Append) {
  return cell.ledger.append(
    append.entries.map(({ signal, contents }) => ({
      signal: signed(bodyOf(signal)),
      contents: contentsOf(contents),
    })),
    append.note,
  );
}

/** Totals only: cheap enough for every append. */
export function compareCounts(cell: GraphCell, model: GraphModel): void {
  const census = valueOf(cell.reads.count());
  assert.deepEqual({
    height: census.height,
    particles: census.particles,
    links: census.links,
    axons: census.axons,
    neurons: census.neurons,
  }, {
    height: BigInt(model.height),
    particles: model.particles.length,
    links: BigInt(model.links.length),
    axons: model.axons,
    neurons: model.neurons,
  });
  // What is over by its height counts until it is let go.
  const over =
    [...model.apart].filter(([key, { state }]) =>
      state === "here" && model.presence(key) === "expired"
    ).length;
  const here = model.present.length;
  const counted = census.contents >= here && census.contents <= here + over;
  assert.ok(counted, `${census.contents} contents, ${here} are here`);
}

/** One particle from every side. */
export function compareParticle(
  cell: GraphCell,
  model: GraphModel,
  particle: number,
): void {
  const { reads } = cell;
  const id = model.particles[particle]!;
  assert.equal(valueOf(reads.find(id)), particle);
  const described = model.describe(particle)!;
  assert.deepEqual(valueOf(reads.describe(particle)), described);
  const content = model.content(particle);
  assert.deepEqual(valueOf(reads.content(particle, 0n, 1 << 20)), content);
  if (content) {
    assert.deepEqual(
      valueOf(reads.content(particle, 3n, 70)),
      content.slice(3, 73),
    );
    assert.deepEqual(valueOf(reads.identify(content)), id);
  }
  for (const side of ["outward", "inward"] as const) {
    const wanted = model.linksAt(particle, side);
    const count = side === "outward" ? described.linksOut : described.linksIn;
    assert.equal(wanted.length, count);
    const limit = 1 + particle % 7;
    let cursor: bigint | undefined;
    for (let at = 0; at === 0 || at < wanted.length; at += limit) {
      const page = valueOf(reads.links(particle, side, cursor, limit));
      cursor = wanted[at + limit]?.index;
      const links = wanted.slice(at, at + limit);
      assert.deepEqual(page, { links, next: cursor });
    }
    const foreign = model.links.findIndex((link) =>
      (side === "outward" ? link.origin : link.target) !== particle
    );
    if (foreign < 0) continue;
    const none = reads.links(particle, side, BigInt(foreign), limit);
    assert.deepEqual(valueOf(none), { links: [], next: undefined });
  }
}

function compareScan(cell: GraphCell, model: GraphModel): void {
  const { reads } = cell;
  for (const limit of [1, 7, 100, 65536]) {
    for (let index = 0n;;) {
      const run = valueOf(reads.scan(index, limit));
      assert.deepEqual(run, model.scan(Number(index), limit));
      if (run.next === index) break;
      index = run.next;
    }
    if (model.links.length > 500 && limit === 1) break;
  }
  const past = BigInt(model.links.length + 9);
  assert.equal(valueOf(reads.scan(past, 5)).origins.length, 0);
  assert.deepEqual(
    valueOf(reads.scan(0n, 0)),
    model.scan(0, 65536),
  );
}

function compareArrivals(cell: GraphCell, model: GraphModel): void {
  for (const octets of [1 << 20, 5000, 1]) {
    const found: { particle: number; octets: Uint8Array }[] = [];
    for (let index = 0; index < model.arrivals.length;) {
      const { items, next } = valueOf(cell.reads.arrivals(index, octets));
      assert.ok(next > index);
      assert.ok(items.reduce((n, one) => n + one.octets.length, 0) <= octets);
      found.push(...items);
      index = next;
    }
    const wanted = model.present.map(({ particle, octets: content }) => ({
      particle,
      octets: content.slice(0, octets),
    }));
    assert.deepEqual(found, wanted);
  }
  const end = valueOf(cell.reads.arrivals(model.arrivals.length, 10));
  assert.deepEqual(end, { items: [], next: model.arrivals.length });
}

/** Neurons are numbered by their first signals, with or without links. */
function compareAuthors(cell: GraphCell, model: GraphModel): void {
  const { authors } = cell;
  const names = model.authors.map(hex);
  const wanted = model.links.map(({ neuron }) => names.indexOf(hex(neuron)));
  for (const limit of [3, 100, 65536]) {
    for (let index = 0; index < wanted.length; index += limit) {
      const run = valueOf(authors.scan(BigInt(index), limit));
      assert.deepEqual([...run], wanted.slice(index, index + limit));
      if (index > 30 * limit) break;
    }
  }
  assert.deepEqual([...valueOf(authors.scan(0n, 0))], wanted.slice(0, 65536));
  assert.equal(valueOf(authors.scan(BigInt(wanted.length), 5)).length, 0);
  model.authors.forEach((neuron, number) => {
    assert.equal(valueOf(authors.find(neuron)), number);
  });
  assert.equal(valueOf(authors.find(NOWHERE)), undefined);
  assert.equal(valueOf(authors.find(new Uint8Array(32))), undefined);
  const numbers = Uint32Array.from(names, (_, i) => names.length - i);
  assert.deepEqual(
    valueOf(authors.identities(numbers)).map(hex),
    names.slice(1).toReversed(),
  );
}

/** Everything. */
export function compareAll(cell: GraphCell, model: GraphModel): void {
  compareCounts(cell, model);
  for (let i = 0; i < model.particles.length; i++) {
    compareParticle(cell, model, i);
  }
  compareScan(cell, model);
  compareAuthors(cell, model);
  compareArrivals(cell, model);
  compareRest(cell, model);
}

function compareRest(cell: GraphCell, model: GraphModel): void {
  const { reads, ledger } = cell;
  const count = model.particles.length;
  assert.equal(valueOf(reads.find(NOWHERE)), undefined);
  assert.equal(valueOf(reads.find(new Uint8Array(32))), undefined);
  assert.equal(valueOf(reads.describe(count)), undefined);
  assert.equal(valueOf(reads.content(count, 0n, 1)), undefined);
  const numbers = Uint32Array.from(
    { length: count + 2 },
    (_, i) => count + 1 - i,
  );
  assert.deepEqual(
    valueOf(reads.identities(numbers)).map(hex),
    model.particles.toReversed().slice(0, 998).map(hex),
  );
  for (const { neuron } of model.links) {
    assert.deepEqual(ledger.head(neuron), model.head(neuron));
  }
  assert.deepEqual(ledger.head(NOWHERE), model.head(NOWHERE));
  for (let i = 0; i < 5; i++) {
    assert.equal(ledger.recall(`key ${i}`), model.bookmarks.get(`key ${i}`));
  }
}
