/**
 * Withdrawing what waits: who may, what becomes of the rest, what a dry run
 * says, and that a power cut leaves it waiting or withdrawn.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Exit, Result } from "effect";
import { TestClock } from "effect/testing";
import { identityOf, identityText, type Signer, utf8 } from "../crypto/mod.ts";
import {
  type Action,
  encodePolicy,
  encodeWithdraw,
  Governance,
  outlineOf,
  policyOf,
  type Proposal,
  type ProposalBundle,
  readAudit,
} from "./mod.ts";
import {
  ALICE,
  BOB,
  CAROL,
  hash,
  NEW,
  nonce,
  OLD,
  signed,
  submit,
  World,
} from "./test_world.ts";

const NEWER = utf8("newer component");
const NOTHING = new Uint8Array();
const BOTH = [ALICE, BOB];
const at = (height: bigint) => ({ at: "height", height }) as const;
const runDue = Effect.flatMap(Governance, (office) => office.runDue);
const stateOf = (id: string) =>
  Effect.flatMap(Governance, (office) => office.get(id)).pipe(
    Effect.map((record) => record?.state),
  );

const later = (height: bigint, change: Partial<Proposal> = {}) =>
  signed(BOTH, { activation: at(height), ...change });

const withdrawalOf = (
  { id }: ProposalBundle,
  by: readonly Signer[] = BOTH,
  n = 9,
) =>
  signed(by, {
    action: "withdraw",
    cell: "",
    component: undefined,
    argument: Result.getOrThrow(encodeWithdraw(id)),
    nonce: nonce(n),
  });

const withdraw = (bundle: ProposalBundle) => submit(bundle, NOTHING);

Deno.test("what is withdrawn is not executed, in no life, and does not come back", async () => {
  const world = new World();
  const waiting = await later(5n);
  const back = await withdrawalOf(waiting);
  await world.live(Effect.gen(function* () {
    yield* submit(waiting);
    const record = yield* withdraw(back);
    strictEqual(record.state, "executed");
    strictEqual(
      record.detail,
      `swap of rank at height 5 is withdrawn: ${waiting.id}`,
    );
    strictEqual(yield* stateOf(waiting.id), "withdrawn");
    strictEqual((yield* Effect.flip(submit(waiting))).rule, "replayed");
    const office = yield* Governance;
    deepStrictEqual(yield* office.atHeight(5n), []);
  }));
  world.height = 6n;
  await world.live(Effect.gen(function* () {
    deepStrictEqual(yield* runDue, []);
    const office = yield* Governance;
    deepStrictEqual(
      (yield* office.get(waiting.id))?.detail,
      [
        "withdrawn by proposal",
        back.id,
      ].join(" "),
    );
    strictEqual((yield* Effect.flip(withdraw(back))).rule, "replayed");
  }));
  strictEqual(world.swaps, 0);
  const { records } = Result.getOrThrow(readAudit(world.log));
  deepStrictEqual(
    records.map(({ kind }) => kind).filter((kind) => kind !== "boot"),
    [
      "received",
      "received",
      "executing",
      "withdrawn",
      "executed",
      "refused",
      "refused",
    ],
  );
  const line = records.find(({ kind }) => kind === "withdrawn")?.facts ?? {};
  strictEqual(line["proposal"], waiting.id);
  strictEqual(line["by"], back.id);
});

Deno.test("the same change may be proposed anew, and have its turn", async () => {
  const world = new World();
  const waiting = await later(5n);
  await world.live(submit(waiting));
  await world.live(withdraw(await withdrawalOf(waiting)));
  await world.live(submit(await later(5n, { nonce: nonce(2) })));
  world.height = 5n;
  strictEqual((await world.live(runDue)).length, 1);
  strictEqual(world.running.get("rank"), hash(NEW));
});

Deno.test("too late: at its height it is executed, and there is nothing to withdraw", async () => {
  const world = new World();
  const waiting = await later(5n);
  const back = await withdrawalOf(waiting);
  await world.live(Effect.gen(function* () {
    yield* submit(waiting);
    const office = yield* Governance;
    yield* office.atHeight(5n);
    const refusal = yield* Effect.flip(withdraw(back));
    strictEqual(
      refusal.message,
      `not-waiting at document octet 175: proposal ${waiting.id} is executed, ` +
        "and waits no more; propose the change that undoes it",
    );
  }));
  strictEqual(world.running.get("rank"), hash(NEW));
});

Deno.test("one that has expired, and was not looked at yet, is void", async () => {
  const world = new World();
  const waiting = await later(5n, { expiryMs: 1_000n });
  const back = await withdrawalOf(waiting);
  await world.live(Effect.gen(function* () {
    yield* submit(waiting);
    yield* TestClock.adjust(1_000);
    match(
      (yield* Effect.flip(withdraw(back))).message,
      /^not-waiting at document octet 175: .* expired at .*; it is void/,
    );
  }));
});

Deno.test("a signer may withdraw, or propose what is withdrawn", async () => {
  const rights: ReadonlyArray<readonly [readonly Action[], string]> = [
    [["withdraw"], "executed"],
    [["swap"], "executed"],
    [["load", "unload", "set-budget", "grant", "revoke"], "not-a-proposer"],
  ];
  for (const [carols, end] of rights) {
    const world = new World();
    const waiting = await later(5n);
    await world.live(submit(waiting));
    const policy = Result.getOrThrow(
      policyOf(
        [ALICE, BOB, CAROL].map(({ bundle }) => bundle),
        1,
        {
          [identityText(ALICE.id)]: ["swap", "set-policy"],
          [identityText(CAROL.id)]: carols,
        },
      ),
    );
    const rotated = await signed(BOTH, {
      action: "set-policy",
      cell: "",
      component: undefined,
      argument: Result.getOrThrow(encodePolicy(outlineOf(policy))),
      nonce: nonce(3),
    });
    await world.live(submit(rotated, NOTHING));
    const done = await world.live(
      Effect.result(withdraw(await withdrawalOf(waiting, [CAROL]))),
    );
    strictEqual(
      Result.isSuccess(done) ? done.success.state : done.failure.rule,
      end,
      carols.join(),
    );
  }
});

Deno.test("a withdrawal of what nobody proposed says so, whatever the rights", async () => {
  const world = new World();
  const never = await later(5n);
  match(
    (await world.live(Effect.flip(withdraw(await withdrawalOf(never)))))
      .message,
    /^no-such-proposal at document octet 175: .*; see `proposals --pending`/,
  );
  strictEqual(world.files.size, 0);
});

Deno.test("a dry run says what will not happen, and what that is to those behind it", async () => {
  const world = new World();
  const first = await later(5n);
  const second = await later(8n, {
    nonce: nonce(2),
    component: identityOf(NEWER),
    replaces: identityOf(NEW),
  });
  const third = await later(9n, {
    nonce: nonce(3),
    component: identityOf(OLD),
    downgrade: true,
  });
  const apart = await later(6n, { nonce: nonce(4), cell: "query" });
  world.running.set("query", hash(OLD));
  await world.live(Effect.gen(function* () {
    yield* submit(first);
    yield* submit(second, NEWER);
    yield* submit(third, OLD);
    yield* submit(apart);
  }));
  const unsigned = await withdrawalOf(first, []);
  const files = world.files.size;
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const dry = yield* office.dryRun(unsigned, NOTHING);
    match(dry.refusals[0] ?? "", /^too-few-signatures /);
    const { target, chain } = dry.withdrawal!;
    strictEqual(target.record.bundle.id, first.id);
    strictEqual(target.changes?.effect, "restart", "this will not happen");
    deepStrictEqual(target.refusals, []);
    deepStrictEqual(
      chain.map(({ record, behind }) => [record.bundle.id, behind]),
      [[second.id, []], [third.id, [second.id]]],
      "the other cell's keeps out",
    );
    match(chain[0]?.refusals[0] ?? "", /^replaces-another at document octet/);
    deepStrictEqual(chain[1]?.refusals, [], "not known: another is before it");
    strictEqual(yield* stateOf(first.id), "scheduled");
    yield* withdraw(yield* Effect.promise(() => withdrawalOf(first)));
  }));
  strictEqual(world.files.size, files + 1, "the withdrawal alone is new");
  world.height = 8n;
  const done = await world.live(runDue);
  deepStrictEqual(
    done.map(({ bundle, state }) => [bundle.id, state]),
    [[apart.id, "executed"], [second.id, "refused"]],
  );
});

Deno.test("a dry run of a policy that waits says who would not govern", async () => {
  const world = new World();
  const policy = Result.getOrThrow(
    policyOf([ALICE, BOB].map(({ bundle }) => bundle), 1),
  );
  const rotated = await signed(BOTH, {
    action: "set-policy",
    cell: "",
    component: undefined,
    activation: at(5n),
    argument: Result.getOrThrow(encodePolicy(outlineOf(policy))),
  });
  await world.live(submit(rotated, NOTHING));
  const back = await withdrawalOf(rotated);
  const dry = await world.live(
    Effect.flatMap(Governance, (office) => office.dryRun(back, NOTHING)),
  );
  deepStrictEqual(dry.withdrawal?.target.policy?.governorsLost, [
    identityText(CAROL.id),
  ]);
  deepStrictEqual(dry.withdrawal?.chain, []);
});

/** One life that ends after so many writes; true if it lived to its end. */
async function cutAfter(
  world: World,
  writes: number,
  body: Effect.Effect<unknown, unknown, Governance>,
): Promise<boolean> {
  world.writesLeft = writes;
  const exit = await Effect.runPromiseExit(
    Effect.promise(() => world.live(Effect.orDie(body))),
  );
  world.writesLeft = Infinity;
  return Exit.isSuccess(exit);
}

