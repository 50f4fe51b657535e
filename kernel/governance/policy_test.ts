/**
 * Who may change who governs: the old quorum decides, keys are rotated and
 * lost, and a policy that could lock everybody out is refused.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import { TestClock } from "effect/testing";
import { concatOctets, identityText, type Signer } from "../crypto/mod.ts";
import {
  ACTIONS,
  encodePolicy,
  Governance,
  outlineOf,
  policyOf,
  type Proposers,
} from "./mod.ts";
import {
  ALICE,
  BOB,
  CAROL,
  nonce,
  signed,
  STRANGER,
  submit,
  World,
} from "./test_world.ts";

const idOf = ({ id }: Signer) => identityText(id);

function change(
  governors: readonly Signer[],
  threshold: number,
  proposers?: Proposers,
) {
  const policy = Result.getOrThrow(
    policyOf(governors.map(({ bundle }) => bundle), threshold, proposers),
  );
  return {
    action: "set-policy" as const,
    component: undefined,
    cell: "",
    argument: Result.getOrThrow(encodePolicy(outlineOf(policy))),
  };
}

const bundles = (...signers: Signer[]) =>
  concatOctets(signers.map(({ bundle }) => bundle));

Deno.test("the old quorum sets a policy; the new one decides from then on", async () => {
  const world = new World();
  const next = await signed([ALICE, BOB], change([CAROL, STRANGER], 2));
  await world.live(Effect.gen(function* () {
    const record = yield* submit(next, bundles(CAROL, STRANGER));
    strictEqual(record.state, "executed");
    match(record.detail, /2 of 2 governors decide/);
  }));
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const policy = yield* office.policy;
    deepStrictEqual(
      [...policy.governors.keys()].sort(),
      [CAROL, STRANGER].map(idOf).sort(),
    );
    const old = yield* Effect.promise(() =>
      signed([ALICE, BOB], { nonce: nonce(1) })
    );
    strictEqual((yield* Effect.flip(submit(old))).rule, "unknown-governor");
    const good = yield* Effect.promise(() =>
      signed([CAROL, STRANGER], { nonce: nonce(2) })
    );
    strictEqual((yield* submit(good)).state, "executed");
  }));
});

Deno.test("a lost key: the others, k of n, put another in its place", async () => {
  const world = new World();
  const rotation = change([ALICE, BOB, STRANGER], 2);
  await world.live(Effect.gen(function* () {
    const alone = yield* Effect.promise(() => signed([ALICE], rotation));
    strictEqual(
      (yield* Effect.flip(submit(alone, bundles(STRANGER)))).rule,
      "too-few-signatures",
    );
    const self = yield* Effect.promise(() =>
      signed([ALICE, STRANGER], rotation)
    );
    strictEqual(
      (yield* Effect.flip(submit(self, bundles(STRANGER)))).rule,
      "unknown-governor",
    );
    const both = yield* Effect.promise(() => signed([ALICE, BOB], rotation));
    yield* submit(both, bundles(STRANGER));
    const lost = yield* Effect.promise(() =>
      signed([ALICE, CAROL], { nonce: nonce(1) })
    );
    strictEqual((yield* Effect.flip(submit(lost))).rule, "unknown-governor");
    const rotated = yield* Effect.promise(() =>
      signed([ALICE, STRANGER], { nonce: nonce(2) })
    );
    strictEqual((yield* submit(rotated)).state, "executed");
  }));
});

Deno.test("who may propose what", async () => {
  const world = new World();
  const limited = change([ALICE, BOB, CAROL], 1, {
    [idOf(ALICE)]: [...ACTIONS],
    [idOf(BOB)]: ["swap"],
  });
  const unload = {
    action: "unload" as const,
    component: undefined,
    nonce: nonce(1),
  };
  await world.live(Effect.gen(function* () {
    const first = yield* Effect.promise(() => signed([ALICE, BOB], limited));
    yield* submit(first, bundles());
    for (
      const [by, change, rule] of [
        [[BOB], unload, "not-a-proposer"],
        [[CAROL], { nonce: nonce(2) }, "not-a-proposer"],
      ] as const
    ) {
      const bundle = yield* Effect.promise(() => signed(by, change));
      const octets = "action" in change ? new Uint8Array() : undefined;
      strictEqual((yield* Effect.flip(submit(bundle, octets))).rule, rule);
    }
    const swap = yield* Effect.promise(() =>
      signed([BOB], { nonce: nonce(3) })
    );
    strictEqual((yield* submit(swap)).state, "executed");
    const both = yield* Effect.promise(() => signed([ALICE, BOB], unload));
    strictEqual((yield* submit(both, new Uint8Array())).state, "executed");
  }));
});

Deno.test("a policy that nobody could satisfy or change is refused", async () => {
  const world = new World();
  const good = change([ALICE, BOB], 1);
  const bent = (at: number, octet: number) => {
    const argument = good.argument.slice();
    argument[at] = octet;
    return { ...good, argument };
  };
  const noChange = 0b10111111;
  const cases = [
    ["k above n", bent(0, 3), /threshold 3 of 2/],
    ["k of zero", bent(0, 0), /threshold 0/],
    ["nobody", bent(1, 0), /0 governors/],
    ["more than there are", bent(1, 3), /needs 33 octets/],
    ["no identity", bent(2, 9), /no identity/],
    ["octets left", {
      ...good,
      argument: concatOctets([good.argument, new Uint8Array(1)]),
    }, /0 conformers/],
    ["octets left behind what is wanted of drivers", {
      ...good,
      argument: concatOctets([
        good.argument,
        Uint8Array.of(1),
        ALICE.id,
        new Uint8Array(3),
      ]),
    }, /1 octets after the end/],
    ["nobody may change it", {
      ...good,
      argument: good.argument.map((octet, at) =>
        at === 35 || at === 69 ? noChange : octet
      ),
    }, /nobody may propose set-policy/],
    ["nobody may propose", {
      ...good,
      argument: good.argument.map((octet, at) =>
        at === 35 || at === 69 ? 0 : octet
      ),
    }, /nobody may propose/],
    ["a key that is not here", change([ALICE, STRANGER], 1), /key bundle of/],
  ] as const;
  await world.live(Effect.gen(function* () {
    for (const [name, change, why] of cases) {
      const bundle = yield* Effect.promise(() => signed([ALICE, BOB], change));
      const refusal = yield* Effect.flip(submit(bundle, new Uint8Array()));
      match(refusal.message, why, name);
    }
    const office = yield* Governance;
    strictEqual((yield* office.policy).threshold, 2);
  }));
  strictEqual(world.files.size, 0);
});

Deno.test("a dry run of a policy says who comes and who goes", async () => {
  const world = new World();
  world.reports = { conformers: [idOf(ALICE)], days: 30 };
  const bundle = await signed([ALICE], change([ALICE, STRANGER], 1));
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const dry = yield* office.dryRun(bundle, bundles(STRANGER));
    deepStrictEqual(dry.policy?.governorsGained, [idOf(STRANGER)]);
    deepStrictEqual(dry.policy?.governorsLost, [BOB, CAROL].map(idOf).sort());
    strictEqual(dry.policy?.thresholdBefore, 2);
    strictEqual(dry.policy?.thresholdAfter, 1);
    deepStrictEqual(dry.policy?.reports, {
      before: `a report by ${idOf(ALICE)}, at most 30 days old`,
      after: "no report",
    });
    match(dry.refusals[0] ?? "", /too-few-signatures/);
    strictEqual((yield* office.policy).threshold, 2);
  }));
});

Deno.test("a policy for later waits with its keys, over a restart", async () => {
  const world = new World();
  const later = await signed([ALICE, BOB], {
    ...change([ALICE, STRANGER], 2),
    activation: { at: "time", ms: 30_000n },
  });
  await world.live(Effect.gen(function* () {
    const record = yield* submit(later, bundles(STRANGER));
    strictEqual(record.state, "scheduled");
    const office = yield* Governance;
    strictEqual((yield* office.policy).governors.size, 3);
  }));
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* TestClock.adjust(30_000);
    const [record] = yield* office.runDue;
    strictEqual(record?.state, "executed", record?.detail);
    deepStrictEqual(
      [...(yield* office.policy).governors.keys()].sort(),
      [ALICE, STRANGER].map(idOf).sort(),
    );
  }));
});
