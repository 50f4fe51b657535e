/**
 * Proposals for later: a time or a height of the record, over restarts and
 * power cuts, judged again when their turn has come.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Exit, Result } from "effect";
import { TestClock } from "effect/testing";
import { identityOf, type Signer, utf8 } from "../crypto/mod.ts";
import {
  encodePolicy,
  Governance,
  outlineOf,
  policyOf,
  type Proposal,
  type ProposalRecord,
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
const at = (height: bigint) => ({ at: "height", height }) as const;
const runDue = Effect.flatMap(Governance, (office) => office.runDue);

const later = (
  height: bigint,
  change: Partial<Proposal> = {},
  by: readonly Signer[] = [ALICE, BOB],
) => signed(by, { activation: at(height), ...change });

function refused(world: World): Record<string, string>[] {
  const { records } = Result.getOrThrow(readAudit(world.log));
  return records.filter(({ kind }) => kind === "refused")
    .map(({ facts }) => ({ ...facts }));
}

function only(records: readonly ProposalRecord[]): ProposalRecord {
  strictEqual(records.length, 1);
  return records[0]!;
}

Deno.test("a proposal for a height waits, over a restart, and is executed once", async () => {
  const world = new World();
  const bundle = await later(5n);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const record = yield* submit(bundle);
    strictEqual(record.state, "scheduled");
    strictEqual(record.detail, "due at height 5");
    deepStrictEqual(yield* office.atHeight(4n), []);
    strictEqual((yield* Effect.flip(submit(bundle))).rule, "replayed");
  }));
  world.height = 4n;
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    deepStrictEqual(yield* office.runDue, []);
    deepStrictEqual(yield* office.atHeight(4n), []);
    strictEqual(world.swaps, 0);
    strictEqual(only(yield* office.atHeight(5n)).state, "executed");
    deepStrictEqual(yield* office.atHeight(6n), []);
  }));
  world.height = 6n;
  deepStrictEqual(await world.live(runDue), []);
  strictEqual(world.swaps, 1);
  deepStrictEqual(
    world.kinds().filter((kind) => kind !== "boot"),
    ["received", "refused", "executing", "executed"],
  );
  const { records } = Result.getOrThrow(readAudit(world.log));
  strictEqual(records[1]?.facts["activation"], "at height 5");
});

Deno.test("a height that the record has is at once", async () => {
  const world = new World();
  world.height = 5n;
  strictEqual((await world.live(submit(await later(5n)))).state, "executed");
});

Deno.test("while nobody can say the height, none has come", async () => {
  const world = new World();
  world.height = undefined;
  strictEqual((await world.live(submit(await later(1n)))).state, "scheduled");
  deepStrictEqual(await world.live(runDue), []);
  world.height = 1n;
  strictEqual(only(await world.live(runDue)).state, "executed");
});

Deno.test("what expires before its height is never executed", async () => {
  const world = new World();
  await world.live(submit(await later(5n)));
  await world.live(Effect.gen(function* () {
    yield* TestClock.adjust(60_000);
    const record = only(yield* runDue);
    strictEqual(record.state, "expired");
    match(record.detail, /^expired at document octet 148: .*; propose again/);
  }));
  world.height = 5n;
  deepStrictEqual(await world.live(runDue), []);
  strictEqual(world.swaps, 0);
  match(refused(world)[0]?.["detail"] ?? "", /before it could be executed at/);
});

Deno.test("times before heights, the smaller first, equal ones as accepted", async () => {
  const world = new World();
  const asked: ReadonlyArray<readonly [string, Proposal["activation"]]> = [
    ["fifth", at(9n)],
    ["fourth", at(7n)],
    ["sixth", at(9n)],
    ["second", { at: "time", ms: 20_000n }],
    ["first", { at: "time", ms: 10_000n }],
    ["third", { at: "time", ms: 20_000n }],
  ];
  for (const [index, [note, activation]] of asked.entries()) {
    const octets = utf8(note);
    const bundle = await signed([ALICE, BOB], {
      activation,
      note,
      nonce: nonce(index),
      component: identityOf(octets),
    });
    await world.live(submit(bundle, octets));
  }
  const order = ["first", "second", "third", "fourth", "fifth", "sixth"];
  const noteOf = ({ bundle }: ProposalRecord) => bundle.proposal.note;
  world.height = 100n;
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    deepStrictEqual((yield* office.list(10)).map(noteOf), order);
    yield* TestClock.adjust(30_000);
    deepStrictEqual((yield* office.runDue).map(noteOf), order);
  }));
  strictEqual(world.running.get("rank"), hash(utf8("sixth")));
});

Deno.test("two for one cell: the second is judged by what the first left", async () => {
  const world = new World();
  const first = await later(5n);
  const second = await later(8n, {
    nonce: nonce(2),
    component: identityOf(NEWER),
    replaces: identityOf(NEW),
  });
  const alone = await world.live(Effect.flip(submit(second, NEWER)));
  strictEqual(alone.rule, "replaces-another", "nothing waits before it");
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* submit(first);
    const dry = yield* office.dryRun(second, NEWER);
    deepStrictEqual(dry.behind, [first.id]);
    strictEqual((yield* submit(second, NEWER)).state, "scheduled");
  }));
  world.height = 20n;
  const done = await world.live(runDue);
  deepStrictEqual(done.map(({ state }) => state), ["executed", "executed"]);
  deepStrictEqual(done.map(({ replaced }) => replaced), [hash(OLD), hash(NEW)]);
  strictEqual(world.running.get("rank"), hash(NEWER));
});

Deno.test("where the first is refused, the second says what it misses", async () => {
  const world = new World();
  await world.live(submit(await later(5n)));
  const second = await later(8n, {
    nonce: nonce(2),
    component: identityOf(NEWER),
    replaces: identityOf(NEW),
  });
  await world.live(submit(second, NEWER));
  world.files.delete(`c/${hash(NEW)}`);
  world.height = 8n;
  const done = await world.live(runDue);
  deepStrictEqual(done.map(({ state }) => state), ["refused", "refused"]);
  match(done[0]?.detail ?? "", /^storage at attachment: .*not stored here; /);
  match(done[1]?.detail ?? "", /^replaces-another at document octet 106: /);
  deepStrictEqual(
    refused(world).map(({ detail }) => detail),
    done.map(({ detail }) => detail),
  );
  strictEqual(world.running.get("rank"), hash(OLD));
});

Deno.test("signers that the policy of then does not know do not count", async () => {
  const world = new World();
  const waiting = await later(5n);
  await world.live(submit(waiting));
  const policy = Result.getOrThrow(
    policyOf([ALICE, CAROL].map(({ bundle }) => bundle), 2),
  );
  const rotated = await signed([ALICE, BOB], {
    action: "set-policy",
    cell: "",
    component: undefined,
    argument: Result.getOrThrow(encodePolicy(outlineOf(policy))),
    nonce: nonce(3),
  });
  await world.live(submit(rotated, new Uint8Array()));
  world.height = 5n;
  const record = only(await world.live(runDue));
  strictEqual(record.state, "refused");
  match(record.detail, /^unknown-governor at signatures\[\d\]\.governor: /);
  strictEqual(world.swaps, 0);
});

Deno.test("a component that came and went meanwhile is a downgrade", async () => {
  const world = new World();
  await world.live(submit(await later(5n)));
  await world.live(submit(await signed([ALICE, BOB], { nonce: nonce(4) })));
  const back = await signed([ALICE, BOB], {
    nonce: nonce(5),
    component: identityOf(OLD),
    downgrade: true,
  });
  await world.live(submit(back, OLD));
  world.height = 5n;
  match(
    only(await world.live(runDue)).detail,
    /^downgrade at document octet 40: /,
  );
  strictEqual(world.running.get("rank"), hash(OLD));
});

Deno.test("a cell that is gone by then is named", async () => {
  const world = new World();
  await world.live(submit(await later(5n)));
  world.running.delete("rank");
  world.height = 5n;
  match(
    only(await world.live(runDue)).detail,
    /^no-such-cell at document octet 173: .*; see `cells`/,
  );
});

Deno.test("the signers on record are those of the policy that executed it", async () => {
  const world = new World();
  await world.live(submit(await later(5n, {}, [ALICE, BOB, CAROL])));
  world.height = 5n;
  const record = only(await world.live(runDue));
  strictEqual(record.threshold, 2);
  strictEqual(record.signers.length, 3);
});

Deno.test("a dry run says when it would take effect", async () => {
  const world = new World();
  world.height = 3n;
  const bundle = await later(5n);
  const dry = await world.live(
    Effect.flatMap(Governance, (office) => office.dryRun(bundle, NEW)),
  );
  deepStrictEqual(dry.activation, at(5n));
  strictEqual(dry.active, false);
  strictEqual(dry.height, 3n);
  deepStrictEqual(dry.behind, []);
  strictEqual(world.files.size, 0);
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

Deno.test("a power cut at any write of the acceptance: handed in again, executed once", async () => {
  const bundle = await later(5n);
  for (let writes = 0, isWhole = false; !isWhole; writes += 1) {
    const world = new World();
    isWhole = await cutAfter(world, writes, submit(bundle));
    await world.live(Effect.exit(submit(bundle)));
    world.height = 5n;
    await world.live(runDue);
    strictEqual(await endOf(world), "executed", `cut after ${writes} writes`);
  }
});

Deno.test("a power cut at any write of the execution: once, or said to be interrupted", async () => {
  const bundle = await later(5n);
  const ends: string[] = [];
  for (let writes = 0, isWhole = false; !isWhole; writes += 1) {
    const world = new World();
    await world.live(submit(bundle));
    world.height = 5n;
    isWhole = await cutAfter(world, writes, runDue);
    await world.live(runDue);
    ends.push(await endOf(world));
  }
  const interrupted = ends.filter((end) => end === "interrupted").length;
  ok(interrupted >= 2, "before and behind the change itself");
  deepStrictEqual(
    ends.filter((end) => end !== "interrupted" && end !== "executed"),
    [],
  );
  strictEqual(ends.at(-1), "executed", "control: no cut");
});

/** How the proposal ended, and that it was done at most once. */
async function endOf(world: World): Promise<string> {
  const records = await world.live(
    Effect.flatMap(Governance, (office) => office.list(10)),
  );
  const { state } = only(records);
  ok(world.swaps <= 1, `executed ${world.swaps} times`);
  if (state === "executed") strictEqual(world.swaps, 1);
  deepStrictEqual(
    await world.live(
      Effect.flatMap(Governance, (office) => office.installed),
    ),
    state === "executed"
      ? [{
        cell: "rank",
        component: hash(NEW),
        proposal: only(records).bundle.id,
      }]
      : [],
  );
  return state;
}