Deno.test("a power cut at any write leaves it waiting or withdrawn, and says which", async () => {
  const waiting = await later(5n);
  const back = await withdrawalOf(waiting);
  const ends: string[] = [];
  for (let writes = 0, isWhole = false; !isWhole; writes += 1) {
    const world = new World();
    await world.live(submit(waiting));
    isWhole = await cutAfter(world, writes, withdraw(back));
    const [target, withdrawal] = await world.live(
      Effect.all([stateOf(waiting.id), stateOf(back.id)]),
    );
    ends.push(`${target}, ${withdrawal}`);
    world.height = 5n;
    await world.live(runDue);
    strictEqual(world.swaps, target === "scheduled" ? 1 : 0);
    strictEqual(
      await world.live(stateOf(waiting.id)),
      target === "scheduled" ? "executed" : "withdrawn",
    );
    const noted = world.kinds().includes("withdrawn");
    strictEqual(noted, target === "withdrawn", "the log says so, too");
  }
  deepStrictEqual([...new Set(ends)], [
    "scheduled, undefined",
    "scheduled, interrupted",
    "withdrawn, executed",
  ]);
  ok(ends.filter((end) => end === "withdrawn, executed").length >= 3);
});

Deno.test("where the disk fails it goes on waiting", async () => {
  const world = new World();
  const waiting = await later(5n);
  await world.live(Effect.gen(function* () {
    yield* submit(waiting);
    world.failing = true;
    const refusal = yield* Effect.flip(
      withdraw(yield* Effect.promise(() => withdrawalOf(waiting))),
    );
    strictEqual(refusal.rule, "storage");
    world.failing = false;
    strictEqual(yield* stateOf(waiting.id), "scheduled");
  }));
});
