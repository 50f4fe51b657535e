/** What governance refuses, without effect: every rule, and every mutant. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Layer, Result } from "effect";
import { TestClock } from "effect/testing";
import {
  identityOf,
  identityText,
  networkIdentity,
  type Signer,
  utf8,
} from "../crypto/mod.ts";
import { type Chance, seeded } from "../crypto/test_chance.ts";
import {
  AuditLog,
  bundleOf,
  encodeProposal,
  Executor,
  Governance,
  policyOf,
  type Proposal,
  type ProposalBundle,
  type Rule,
} from "./mod.ts";
import {
  ALICE,
  BOB,
  CAROL,
  composite,
  GOVERNORS,
  NETWORK,
  OLD,
  proposal,
  signed,
  STRANGER,
  submit,
  World,
} from "./test_world.ts";

interface Refused {
  readonly name: string;
  readonly rule: Rule;
  readonly by?: readonly Signer[];
  readonly change?: Partial<Proposal>;
  readonly component?: Uint8Array;
  readonly text?: RegExp;
  readonly bend?: (bundle: ProposalBundle) => ProposalBundle;
}

const REFUSED: readonly Refused[] = [
  {
    name: "one signature",
    rule: "too-few-signatures",
    by: [BOB],
    text: new RegExp(
      `1 of the 2 needed, of 3 governors; .*${identityText(BOB.id)}`,
    ),
  },
  {
    name: "none",
    rule: "too-few-signatures",
    by: [],
    text: /signed by nobody/,
  },
  {
    name: "one governor twice",
    rule: "too-few-signatures",
    by: [ALICE],
    bend: (b) => ({ ...b, signatures: [...b.signatures, ...b.signatures] }),
    text: /1 of the 2 needed/,
  },
  { name: "a stranger", rule: "unknown-governor", by: [ALICE, BOB, STRANGER] },
  {
    name: "signatures exchanged",
    rule: "wrong-signature",
    bend: (b) => ({
      ...b,
      signatures: b.signatures.map((one, i, all) => ({
        governor: one.governor,
        signature: all[1 - i]!.signature,
      })),
    }),
  },
  {
    name: "another document's signatures",
    rule: "wrong-signature",
    bend: (b) => ({
      ...b,
      document: Result.getOrThrow(encodeProposal(proposal({ note: "other" }))),
    }),
  },
  {
    name: "another network",
    rule: "wrong-network",
    change: { network: networkIdentity("other") },
  },
  { name: "expired", rule: "expired", change: { expiryMs: 0n } },
  {
    name: "valid for years",
    rule: "valid-too-long",
    change: { expiryMs: 1n << 50n },
  },
  {
    name: "another component",
    rule: "wrong-attachment",
    component: utf8("another"),
  },
  { name: "no such cell", rule: "no-such-cell", change: { cell: "nobody" } },
  {
    name: "what runs already",
    rule: "no-change",
    change: { component: identityOf(OLD) },
    component: OLD,
  },
  {
    name: "replaces another",
    rule: "replaces-another",
    change: { replaces: identityOf(utf8("x")) },
  },
  {
    name: "unload with a component",
    rule: "wrong-attachment",
    change: { action: "unload", component: undefined },
    text: /it has 13 octets; send none/,
  },
  {
    name: "set-policy without a policy",
    rule: "malformed",
    change: { action: "set-policy", component: undefined, cell: "" },
    component: new Uint8Array(),
    text: /document octet 175: threshold needs 1 octets/,
  },
  {
    name: "expired, at a height",
    rule: "expired",
    change: { activation: { at: "height", height: 5n }, expiryMs: 0n },
  },
];

for (const one of REFUSED) {
  Deno.test(`refused without effect: ${one.name}`, async () => {
    const world = new World();
    const plain = await signed(one.by ?? [ALICE, BOB], one.change);
    const bundle = one.bend?.(plain) ?? plain;
    const refusal = await world.live(
      Effect.flip(submit(bundle, one.component)),
    );
    strictEqual(refusal.rule, one.rule, refusal.message);
    match(refusal.message, one.text ?? /./);
    ok(refusal.place !== "" && refusal.fix !== "");
    strictEqual(world.swaps, 0);
    strictEqual(world.files.size, 0, "nothing is stored");
    deepStrictEqual(world.kinds(), ["boot", "refused"]);
  });
}

Deno.test("nobody but a proposer's co-signers can propose", async () => {
  const world = new World();
  const bundles = [ALICE, BOB, CAROL].map(({ bundle }) => bundle);
  const policy = Result.getOrThrow(
    policyOf(bundles, 1, [identityText(ALICE.id)]),
  );
  const layer = Governance.layer({
    network: NETWORK,
    policy,
    composite,
    store: world.store,
    height: Effect.succeed(undefined),
  }).pipe(
    Layer.provide(Layer.succeed(Executor, world.executor)),
    Layer.provide(AuditLog.layer(world.audit, {})),
    Layer.provideMerge(TestClock.layer()),
  );
  const refusal = await Effect.runPromise(
    Effect.flip(submit(await signed([CAROL]))).pipe(Effect.provide(layer)),
  );
  strictEqual(refusal._tag, "ProposalRefused");
  if (refusal._tag === "ProposalRefused") {
    strictEqual(refusal.rule, "not-a-proposer");
  }
});

Deno.test("every changed octet of a signed document is refused", () =>
  seeded(41, async (chance: Chance) => {
    const world = new World();
    const { document, signatures } = await signed([ALICE, BOB], {
      note: "why",
    });
    await world.live(Effect.gen(function* () {
      for (let at = 0; at < document.length; at += 1) {
        const changed = document.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 + chance.below(255));
        const bundle = bundleOf(changed, signatures);
        if (Result.isFailure(bundle)) continue;
        const refusal = yield* Effect.flip(submit(bundle.success));
        strictEqual(refusal._tag, "ProposalRefused");
      }
    }));
    strictEqual(world.swaps, 0);
  }));

Deno.test("policies that could never work are refused", () => {
  const bundles = GOVERNORS.map(({ bundle }) => bundle);
  const id = identityText(ALICE.id);
  const bad: ReadonlyArray<[string, () => Result.Result<unknown, unknown>]> = [
    ["nobody", () => policyOf([], 1)],
    ["twice", () => policyOf([...bundles, bundles[0]!], 1)],
    ["k above n", () => policyOf(bundles, 4)],
    ["k of zero", () => policyOf(bundles, 0)],
    ["k broken", () => policyOf(bundles, 1.5)],
    ["short bundle", () => policyOf([new Uint8Array(10)], 1)],
    ["strange proposer", () => policyOf([bundles[1]!], 1, [id])],
    ["no proposer", () => policyOf(bundles, 1, [])],
  ];
  for (const [name, make] of bad) ok(Result.isFailure(make()), name);
});
