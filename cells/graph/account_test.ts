/** Coins, boxes, cards and will: long random histories against the model. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { rulesText } from "./model/account_model.ts";
import { linkOf, NEURON, refusal } from "./testing/fresh.ts";
import { graphCell, NETWORK_NAME, valueOf } from "./testing/graph_cell.ts";
import { LedgerRun } from "./testing/ledger_run.ts";
import { cardOf, type Operation, tokenOf } from "./testing/operations.ts";
import {
  bodyOf,
  identityOf,
  networkOf,
  networkWithRules,
  signed,
  utf8,
} from "./testing/signals.ts";

const APPENDS = 110;
/** What the seeds below bring; others may leave something out. */
const ALWAYS = [
  "ok",
  "insufficient-balance",
  "coin",
  "mint",
  "card",
];

for (
  const [network, seed, more] of [
    ["local", 1, [
      "double-spend",
      "pay",
      "box",
      "give",
      "transfer",
      "withdraw",
      "spend",
    ]],
    ["metered", 4, [
      "insufficient-will",
      "lock",
      "unlock",
      "transfer",
      "withdraw",
    ]],
  ] as const
) {
  Deno.test(`ledger: axioms and sums hold, ${network}, seed ${seed}`, async () => {
    const run = await new LedgerRun(seed, network === "metered").open();
    for (let i = 0; i < APPENDS; i++) {
      run.append();
      if (run.history.random() < 0.06) await run.compare();
    }
    await run.compare();
    for (const one of [...ALWAYS, ...more]) {
      assert.ok(run.outcomes.has(one), `${one} never came`);
    }
  });
}

const NAME = identityOf(utf8("a name"));
const RULES = {
  stake: tokenOf(NEURON, NAME),
  per: 10,
  grant: 8,
  refill: 4,
  block: 1,
  cap: 100,
};

/** A metered cell, and signals of its one neuron. */
async function metered() {
  const cell = await graphCell(new SimulatedBlockDevice({ seed: 1 }));
  const rules = rulesText(RULES);
  cell.start([["network", NETWORK_NAME], ["rules", rules]]);
  cell.settle();
  const append = (operations: Operation[], links = 0, spoil = {}) => {
    const { nextStep: step, previous } = cell.ledger.head(NEURON);
    const body = bodyOf({
      network: networkWithRules(NETWORK_NAME, rules),
      neuron: NEURON,
      step,
      previous,
      time: 0n,
      links: Array.from({ length: links }, () => linkOf("a", "b", 5n)),
      operations,
      ...spoil,
    });
    const contents = new Uint8Array();
    return cell.ledger.append([{ signal: signed(body), contents }], undefined);
  };
  return { cell, append };
}

Deno.test("ledger: refusals of operations come in the contract's order", async () => {
  const { append } = await metered();
  const card: Operation = { kind: "card", particle: NAME };
  valueOf(append([card], 1));
  const pay: Operation = {
    kind: "pay",
    token: RULES.stake,
    to: NEURON,
    amount: 1n,
  };
  const order: [() => ReturnType<typeof append>, string][] = [
    [
      () => append([pay, card], 9, { network: networkOf("x") }),
      "wrong-network",
    ],
    [() => append([pay, card], 9, { previous: NEURON }), "prev-mismatch"],
    [() => append([card, pay], 9), "insufficient-will"],
    [() => append([card, pay]), "insufficient-balance"],
    [() => append([card]), "double-spend"],
  ];
  for (const [ask, tag] of order) assert.equal(refusal(ask())[0], tag);
  const other = identityOf(utf8("somebody"));
  const own = cardOf(NAME, NEURON);
  valueOf(append([{ kind: "give", card: own, to: other }]));
  const again = append([{ kind: "give", card: own, to: NEURON }]);
  assert.equal(refusal(again)[0], "insufficient-balance");
});

Deno.test("ledger: will runs out, comes back by blocks, and grows with what is staked", async () => {
  const { append } = await metered();
  const ok = (answer: ReturnType<typeof append>) => answer.tag === "ok";
  // Eight units: the grant. Each signal is a block, which brings back two.
  assert.ok(ok(append([], 8)));
  assert.equal(refusal(append([], 3))[0], "insufficient-will");
  assert.ok(ok(append([], 2)));
  assert.ok(ok(append([
    { kind: "coin", name: NAME, cap: 0n, rule: 0 },
    { kind: "mint", token: RULES.stake, to: NEURON, amount: 80n },
  ])));
  assert.ok(ok(append([{ kind: "lock", amount: 80n }])));
  // Sixteen units now: each block brings back four.
  for (let i = 0; i < 4; i++) assert.ok(ok(append([], 4)));
  assert.equal(refusal(append([], 6))[0], "insufficient-will");
  assert.ok(ok(append([{ kind: "unlock", amount: 80n }])));
  assert.equal(refusal(append([], 9))[0], "insufficient-will");
  assert.equal(refusal(append([], 101))[0], "insufficient-will");
});

Deno.test("ledger: rules are in the network's identity, and have one form", async () => {
  const rules = rulesText(RULES);
  const start = async (text: string) => {
    const cell = await graphCell(new SimulatedBlockDevice({ seed: 1 }));
    const config: [string, string][] = [
      ["network", NETWORK_NAME],
      ["rules", text],
    ];
    return [cell, cell.lifecycle.start(config, undefined)] as const;
  };
  const [cell, answer] = await start(rules);
  assert.equal(answer.tag, "ok");
  cell.settle();
  const { octets } = valueOf(valueOf(cell.proofs.latest()));
  const network = networkWithRules(NETWORK_NAME, rules);
  assert.equal(octets.slice(5, 38).toHex(), network.toHex());
  for (
    const wrong of [
      "",
      `${rules} `,
      rules.replace("per=10", "per=010"),
      rules.replace("per=10", "per=0"),
      rules.replace("cap=100", "cap=65537"),
      rules.replace("stake=01", "stake=02"),
      rules.replace("grant", "grants"),
    ]
  ) {
    const [, refused] = await start(wrong);
    assert.equal(refusal(refused)[0], "config", wrong);
  }
});
