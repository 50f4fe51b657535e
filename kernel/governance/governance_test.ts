/**
 * The governance service against a scripted kernel: what is executed, what is
 * refused and why, and what a restart remembers.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Deferred, Effect, Fiber, Layer, Result } from "effect";
import { TestClock } from "effect/testing";
import {
  type Composite,
  identityOf,
  identityText,
  networkIdentity,
  seedsFrom,
  type Signer,
  signerFor,
  utf8,
} from "../crypto/mod.ts";
import { Chance, seeded } from "../crypto/test_chance.ts";
import { nobleMlDsa65 } from "../crypto/noble.ts";
import { PLATFORM_ED25519 } from "../crypto/platform.ts";
import { composite as join } from "../crypto/composite.ts";
import {
  AuditLog,
  type AuditStorage,
  bundleOf,
  encodeProposal,
  Governance,
  policyOf,
  type Proposal,
  type ProposalBundle,
  type ProposalStore,
  readAudit,
  type Rule,
  signBundle,
  StorageFailed,
  SwapExecutor,
  SwapRefusal,
} from "./mod.ts";

const NETWORK = networkIdentity("test");
const composite: Composite = join(nobleMlDsa65(), PLATFORM_ED25519);
const signers: Signer[] = [];
for (const n of [1, 2, 3, 4]) {
  const key = await composite.open(seedsFrom(new Uint8Array(32).fill(n)));
  signers.push(signerFor(key, ["proposal"]));
}
const [ALICE, BOB, CAROL, STRANGER] = signers as [
  Signer,
  Signer,
  Signer,
  Signer,
];
const GOVERNORS = [ALICE, BOB, CAROL];
const OLD = utf8("old component");
const NEW = utf8("new component");
const hash = (octets: Uint8Array) => identityText(identityOf(octets));

/** A node's disk and kernel, kept over restarts. */
class World {
  readonly files = new Map<string, Uint8Array>();
  readonly running = new Map([["rank", hash(OLD)]]);
  log: Uint8Array = new Uint8Array();
  swaps = 0;
  refusing: string | undefined;
  failing = false;
  /** A swap waits for this, to be met in the middle. */
  gate: Deferred.Deferred<void> | undefined;

  readonly #guard = <A>(work: () => A) =>
    Effect.suspend(() =>
      this.failing
        ? new StorageFailed({ what: "writing", reason: "no space" })
        : Effect.succeed(work())
    );

  readonly store: ProposalStore = {
    all: Effect.sync(() =>
      [...this.files].filter(([name]) => name.startsWith("p/"))
        .map(([, octets]) => octets)
    ),
    save: (id, octets) =>
      this.#guard(() => void this.files.set(`p/${id}`, octets)),
    saveComponent: (id, octets) =>
      this.#guard(() => void this.files.set(`c/${id}`, octets)),
    component: (id) => Effect.sync(() => this.files.get(`c/${id}`)),
  };

  readonly audit: AuditStorage = {
    readAll: Effect.sync(() => this.log),
    append: (octets) =>
      this.#guard(() => {
        this.log = new Uint8Array([...this.log, ...octets]);
      }),
    cut: (length) =>
      Effect.sync(() => void (this.log = this.log.slice(0, length))),
  };

  readonly executor = SwapExecutor.of({
    running: (cell) => Effect.sync(() => this.running.get(cell)),
    preview: () =>
      Effect.succeed({
        exportsGained: ["x"],
        exportsLost: [],
        importsGained: [],
        importsLost: [],
        refusals: [],
      }),
    swap: (cell, component) =>
      Effect.gen({ self: this }, function* () {
        if (this.gate !== undefined) yield* Deferred.await(this.gate);
        if (this.refusing !== undefined) {
          const reason = this.refusing;
          return yield* new SwapRefusal({ cell, stage: "start", reason });
        }
        this.swaps += 1;
        this.running.set(cell, hash(component));
        return { cell, generation: this.swaps + 1, pauseMs: 0.25 };
      }),
  });

  layer(): Layer.Layer<Governance | AuditLog> {
    const policy = Result.getOrThrow(
      policyOf(GOVERNORS.map(({ bundle }) => bundle), 2, [
        identityText(ALICE.id),
        identityText(BOB.id),
      ]),
    );
    const { store } = this;
    const options = { network: NETWORK, policy, composite, store };
    return Governance.layer(options).pipe(
      Layer.provide(Layer.succeed(SwapExecutor, this.executor)),
      Layer.provideMerge(AuditLog.layer(this.audit, {})),
      Layer.orDie,
    );
  }

  /** One life of the node. */
  live<A, E>(
    body: Effect.Effect<A, E, Governance | AuditLog>,
  ): Promise<A> {
    return Effect.runPromise(
      body.pipe(
        Effect.provide(this.layer()),
        Effect.provide(TestClock.layer()),
      ),
    );
  }

  kinds(): string[] {
    const { records } = Result.getOrThrow(readAudit(this.log));
    return records.map(({ kind }) => kind);
  }
}

