/**
 * The governance service against a scripted kernel: what is executed, and what
 * a restart, a failing disk and a rollback leave.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Deferred, Effect, Fiber, Result } from "effect";
import { TestClock } from "effect/testing";
import { identityOf, identityText, utf8 } from "../crypto/mod.ts";
import {
  encodeBudget,
  encodeRevoke,
  Governance,
  loadAttachment,
  type Proposal,
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

Deno.test("two of three signatures swap the cell, and all is recorded", async () => {
  const world = new World();
  const bundle = await signed([ALICE, CAROL]);
  const record = await world.live(submit(bundle));
  strictEqual(record.state, "executed");
  strictEqual(record.pauseMs, 0.25);
  deepStrictEqual(
    record.signers,
    [ALICE, CAROL].map(({ id }) => identityText(id)).sort(),
  );
  strictEqual(world.running.get("rank"), hash(NEW));
  deepStrictEqual(world.kinds(), ["boot", "received", "executing", "executed"]);
  const { records } = Result.getOrThrow(readAudit(world.log));
  strictEqual(records[3]?.facts["component"], hash(NEW));
  strictEqual(records[3]?.facts["replaced"], hash(OLD));
});

Deno.test("a restart remembers proposals, nonces and what is installed", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(submit(bundle));
  const other = await signed([ALICE, BOB], { note: "same nonce" });
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const [record] = yield* office.list(10);
    strictEqual(record?.state, "executed");
    strictEqual((yield* office.get(bundle.id))?.bundle.id, bundle.id);
    deepStrictEqual(yield* office.installed, [
      { cell: "rank", component: hash(NEW), proposal: bundle.id },
    ]);
    for (const again of [bundle, other]) {
      const refusal = yield* Effect.flip(submit(again));
      strictEqual(refusal.rule, "replayed", refusal.message);
    }
  }));
  strictEqual(world.swaps, 1);
});

Deno.test("going back needs the downgrade flag", async () => {
  const world = new World();
  await world.live(submit(await signed([ALICE, BOB])));
  const back = { component: identityOf(OLD), nonce: nonce(1) };
  const plain = await signed([ALICE, BOB], back);
  const meant = await signed([ALICE, BOB], { ...back, downgrade: true });
  const refusal = await world.live(Effect.flip(submit(plain, OLD)));
  strictEqual(refusal.rule, "downgrade");
  const record = await world.live(submit(meant, OLD));
  strictEqual(record.state, "executed");
  strictEqual(world.running.get("rank"), hash(OLD));
});

Deno.test("a proposal for later waits, over a restart, and is executed", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB], {
    activation: { at: "time", ms: 30_000n },
  });
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    strictEqual((yield* submit(bundle)).state, "scheduled");
    deepStrictEqual(yield* office.runDue, []);
  }));
  strictEqual(world.swaps, 0);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* TestClock.adjust(29_999);
    deepStrictEqual(yield* office.runDue, []);
    yield* TestClock.adjust(1);
    const [record] = yield* office.runDue;
    strictEqual(record?.state, "executed");
    deepStrictEqual(yield* office.runDue, []);
  }));
  strictEqual(world.swaps, 1);
});

Deno.test("a damaged component of one due proposal does not hold up others", async () => {
  const world = new World();
  const activation = { at: "time", ms: 30_000n } as const;
  const bad = utf8("rotting component");
  const first = await signed([ALICE, BOB], {
    activation,
    component: identityOf(bad),
    nonce: nonce(8),
  });
  const second = await signed([ALICE, BOB], { activation });
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* submit(first, bad);
    yield* submit(second);
    world.files.set(`c/${hash(bad)}`, utf8("rotten"));
    yield* TestClock.adjust(30_000);
    const done = yield* office.runDue;
    deepStrictEqual(done.map(({ state }) => state), ["refused", "executed"]);
    match(done[0]?.detail ?? "", /its octets hash to/);
  }));
});

Deno.test("a proposal whose time passed unseen expires", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB], {
    activation: { at: "time", ms: 30_000n },
  });
  await world.live(submit(bundle));
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* TestClock.adjust(60_000);
    const [record] = yield* office.runDue;
    strictEqual(record?.state, "expired");
  }));
  strictEqual(world.swaps, 0);
});

Deno.test("a component that the kernel refuses leaves the old one, and may come again", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  world.refusing = "it trapped";
  const refusal = await world.live(Effect.flip(submit(bundle)));
  strictEqual(refusal.rule, "kernel-refused");
  match(refusal.message, /it trapped/);
  strictEqual(world.running.get("rank"), hash(OLD));
  deepStrictEqual(world.kinds(), ["boot", "received", "executing", "refused"]);
  world.refusing = undefined;
  strictEqual((await world.live(submit(bundle))).state, "executed");
});

Deno.test("a rollback ends what was installed", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* submit(bundle);
    const back = yield* office.rolledBack("rank", "health fell");
    strictEqual(back?.state, "rolled-back");
    strictEqual(back?.detail, "health fell");
    deepStrictEqual(yield* office.installed, []);
    strictEqual(yield* office.rolledBack("rank", "again"), undefined);
    const refusal = yield* Effect.flip(submit(bundle));
    strictEqual(refusal.rule, "replayed");
  }));
  strictEqual(world.kinds().at(-2), "rolled-back");
});

Deno.test("a node that stopped in the middle does not install", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(submit(bundle));
  const [name, octets] = [...world.files].find(([key]) =>
    key.startsWith("p/")
  )!;
  const text = new TextDecoder().decode(octets);
  world.files.set(name, utf8(text.replace('"executed"', '"executing"')));
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    strictEqual((yield* office.get(bundle.id))?.state, "interrupted");
    deepStrictEqual(yield* office.installed, []);
    strictEqual((yield* Effect.flip(submit(bundle))).rule, "replayed");
  }));
});

Deno.test("a failing disk refuses before anything is swapped", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    yield* Governance;
    world.failing = true;
    const refusal = yield* Effect.flip(submit(bundle));
    strictEqual(refusal.rule, "storage");
    world.failing = false;
    strictEqual(world.swaps, 0);
    strictEqual((yield* submit(bundle)).state, "executed");
  }));
});

Deno.test("a second proposal meanwhile is refused as busy", async () => {
  const world = new World();
  const first = await signed([ALICE, BOB]);
  const second = await signed([ALICE, BOB], { nonce: nonce(2) });
  await world.live(Effect.gen(function* () {
    world.gate = yield* Deferred.make<void>();
    const office = yield* Governance;
    const fiber = yield* Effect.forkChild(office.submit(first, NEW));
    while ((yield* office.get(first.id)) === undefined) {
      yield* Effect.promise(() => new Promise((next) => setTimeout(next, 1)));
    }
    strictEqual((yield* Effect.flip(submit(second))).rule, "busy");
    yield* Deferred.succeed(world.gate, undefined);
    strictEqual((yield* Fiber.join(fiber)).state, "executed");
  }));
  strictEqual(world.swaps, 1);
});

Deno.test("a dry run says what would change and changes nothing", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const dry = yield* office.dryRun(bundle, NEW);
    strictEqual(dry.running, hash(OLD));
    strictEqual(dry.component, hash(NEW));
    deepStrictEqual(dry.changes?.exportsGained, ["x"]);
    deepStrictEqual(yield* office.list(10), []);
  }));
  strictEqual(world.files.size, 0);
  deepStrictEqual(world.kinds(), ["boot"]);
});

Deno.test("every change of a cell reaches the kernel, at its time too", async () => {
  const world = new World();
  const manifest = utf8("{}");
  const cases: ReadonlyArray<readonly [Partial<Proposal>, Uint8Array, object]> =
    [
      [
        {
          action: "load",
          cell: "extra",
          manifest: identityOf(manifest),
        },
        loadAttachment(manifest, NEW),
        { component: NEW, manifest: "{}" },
      ],
      [{ action: "unload", component: undefined }, new Uint8Array(), {}],
      [
        {
          action: "set-budget",
          component: undefined,
          argument: encodeBudget({ budgetMs: 4 }),
        },
        new Uint8Array(),
        { budget: { budgetMs: 4 } },
      ],
      [
        {
          action: "revoke",
          component: undefined,
          argument: Result.getOrThrow(encodeRevoke("karyon:a/b@0.1.0")),
        },
        new Uint8Array(),
        { contract: "karyon:a/b@0.1.0" },
      ],
    ];
  const activation = { at: "time", ms: 30_000n } as const;
  for (const [index, [change, attachment]] of cases.entries()) {
    const bundle = await signed([ALICE, BOB], {
      ...change,
      activation,
      nonce: nonce(index + 1),
    });
    strictEqual(
      (await world.live(submit(bundle, attachment))).state,
      "scheduled",
    );
  }
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* TestClock.adjust(30_000);
    const done = yield* office.runDue;
    deepStrictEqual(done.map(({ detail }) => detail).sort(), [
      "load of extra",
      "revoke of rank",
      "set-budget of rank",
      "unload of rank",
    ]);
  }));
  for (const [change, , rest] of cases) {
    const { action = "swap", cell = "rank" } = change;
    deepStrictEqual(
      world.changes.find((one) => one.action === action),
      { action, cell, ...rest },
    );
  }
});

Deno.test("a probation is on record until it is over", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    strictEqual((yield* submit(bundle)).probation, true);
    strictEqual(
      yield* office.kept("rank", 99),
      undefined,
      "another generation",
    );
  }));
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    strictEqual((yield* office.get(bundle.id))?.probation, true);
    strictEqual((yield* office.kept("rank", 1))?.probation, false);
    strictEqual(yield* office.kept("rank", 1), undefined);
    strictEqual((yield* office.get(bundle.id))?.state, "executed");
  }));
  strictEqual(world.kinds().at(-1), "kept");
});
