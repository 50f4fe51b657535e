/** The record as of a height, cards, coins and boxes: against the model. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { AccountHistory } from "./model/account_history.ts";
import { GraphModel } from "./model/graph_model.ts";
import { appendTo } from "./testing/compare.ts";
import { linkOf } from "./testing/fresh.ts";
import {
  type GraphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./testing/graph_cell.ts";
import { cardOf, type Operation } from "./testing/operations.ts";
import {
  bodyOf,
  contentsOf,
  hex,
  identityOf,
  networkOf,
  type Signal,
  signed,
  utf8,
} from "./testing/signals.ts";

const NETWORK = networkOf(NETWORK_NAME);

interface Page {
  readonly links: { index: bigint }[];
  readonly next: bigint | undefined;
}

/** Every link of all pages; each page is taken with the cursor before it. */
function indexes(page: (cursor: bigint | undefined) => Page): number[] {
  const found: number[] = [];
  let cursor: bigint | undefined;
  do {
    const { links, next } = page(cursor);
    found.push(...links.map(({ index }) => Number(index)));
    cursor = next;
  } while (cursor !== undefined);
  return found;
}

function compareLinks(
  { views, reads }: GraphCell,
  model: GraphModel,
  history: AccountHistory,
): void {
  const height = history.below(model.height + 2);
  const then = model.links.flatMap((link, index) =>
    link.height <= height ? [{ ...link, index }] : []
  ).reverse();
  const limit = 1 + history.below(5);
  for (const id of [...history.ids.slice(0, 12), ...history.neurons]) {
    const number = valueOf(reads.find(id));
    for (const side of ["outward", "inward"] as const) {
      const end = side === "outward" ? "from" : "to";
      const wanted = then.filter((link) => hex(link[end]) === hex(id));
      const found = indexes((cursor) =>
        valueOf(
          views.linksAt(
            number ?? 1 << 30,
            side,
            BigInt(height),
            cursor,
            limit,
          ),
        )
      );
      assert.deepEqual(found, wanted.map(({ index }) => index));
    }
    const made = then.filter(({ neuron }) => hex(neuron) === hex(id));
    const found = indexes((cursor) =>
      valueOf(views.linksOf(id, BigInt(height), cursor, limit))
    );
    assert.deepEqual(found, made.map(({ index }) => index));
  }
}

function compareAccounts({ views }: GraphCell, model: GraphModel): void {
  const { coins, accounts, outputs, nullifiers, cards, focus } = model.accounts;
  const all = valueOf(views.allCoins(undefined, 0)).items;
  assert.deepEqual(
    all.map(({ token, authority, ...rest }) => [
      hex(token),
      { authority: hex(authority), ...rest },
    ]),
    [...coins].map(([token, { authority, cap, rule, supply }]) => [
      token,
      { authority, cap, supply, rule },
    ]),
  );
  for (const coin of all) {
    assert.deepEqual(valueOf(views.coinOf(coin.token)), coin);
  }
  const holders = new Set([
    ...[...accounts.keys()].map((key) => key.slice(0, 66)),
    hex(identityOf(utf8("nobody"))),
  ]);
  const nullified = (box: string) =>
    nullifiers.has(
      hex(identityOf(
        Uint8Array.from([
          ...utf8("karyon nullifier:"),
          ...Uint8Array.fromHex(box),
        ]),
      )),
    );
  for (const holder of holders) {
    const id = Uint8Array.fromHex(holder);
    const has = valueOf(views.balancesOf(id, undefined, 0)).items;
    assert.deepEqual(
      has.map(({ token, amount, nonce }) => [hex(token), amount, nonce]).sort(),
      [...accounts].filter(([key]) => key.startsWith(holder))
        .map(([key, { balance, nonce }]) => [key.slice(66), balance, nonce])
        .sort(),
    );
    const boxes = valueOf(views.boxesOf(id, undefined, 0)).items;
    assert.deepEqual(
      boxes.map(({ id, token, amount, author, owner }) => [
        hex(id),
        { token: hex(token), amount, author: hex(author), owner: hex(owner) },
      ]),
      [...outputs].filter(([box, { owner }]) =>
        owner === holder && !nullified(box)
      ),
    );
    assert.equal(valueOf(views.stakeOf(id)), focus.get(holder)?.stake ?? 0n);
    for (const part of ["created", "owned"] as const) {
      const end = part === "created" ? "creator" : "owner";
      const found: string[] = [];
      let cursor: number | undefined;
      do {
        const page = valueOf(views.cardsOf(id, part, cursor, 2));
        found.push(...page.items.map(({ id }) => hex(id)));
        cursor = page.next;
      } while (cursor !== undefined);
      const wanted = [...cards].filter(([, card]) => card[end] === holder);
      assert.deepEqual(found, wanted.map(([id]) => id));
    }
  }
}