function proposal(change: Partial<Proposal> = {}): Proposal {
  return {
    action: "swap",
    downgrade: false,
    network: NETWORK,
    component: identityOf(NEW),
    manifest: undefined,
    replaces: undefined,
    activation: { at: "once" },
    expiryMs: 60_000n,
    nonce: new Uint8Array(16),
    cell: "rank",
    argument: new Uint8Array(),
    note: "",
    ...change,
  };
}

async function signed(
  by: readonly Signer[],
  change: Partial<Proposal> = {},
): Promise<ProposalBundle> {
  const octets = Result.getOrThrow(encodeProposal(proposal(change)));
  let bundle = Result.getOrThrow(bundleOf(octets, []));
  for (const signer of by) {
    bundle = await Effect.runPromise(signBundle(bundle, signer));
  }
  return bundle;
}

const submit = (bundle: ProposalBundle, component: Uint8Array = NEW) =>
  Effect.flatMap(Governance, (office) => office.submit(bundle, component));

const nonce = (n: number) => new Uint8Array(16).fill(n);

Deno.test("two of three signatures swap the cell, and all is recorded", async () => {
  const world = new World();
  const bundle = await signed([ALICE, CAROL]);
  const record = await world.live(submit(bundle));
  equal(record.state, "executed");
  equal(record.pauseMs, 0.25);
  deepEqual(
    record.signers,
    [ALICE, CAROL].map(({ id }) => identityText(id)).sort(),
  );
  equal(world.running.get("rank"), hash(NEW));
  deepEqual(world.kinds(), ["boot", "received", "executing", "executed"]);
  const { records } = Result.getOrThrow(readAudit(world.log));
  equal(records[3]?.facts["component"], hash(NEW));
  equal(records[3]?.facts["replaced"], hash(OLD));
});

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
    rule: "wrong-component",
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
    name: "unload",
    rule: "unsupported",
    change: { action: "unload", component: undefined },
    text: /not supported yet on this node/,
  },
  {
    name: "set-policy",
    rule: "unsupported",
    change: { action: "set-policy", component: undefined, cell: "" },
  },
  {
    name: "a height",
    rule: "unsupported",
    change: { activation: { at: "height", height: 5n } },
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
    equal(refusal.rule, one.rule, refusal.message);
    match(refusal.message, one.text ?? /./);
    ok(refusal.place !== "" && refusal.fix !== "");
    equal(world.swaps, 0);
    equal(world.files.size, 0, "nothing is stored");
    deepEqual(world.kinds(), ["boot", "refused"]);
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
  }).pipe(
    Layer.provide(Layer.succeed(SwapExecutor, world.executor)),
    Layer.provide(AuditLog.layer(world.audit, {})),
    Layer.provideMerge(TestClock.layer()),
  );
  const refusal = await Effect.runPromise(
    Effect.flip(submit(await signed([CAROL]))).pipe(Effect.provide(layer)),
  );
  equal(refusal._tag, "ProposalRefused");
  if (refusal._tag === "ProposalRefused") equal(refusal.rule, "not-a-proposer");
});

