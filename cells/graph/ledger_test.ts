/** Encodings and refusals: golden vectors, drafts, limits, hostile octets. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import {
  type GraphCell,
  graphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./testing/graph_cell.ts";
import {
  bodyOf,
  contentsOf,
  DEFAULT_TOKEN,
  type DraftLink,
  draftOf,
  identityOf,
  joined,
  type Link,
  networkOf,
  NOBODY,
  number,
  signed,
  utf8,
} from "./testing/signals.ts";

const VECTORS = new URL("../../conformance/vectors/graph/", import.meta.url);
const NETWORK = networkOf(NETWORK_NAME);
const NEURON = identityOf(utf8("a bundle"));

// deno-lint-ignore no-explicit-any -- a file of vectors, checked by use
async function vectors(name: string): Promise<any> {
  return JSON.parse(await Deno.readTextFile(new URL(name, VECTORS)));
}

async function fresh(network = NETWORK_NAME): Promise<GraphCell> {
  const cell = await graphCell(new SimulatedBlockDevice({ seed: 1 }));
  cell.start([["network", network]]);
  cell.settle();
  return cell;
}

/** The refusal's case and text. */
function refusal(answer: { tag: string; val?: unknown }): [string, unknown] {
  assert.equal(answer.tag, "err");
  const { tag, val } = answer.val as { tag: string; val?: unknown };
  return [tag, val];
}

function assertEmpty(cell: GraphCell): void {
  compareAll(cell, new GraphModel(NETWORK));
}

Deno.test("ledger: composes and accepts the golden signals", async () => {
  const { network, neuron, signals, particles, axons } = await vectors(
    "signal.json",
  );
  const cell = await fresh(network.name);
  for (const vector of signals) {
    const composed = valueOf(cell.ledger.compose(
      Uint8Array.fromHex(neuron.id),
      Uint8Array.fromHex(network.id),
      BigInt(vector.time),
      Uint8Array.fromHex(vector.draft),
    ));
    assert.equal(composed.body.toHex(), vector.body);
    assert.equal(composed.contents.toHex(), vector.contents);
    const envelope = Uint8Array.fromHex(vector.envelope);
    const length = new DataView(envelope.buffer).getUint32(0, true);
    const [receipt] = valueOf(cell.ledger.append([{
      signal: envelope.subarray(4, 4 + length),
      contents: envelope.subarray(4 + length),
    }], undefined));
    assert.equal(receipt!.signal.toHex(), vector.id);
  }
  for (const { text, id } of particles) {
    const found = valueOf(cell.reads.find(Uint8Array.fromHex(id)));
    assert.deepEqual(valueOf(cell.reads.content(found!, 0n, 99)), utf8(text));
  }
  for (const { from, to, id } of axons) {
    const found = valueOf(cell.reads.find(Uint8Array.fromHex(id)))!;
    const ends = [from, to].map((one) =>
      valueOf(cell.reads.find(Uint8Array.fromHex(one)))
    );
    assert.deepEqual(valueOf(cell.reads.describe(found))!.axon, ends);
  }
});

Deno.test("ledger: refuses the malformed vectors where they are malformed", async () => {
  const { network } = await vectors("signal.json");
  const file = await vectors("malformed.json");
  const cases = file.bodies ?? file.signals ?? file.malformed ?? file;
  assert.ok(cases.length > 20);
  const cell = await fresh(network.name);
  for (const { name, offset, body } of cases) {
    const octets = Uint8Array.fromHex(body);
    const [tag, text] = refusal(
      cell.ledger.append(
        [{ signal: octets, contents: new Uint8Array() }],
        undefined,
      ),
    );
    assert.equal(tag, "malformed", name);
    // With its signature too, unless the rule is where the body ends.
    const whole = cell.ledger.append(
      [{ signal: signed(octets), contents: new Uint8Array() }],
      undefined,
    );
    if (/cut|missing|empty$|after_end/.test(name)) {
      assert.equal(refusal(whole)[0], "malformed", name);
    } else {
      assert.match(
        String(refusal(whole)[1]),
        new RegExp(`at octet ${offset}:`),
        name,
      );
      assert.match(String(text), new RegExp(`at octet ${offset}:`), name);
    }
  }
  assert.equal(valueOf(cell.reads.count()).height, 0n);
});