for (const seed of [91, 92]) {
  Deno.test(`views: links of a height, coins, boxes and cards are the model's, seed ${seed}`, async () => {
    const model = new GraphModel(NETWORK);
    const history = new AccountHistory(seed, model, 20);
    let device = new SimulatedBlockDevice({ seed });
    const often: [string, string][] = [["checkpoint-octets", "1"]];
    let cell = await openGraph(device, {}, often);
    /** Who owned which card at each height. */
    const owners: Map<string, string>[] = [new Map()];
    for (let i = 0; i < 20; i++) {
      const append = history.good();
      valueOf(appendTo(cell, append));
      for (const entry of append.entries) {
        model.apply([entry]);
        owners.push(
          new Map(
            [...model.accounts.cards].map(([id, { owner }]) => [id, owner]),
          ),
        );
      }
      compareLinks(cell, model, history);
      if (history.random() < 0.2) {
        cell.settle();
        device = device.reopen({ seed });
        cell = await openGraph(device, {}, often);
      }
    }
    compareAccounts(cell, model);
    let given = 0;
    for (const [id, card] of model.accounts.cards) {
      for (let height = 0; height <= model.height; height++) {
        const then = valueOf(
          cell.views.cardAt(Uint8Array.fromHex(id), BigInt(height)),
        );
        const owner = owners[height]!.get(id);
        assert.equal(then === undefined, owner === undefined);
        if (then === undefined) continue;
        assert.equal(Number(then.height), card.height);
        // The last six times are remembered, and nothing else is said.
        if (then.owner === undefined) continue;
        assert.equal(hex(then.owner), owner);
        if (owner !== card.creator) given++;
        const since = Number(then.since);
        for (const at of [since, height]) {
          assert.equal(owners[at]!.get(id), owner);
        }
      }
    }
    assert.ok(given > 0, "no card was ever given");
    for (let height = 1; height <= model.height; height += 3) {
      const found = valueOf(cell.views.signalAt(BigInt(height)));
      assert.equal(found.tag, "found");
    }
    const none = valueOf(cell.views.signalAt(BigInt(model.height + 1)));
    assert.equal(none.tag, "none");
    assert.equal(valueOf(cell.views.signalAt(0n)).tag, "none");
  });
}

/** Two neurons, their chains, and a cell. */
class Pair {
  readonly chains = [0, 1].map((i) => {
    const bundle = utf8(`pair ${i} `.padEnd(2016, "."));
    return { id: identityOf(bundle), bundle, step: 0n, previous: zeros() };
  });
  height = 0;

  constructor(readonly cell: GraphCell) {}

  /** Links of the neuron from one text to others, by -1 where it begins so. */
  sign(who: 0 | 1, links: Signal["links"], operations: Operation[] = []) {
    const chain = this.chains[who]!;
    const { id: neuron, step, previous } = chain;
    const more = operations.length > 0 ? { operations } : {};
    const body = bodyOf({
      network: NETWORK,
      neuron,
      step,
      previous,
      time: 1n,
      links,
      ...more,
    });
    chain.step++;
    chain.previous = identityOf(body);
    const signal = signed(body);
    valueOf(
      this.cell.ledger.append(
        [{ signal, contents: contentsOf([]) }],
        undefined,
      ),
    );
    this.height++;
    return signal;
  }
}

