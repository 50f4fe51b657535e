/** Refusals in their order, and the limits of an append. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import {
  assertEmpty,
  fresh,
  linkOf,
  NETWORK,
  NEURON,
  refusal,
} from "./testing/fresh.ts";
import { graphCell, NETWORK_NAME, valueOf } from "./testing/graph_cell.ts";
import {
  bodyOf,
  contentsOf,
  identityOf,
  joined,
  networkOf,
  NOBODY,
  number,
  signed,
  utf8,
} from "./testing/signals.ts";

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