Deno.test("ledger: whatever prefix or octet of a signal is changed, it is refused or another", async () => {
  const cell = await fresh();
  const body = bodyOf({
    network: NETWORK,
    neuron: NEURON,
    step: 0n,
    previous: NOBODY,
    time: 1n,
    links: [linkOf("a", "b"), linkOf("b", "c")],
  });
  const good = signed(body);
  const tags = new Set<string>();
  for (let length = 0; length < good.length; length += 7) {
    const answer = cell.ledger.append(
      [{ signal: good.subarray(0, length), contents: new Uint8Array() }],
      undefined,
    );
    assert.equal(refusal(answer)[0], "malformed");
  }
  for (let at = 0; at < body.length; at++) {
    const changed = good.slice();
    changed[at] = changed[at]! ^ 0x80;
    // A content that no link touches keeps even a good one from being accepted.
    const entry = { signal: changed, contents: contentsOf([utf8("loose")]) };
    const [tag] = refusal(cell.ledger.append([entry], undefined));
    tags.add(tag);
    const bare = { signal: changed, contents: new Uint8Array() };
    if (at < 112 && at !== 4) {
      tags.add(refusal(cell.ledger.append([bare, bare], undefined))[0]);
    }
  }
  assert.deepEqual([...tags].sort(), [
    "malformed",
    "step-not-sequential",
    "wrong-network",
  ]);
  assertEmpty(cell);
});

function linkOf(from: string, to: string, amount = 1n): Link {
  return {
    from: identityOf(utf8(from)),
    to: identityOf(utf8(to)),
    token: DEFAULT_TOKEN,
    amount,
    valence: 1,
  };
}

Deno.test("ledger: the refusals come in the contract's order", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(1, model);
  const cell = await fresh();
  const first = history.good();
  valueOf(appendTo(cell, first));
  model.apply(first.entries, undefined);
  const { signal } = first.entries[0]!;
  const expect = (
    entries: Parameters<typeof appendTo>[1]["entries"],
    tag: string,
    val?: unknown,
  ) => {
    const answer = appendTo(cell, { entries, note: undefined });
    assert.deepEqual(refusal(answer), [tag, val ?? refusal(answer)[1]]);
  };
  const other = { ...signal, time: signal.time + 1n };
  const foreign = { ...other, network: networkOf("other") };
  const loose = [utf8("no link touches this")];
  const next = model.head(signal.neuron).nextStep;
  expect([{ signal: foreign, contents: loose }], "malformed");
  expect([{ signal: foreign, contents: [] }], "wrong-network");
  expect([{ signal: other, contents: loose }], "malformed");
  expect([{ signal: other, contents: [] }], "equivocation");
  expect([{ signal, contents: [] }], "step-not-sequential", next);
  const ahead = { ...signal, step: next + 5n, previous: signal.neuron };
  expect([{ signal: ahead, contents: [] }], "step-not-sequential", next);
  const astray = { ...signal, step: next, previous: signal.neuron };
  expect([{ signal: astray, contents: [] }], "prev-mismatch");
  // Two signals of one step in one append: neither is accepted.
  const a = history.signal(history.bundles[0]!, []);
  const b = { ...a, time: a.time + 1n };
  expect(
    [{ signal: a, contents: [] }, { signal: b, contents: [] }],
    "equivocation",
  );
  expect(
    [{ signal: a, contents: [] }, { signal: a, contents: [] }],
    "step-not-sequential",
    a.step + 1n,
  );
  expect(
    [{ signal: a, contents: [] }, { signal: foreign, contents: [] }],
    "wrong-network",
  );
  expect([], "malformed", "0 entries, 1 to 64 are allowed");
  expect(new Array(65).fill({ signal: a, contents: [] }), "malformed");
  compareAll(cell, model);
});

