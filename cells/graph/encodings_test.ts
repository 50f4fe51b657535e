/** Signals and drafts as octets: golden vectors, and whatever else may come. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import {
  assertEmpty,
  fresh,
  linkOf,
  NETWORK,
  NEURON,
  NOTHING,
  refusal,
} from "./testing/fresh.ts";
import {
  cardOf,
  nullifierOf,
  outputOf,
  tokenOf,
} from "./testing/operations.ts";
import { openGraph, valueOf } from "./testing/graph_cell.ts";
import {
  bodyOf,
  contentsOf,
  DEFAULT_TOKEN,
  type DraftLink,
  draftOf,
  identityOf,
  joined,
  networkOf,
  NOBODY,
  signed,
  utf8,
} from "./testing/signals.ts";

const VECTORS = new URL("../../conformance/vectors/graph/", import.meta.url);

/** `conformance/vectors/graph/signal.json`; identities and octets in hexadecimal. */
interface SignalVectors {
  readonly network: { readonly name: string; readonly id: string };
  readonly neuron: { readonly id: string };
  readonly particles: readonly { readonly text: string; readonly id: string }[];
  readonly axons: readonly Record<"from" | "to" | "id", string>[];
  readonly signals: readonly (
    & Record<"draft" | "body" | "contents" | "envelope" | "id", string>
    & { readonly time: number }
  )[];
}

/** `conformance/vectors/graph/malformed.json`. */
interface MalformedVectors {
  readonly bodies: readonly {
    readonly name: string;
    readonly offset: number;
    readonly body: string;
  }[];
}

/** `conformance/vectors/graph/operations.json`. */
interface OperationVectors {
  readonly identities: Record<"coin" | "box" | "nullifier" | "card", string>;
  readonly signals: readonly (
    & Record<"draft" | "body" | "id", string>
    & { readonly time: number; readonly operations: readonly string[] }
  )[];
  readonly state: { readonly octets: string; readonly root: string };
}

async function vectors<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(name, VECTORS))) as T;
}

Deno.test("encodings: composes and accepts the golden signals", async () => {
  const { network, neuron, signals, particles, axons } = await vectors<
    SignalVectors
  >(
    "signal.json",
  );
  const cell = await fresh(network.name);
  for (const vector of signals) {
    const composed = valueOf(cell.ledger.compose(
      Uint8Array.fromHex(neuron.id),
      Uint8Array.fromHex(network.id),
      BigInt(vector.time),
      undefined,
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

Deno.test("encodings: composes and accepts the golden operations", async () => {
  const { network, neuron } = await vectors<SignalVectors>("signal.json");
  const { identities, signals, state } = await vectors<OperationVectors>(
    "operations.json",
  );
  const cell = await fresh(network.name);
  const id = Uint8Array.fromHex(neuron.id);
  for (const vector of signals) {
    const { body, contents } = valueOf(cell.ledger.compose(
      id,
      Uint8Array.fromHex(network.id),
      BigInt(vector.time),
      undefined,
      Uint8Array.fromHex(vector.draft),
    ));
    assert.equal(body.toHex(), vector.body);
    assert.equal(contents.length, 0);
    const [receipt] = valueOf(cell.ledger.append([{
      signal: signed(body),
      contents,
    }], undefined));
    assert.equal(receipt!.signal.toHex(), vector.id);
  }
  const found = valueOf(valueOf(cell.proofs.latest()));
  assert.equal(found.octets.toHex(), state.octets);
  assert.equal(found.root.toHex(), state.root);
  // The codec of the tests comes to the same identities.
  const name = identityOf(utf8("karyon"));
  const box = outputOf(Uint8Array.fromHex(signals[2]!.id), 0);
  assert.deepEqual(identities, {
    coin: tokenOf(id, name).toHex(),
    box: box.toHex(),
    nullifier: nullifierOf(box).toHex(),
    card: cardOf(name, id).toHex(),
  });
});

Deno.test("encodings: refuses the malformed vectors where they are malformed", async () => {
  const { network } = await vectors<SignalVectors>("signal.json");
  const file = await vectors<MalformedVectors>("malformed.json");
  const cases = file.bodies;
  assert.ok(cases.length > 20);
  const cell = await fresh(network.name);
  for (const { name, offset, body } of cases) {
    const octets = Uint8Array.fromHex(body);
    const [tag, text] = refusal(
      cell.ledger.append(
        [{ signal: octets, contents: NOTHING }],
        undefined,
      ),
    );
    assert.equal(tag, "malformed", name);
    // With its signature too, unless the rule is where the body ends.
    const whole = cell.ledger.append(
      [{ signal: signed(octets), contents: NOTHING }],
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

Deno.test("encodings: whatever prefix or octet of operations is changed, it is malformed", async () => {
  const { network } = await vectors<SignalVectors>("signal.json");
  const { signals } = await vectors<OperationVectors>("operations.json");
  const cell = await fresh(network.name);
  for (const body of signals.map((one) => Uint8Array.fromHex(one.body))) {
    const good = signed(body);
    for (let length = 0; length < good.length; length += 7) {
      const entry = { signal: good.subarray(0, length), contents: NOTHING };
      const answer = cell.ledger.append([entry], undefined);
      assert.equal(refusal(answer)[0], "malformed");
    }
    for (let at = 0; at < body.length; at++) {
      const changed = good.slice();
      changed[at] = changed[at]! ^ 0x81;
      // A content that no link touches: not even another good one is accepted.
      const entry = { signal: changed, contents: contentsOf([utf8("loose")]) };
      const answer = cell.ledger.append([entry], undefined);
      assert.equal(refusal(answer)[0], "malformed");
    }
  }
  assert.equal(valueOf(cell.reads.count()).height, 0n);
});

Deno.test("encodings: whatever prefix or octet of a signal is changed, it is refused or another", async () => {
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
      [{ signal: good.subarray(0, length), contents: NOTHING }],
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
    const bare = { signal: changed, contents: NOTHING };
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

Deno.test("encodings: compose makes what append takes, and leaves known contents out", async () => {
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
      cell.ledger.compose(
        NEURON,
        NETWORK,
        BigInt(round),
        undefined,
        draftOf(links),
      ),
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

Deno.test("encodings: compose refuses drafts that are not canonical", async () => {
  const cell = await fresh();
  const good = draftOf([{
    from: { content: utf8("abc") },
    to: { identity: identityOf(utf8("d")) },
    token: DEFAULT_TOKEN,
    amount: 1n,
    valence: 0,
  }]);
  const compose = (draft: Uint8Array, neuron = NEURON, network = NETWORK) =>
    cell.ledger.compose(neuron, network, 0n, undefined, draft);
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
    [
      changed(0, 0),
      /signal at octet 125: operation 0: kind 0, 1 to 11 are known/,
    ],
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