Deno.test("a restart remembers proposals, nonces and what is installed", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(submit(bundle));
  const other = await signed([ALICE, BOB], { note: "same nonce" });
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const [record] = yield* office.list(10);
    equal(record?.state, "executed");
    equal((yield* office.get(bundle.id))?.bundle.id, bundle.id);
    deepEqual(yield* office.installed, [
      { cell: "rank", component: hash(NEW), proposal: bundle.id },
    ]);
    for (const again of [bundle, other]) {
      const refusal = yield* Effect.flip(submit(again));
      equal(refusal.rule, "replayed", refusal.message);
    }
  }));
  equal(world.swaps, 1);
});

Deno.test("going back needs the downgrade flag", async () => {
  const world = new World();
  await world.live(submit(await signed([ALICE, BOB])));
  const back = { component: identityOf(OLD), nonce: nonce(1) };
  const plain = await signed([ALICE, BOB], back);
  const meant = await signed([ALICE, BOB], { ...back, downgrade: true });
  const refusal = await world.live(Effect.flip(submit(plain, OLD)));
  equal(refusal.rule, "downgrade");
  const record = await world.live(submit(meant, OLD));
  equal(record.state, "executed");
  equal(world.running.get("rank"), hash(OLD));
});

Deno.test("a proposal for later waits, over a restart, and is executed", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB], {
    activation: { at: "time", ms: 30_000n },
  });
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    equal((yield* submit(bundle)).state, "scheduled");
    deepEqual(yield* office.runDue, []);
  }));
  equal(world.swaps, 0);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* TestClock.adjust(29_999);
    deepEqual(yield* office.runDue, []);
    yield* TestClock.adjust(1);
    const [record] = yield* office.runDue;
    equal(record?.state, "executed");
    deepEqual(yield* office.runDue, []);
  }));
  equal(world.swaps, 1);
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
    equal(record?.state, "expired");
  }));
  equal(world.swaps, 0);
});

Deno.test("a component that the kernel refuses leaves the old one, and may come again", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  world.refusing = "it trapped";
  const refusal = await world.live(Effect.flip(submit(bundle)));
  equal(refusal.rule, "swap-refused");
  match(refusal.message, /it trapped/);
  equal(world.running.get("rank"), hash(OLD));
  deepEqual(world.kinds(), ["boot", "received", "executing", "refused"]);
  world.refusing = undefined;
  equal((await world.live(submit(bundle))).state, "executed");
});

Deno.test("a rollback ends what was installed", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    yield* submit(bundle);
    const back = yield* office.rolledBack("rank", "health fell");
    equal(back?.state, "rolled-back");
    equal(back?.detail, "health fell");
    deepEqual(yield* office.installed, []);
    equal(yield* office.rolledBack("rank", "again"), undefined);
    const refusal = yield* Effect.flip(submit(bundle));
    equal(refusal.rule, "replayed");
  }));
  equal(world.kinds().at(-2), "rolled-back");
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
    equal((yield* office.get(bundle.id))?.state, "interrupted");
    deepEqual(yield* office.installed, []);
    equal((yield* Effect.flip(submit(bundle))).rule, "replayed");
  }));
});

Deno.test("a failing disk refuses before anything is swapped", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    yield* Governance;
    world.failing = true;
    const refusal = yield* Effect.flip(submit(bundle));
    equal(refusal.rule, "storage");
    world.failing = false;
    equal(world.swaps, 0);
    equal((yield* submit(bundle)).state, "executed");
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
    equal((yield* Effect.flip(submit(second))).rule, "busy");
    yield* Deferred.succeed(world.gate, undefined);
    equal((yield* Fiber.join(fiber)).state, "executed");
  }));
  equal(world.swaps, 1);
});

Deno.test("a dry run says what would change and changes nothing", async () => {
  const world = new World();
  const bundle = await signed([ALICE, BOB]);
  await world.live(Effect.gen(function* () {
    const office = yield* Governance;
    const dry = yield* office.dryRun(bundle, NEW);
    equal(dry.running, hash(OLD));
    equal(dry.component, hash(NEW));
    deepEqual(dry.changes.exportsGained, ["x"]);
    deepEqual(yield* office.list(10), []);
  }));
  equal(world.files.size, 0);
  deepEqual(world.kinds(), ["boot"]);
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
        equal(refusal._tag, "ProposalRefused");
      }
    }));
    equal(world.swaps, 0);
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