Deno.test("ledger: contents and bookmarks have limits", async () => {
  const cell = await fresh();
  const entry = (contents: Uint8Array, texts = ["a"]) => ({
    signal: signed(bodyOf({
      network: NETWORK,
      neuron: NEURON,
      step: 0n,
      previous: NOBODY,
      time: 1n,
      links: texts.map((text) => linkOf(text, "b")),
    })),
    contents,
  });
  const malformed = (contents: Uint8Array, text: RegExp) => {
    const [tag, found] = refusal(
      cell.ledger.append([entry(contents)], undefined),
    );
    assert.equal(tag, "malformed");
    assert.match(String(found), text);
  };
  const a = contentsOf([utf8("a")]);
  malformed(
    joined([a, Uint8Array.of(1, 0, 0)]),
    /entry 0: contents at octet 5: .* 3 are left/,
  );
  malformed(
    joined([a, number(9, 4), utf8("b")]),
    /at octet 9: 9 octets, 1 are left/,
  );
  malformed(
    joined([a, number((1 << 20) + 1, 4)]),
    /at octet 5: 1048577 octets/,
  );
  malformed(
    joined([a, contentsOf([utf8("c")])]),
    /at octet 5: no link touches/,
  );
  const bookmark = (key: string, value: string, text: RegExp) => {
    const [tag, found] = refusal(
      cell.ledger.append([entry(a)], { key, value }),
    );
    assert.equal(tag, "malformed");
    assert.match(String(found), text);
  };
  bookmark("", "x", /key of 0 octets/);
  bookmark("é".repeat(33), "x", /key of 66 octets/);
  bookmark("k", "x".repeat(1025), /value of 1025 octets/);
  assertEmpty(cell);

  const large = utf8("x".repeat(1 << 20));
  const texts = ["a", "x".repeat(1 << 20)];
  const contents = contentsOf([
    utf8("a"),
    large,
    large,
    utf8("a bundle"),
    utf8("a"),
  ]);
  valueOf(cell.ledger.append([entry(contents, texts)], {
    key: "é".repeat(32),
    value: "v".repeat(1024),
  }));
  assert.equal(cell.ledger.recall("é".repeat(32)), "v".repeat(1024));
  assert.equal(valueOf(cell.reads.count()).contents, 3);
  const number_ = valueOf(cell.reads.find(identityOf(large)))!;
  assert.deepEqual(
    valueOf(cell.reads.content(number_, 0n, 2 ** 32 - 1)),
    large,
  );
  assert.equal(valueOf(cell.reads.content(number_, 1n << 40n, 5))!.length, 0);
  // The neuron's bundle came, so the neuron is a particle, after the links'.
  assert.equal(valueOf(cell.reads.find(NEURON)), 5);
});

Deno.test("ledger: an append of more than a record can hold is malformed", async () => {
  const cell = await fresh();
  const texts = Array.from(
    { length: 33 },
    (_, i) => utf8(String(i).padEnd(1 << 20)),
  );
  const signal = signed(bodyOf({
    network: NETWORK,
    neuron: NEURON,
    step: 0n,
    previous: NOBODY,
    time: 0n,
    links: texts.map((text) => ({
      ...linkOf("a", "b"),
      from: identityOf(text),
    })),
  }));
  const [tag, text] = refusal(
    cell.ledger.append([{ signal, contents: contentsOf(texts) }], undefined),
  );
  assert.equal(tag, "malformed");
  assert.match(String(text), /at most 33554432 are allowed/);
  assertEmpty(cell);
});

Deno.test("ledger: compose makes what append takes, and leaves known contents out", async () => {
  const device = new SimulatedBlockDevice({ seed: 1 });
  const cell = await openGraph(device);
  const history = new History(3, new GraphModel(NETWORK));
  const known = new Set<string>();
  for (let round = 0; round < 40; round++) {
    const links: DraftLink[] = Array.from(
      { length: 1 + history.below(60) },
      () => ({
        from: draftEnd(history),
        to: draftEnd(history),
        ...(history.random() < 0.5
          ? {}
          : { token: history.pick(history.tokens) }),
        amount: BigInt(history.below(1000)),
        valence: history.below(3) - 1,
      }),
    );
    const { body, contents } = valueOf(
      cell.ledger.compose(NEURON, NETWORK, BigInt(round), draftOf(links)),
    );
    const { nextStep, previous } = cell.ledger.head(NEURON);
    const identify = (end: DraftLink["from"]) =>
      "content" in end ? identityOf(end.content) : end.identity;
    const wanted = bodyOf({
      network: NETWORK,
      neuron: NEURON,
      step: nextStep,
      previous,
      time: BigInt(round),
      links: links.map((link) => ({
        ...link,
        from: identify(link.from),
        to: identify(link.to),
        token: link.token ?? DEFAULT_TOKEN,
      })),
    });
    assert.deepEqual(body, wanted);
    const texts = links.flatMap(({ from, to }) => [from, to])
      .flatMap((end) => "content" in end ? [end.content] : [])
      .filter((text) => {
        const isNew = !known.has(text.toHex());
        known.add(text.toHex());
        return isNew;
      });
    assert.deepEqual(contents, contentsOf(texts));
    const accepted = valueOf(
      cell.ledger.append([{ signal: signed(body), contents }], undefined),
    );
    assert.deepEqual(accepted[0]!.signal, identityOf(body));
    assert.equal(accepted[0]!.links, links.length);
  }
});