function zeros(): Uint8Array {
  return new Uint8Array(33);
}

Deno.test("views: a card stands for what its owner said last, whoever links from it", async () => {
  const cell = await openGraph(new SimulatedBlockDevice({ seed: 93 }));
  const pair = new Pair(cell);
  const [ada, bob] = pair.chains.map(({ id }) => id) as [
    Uint8Array,
    Uint8Array,
  ];
  const [page, one, two, three] = ["page", "one", "two", "three"]
    .map((text) => identityOf(utf8(text))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
  const card = cardOf(page, ada);
  const link = (from: Uint8Array, to: Uint8Array, valence = 0) => ({
    ...linkOf("", ""),
    from,
    to,
    valence,
  });
  const at = (height: number) => {
    const found = valueOf(
      cell.views.bindingAt(card, BigInt(height), undefined),
    );
    if (found.tag !== "bound") return found.tag;
    const { target, valence } = found.val;
    const [id] = valueOf(cell.reads.identities(Uint32Array.of(target)));
    return `${hex(id!).slice(2, 8)} ${valence}`;
  };
  const short = (id: Uint8Array, valence = 0) =>
    `${hex(id).slice(2, 8)} ${valence}`;
  pair.sign(0, [link(page, ada)]); // 1: the card is a particle, and no card
  pair.sign(0, [link(card, one)], [{ kind: "card", particle: page }]); // 2
  pair.sign(1, [link(card, three)]); // 3: a stranger
  pair.sign(0, [link(card, one), link(card, two)]); // 4: the last one counts
  pair.sign(0, [link(card, two, -1)], [{ kind: "give", card, to: bob }]); // 5
  pair.sign(0, [link(card, one)]); // 6: not hers any more
  pair.sign(1, [link(card, one, 1)], [{ kind: "give", card, to: ada }]); // 7
  const wanted = [
    "unmade",
    "unmade",
    short(one),
    short(one),
    short(two),
    short(three),
    short(three),
    short(one),
    short(one),
  ];
  assert.deepEqual(wanted.map((_, height) => at(height)), wanted);
  // Given there and back: what is not remembered is not made up.
  for (let i = 0; i < 8; i++) {
    const to = i % 2 === 0 ? bob : ada;
    pair.sign(i % 2 === 0 ? 0 : 1, [], [{ kind: "give", card, to }]);
  }
  assert.equal(at(15), short(one));
  assert.equal(at(3), "forgotten");
});

Deno.test("views: the octets of a signal come back, also from behind gaps, and rot is named", async () => {
  const device = new SimulatedBlockDevice({ seed: 94, blockSize: 512 });
  const cell = await openGraph(device, { yieldEvery: 1 }, [
    ["checkpoint-octets", "1"],
  ]);
  const pair = new Pair(cell);
  const signals: Uint8Array[] = [];
  for (let i = 0; i < 12; i++) {
    signals.push(pair.sign(i % 2 === 0 ? 0 : 1, [linkOf("a", "b")]));
    if (i % 4 === 3) cell.settle();
  }
  const heightOf = (who: 0 | 1, step: bigint) =>
    valueOf(cell.views.heightOf(pair.chains[who]!.id, step));
  for (
    const [who, step, height] of [[0, 0n, 1n], [1, 2n, 6n], [
      0,
      5n,
      11n,
    ]] as const
  ) {
    assert.equal(heightOf(who, step), height);
  }
  assert.equal(heightOf(1, 6n), undefined);
  for (const height of [1, 12, 5, 6, 2]) {
    assert.deepEqual(valueOf(cell.views.signalAt(BigInt(height))), {
      tag: "found",
      val: signals[height - 1],
    });
  }
});