function draftEnd(history: History): DraftLink["from"] {
  const text = history.pick(history.texts);
  return history.random() < 0.7
    ? { content: text }
    : { identity: identityOf(text) };
}

Deno.test("ledger: compose refuses drafts that are not canonical", async () => {
  const cell = await fresh();
  const good = draftOf([{
    from: { content: utf8("abc") },
    to: { identity: identityOf(utf8("d")) },
    token: DEFAULT_TOKEN,
    amount: 1n,
    valence: 0,
  }]);
  const compose = (draft: Uint8Array, neuron = NEURON, network = NETWORK) =>
    cell.ledger.compose(neuron, network, 0n, draft);
  valueOf(compose(good));
  for (let length = 0; length < good.length; length++) {
    assert.equal(refusal(compose(good.subarray(0, length)))[0], "malformed");
  }
  const changed = (at: number, value: number) => {
    const copy = good.slice();
    copy[at] = value;
    return copy;
  };
  const cases: [Uint8Array, RegExp][] = [
    [changed(0, 0), /draft at octet 0: 0 links/],
    [changed(1, 17), /draft at octet 0: 4353 links/],
    [changed(2, 2), /draft at octet 2: link 0: from has tag 2/],
    [changed(6, 1), /draft at octet 3: link 0: from is a content of 16777219/],
    [changed(11, 32), /draft at octet 11: link 0: to is an identity of 32/],
    [changed(15, 2), /draft at octet 15: link 0: to has hash id 2/],
    [changed(48, 9), /draft at octet 48: link 0: token has tag 9/],
    [changed(49, 0), /draft at octet 49: link 0: token has hash id 0/],
    [changed(88, 1), /draft at octet 82: link 0: amount/],
    [changed(90, 2), /draft at octet 90: link 0: valence/],
    [joined([good, Uint8Array.of(0)]), /draft at octet 91: 1 octets after/],
  ];
  for (const [draft, text] of cases) {
    const [tag, found] = refusal(compose(draft));
    assert.equal(tag, "malformed");
    assert.match(String(found), text);
  }
  assert.equal(refusal(compose(good, NEURON.subarray(1)))[0], "malformed");
  assert.equal(
    refusal(compose(good, NEURON, new Uint8Array(33)))[0],
    "malformed",
  );
  assert.equal(
    refusal(compose(good, NEURON, networkOf("x")))[0],
    "wrong-network",
  );
  const many = Array.from({ length: 256 }, (_, i) => ({
    from: { content: utf8("a") },
    to: { content: utf8("b") },
    token: identityOf(utf8(`token ${i}`)),
    amount: 0n,
    valence: 0,
  }));
  assert.match(
    String(refusal(compose(draftOf(many)))[1]),
    /more than 255 tokens/,
  );
  valueOf(compose(draftOf(many.slice(1))));
  assertEmpty(cell);
});

Deno.test("ledger: a memory limit refuses appends as full, and reads go on", async () => {
  const cell = await graphCell(new SimulatedBlockDevice({ seed: 1 }));
  cell.start([["network", NETWORK_NAME], ["memory-octets", "22000000"]]);
  cell.settle();
  let step = 0n;
  let previous: Uint8Array = NOBODY;
  let answer;
  for (; step < 200n; step++) {
    const body = bodyOf({
      network: NETWORK,
      neuron: NEURON,
      step,
      previous,
      time: 0n,
      links: Array.from(
        { length: 1000 },
        (_, i) => linkOf(`${step}/${i}`, "b"),
      ),
    });
    const before = valueOf(cell.reads.count());
    answer = cell.ledger.append([{
      signal: signed(body),
      contents: new Uint8Array(),
    }], undefined);
    previous = identityOf(body);
    if (answer.tag === "ok") continue;
    const after = valueOf(cell.reads.count());
    assert.deepEqual({ ...after, memoryUsed: 0n }, {
      ...before,
      memoryUsed: 0n,
    });
    break;
  }
  assert.deepEqual(answer, { tag: "err", val: { tag: "full" } });
  assert.ok(step > 5n);
  assert.equal(cell.ledger.head(NEURON).nextStep, step);
  assert.equal(valueOf(cell.reads.scan(0n, 65536)).next, step * 1000n);
});
