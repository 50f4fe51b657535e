/** For tests: a node's disk and a scripted kernel, kept over restarts. */
import { Deferred, Effect, Layer, Result } from "effect";
import { TestClock } from "effect/testing";
import {
  type Composite,
  composite as join,
  identityOf,
  identityText,
  networkIdentity,
  seedsFrom,
  type Signer,
  signerFor,
  utf8,
} from "../crypto/mod.ts";
import { nobleMlDsa65 } from "../crypto/noble.ts";
import { PLATFORM_ED25519 } from "../crypto/platform.ts";
import {
  AuditLog,
  type AuditStorage,
  bundleOf,
  type CellChange,
  type ChangePreview,
  encodeProposal,
  ExecutionRefused,
  Executor,
  Governance,
  policyOf,
  type Proposal,
  type ProposalBundle,
  type ProposalStore,
  readAudit,
  type ReadReport,
  type ReportFacts,
  type ReportRule,
  signBundle,
  StorageFailed,
} from "./mod.ts";

export const NETWORK = networkIdentity("test");
export const composite: Composite = join(nobleMlDsa65(), PLATFORM_ED25519);
const signers: Signer[] = [];
for (const n of [1, 2, 3, 4]) {
  const key = await composite.open(seedsFrom(new Uint8Array(32).fill(n)));
  signers.push(signerFor(key, ["proposal"]));
}
export const [ALICE, BOB, CAROL, STRANGER] = signers as [
  Signer,
  Signer,
  Signer,
  Signer,
];
export const GOVERNORS = [ALICE, BOB, CAROL];
export const OLD = utf8("old component");
export const NEW = utf8("new component");
export const hash = (octets: Uint8Array) => identityText(identityOf(octets));

const PREVIEW: ChangePreview = {
  exportsGained: ["x"],
  exportsLost: [],
  importsGained: [],
  importsLost: [],
  capabilitiesGained: [],
  capabilitiesLost: [],
  termsBefore: undefined,
  termsAfter: undefined,
  admissionBefore: "rank 2 = 2 of 10 ms",
  admissionAfter: "rank 3 = 3 of 10 ms",
  effect: "restart",
  refusals: [],
};

/** A component that exports these contracts, and has nothing else. */
export function exporting(...contracts: readonly string[]): Uint8Array {
  const entries = contracts.flatMap((name) => [
    0,
    name.length,
    ...utf8(name),
    // An instance, the first one, of no type that is said.
    5,
    0,
    0,
  ]);
  const preamble = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
  const section = [11, 1 + entries.length, contracts.length, ...entries];
  return Uint8Array.from([...preamble, ...section]);
}

/** Here a report is its facts as JSON, and its signers are believed. */
const readFacts: ReadReport = (octets) =>
  Effect.try({
    try: (): ReportFacts => {
      const facts = JSON.parse(new TextDecoder().decode(octets));
      const { component, atMs } = facts;
      return {
        ...facts,
        component: component ?? undefined,
        atMs: atMs ?? undefined,
      };
    },
    catch: () => ({ message: "its report says nothing" }),
  });

/** A node's disk and kernel, kept over restarts. */
export class World {
  readonly files = new Map<string, Uint8Array>();
  readonly running = new Map([["rank", hash(OLD)]]);
  log: Uint8Array = new Uint8Array();
  head: Uint8Array | undefined;
  /** Changes that were executed. */
  swaps = 0;
  readonly changes: CellChange[] = [];
  refusing: string | undefined;
  failing = false;
  /** Of the record; none: the graph is not there. */
  height: bigint | undefined = 0n;
  /** Writes until the power fails; then every write is the end of the life. */
  writesLeft = Infinity;
  /** What the policy wants of drivers. */
  reports: ReportRule | undefined;
  /** A swap waits for this, to be met in the middle. */
  gate: Deferred.Deferred<void> | undefined;

  readonly #guard = <A>(work: () => A) =>
    Effect.suspend(() => {
      if (this.failing) {
        return new StorageFailed({ what: "writing", reason: "no space" });
      }
      this.writesLeft -= 1;
      if (this.writesLeft < 0) return Effect.die(new Error("power cut"));
      return Effect.succeed(work());
    });

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
    readHead: Effect.sync(() => this.head),
    saveHead: (octets) => this.#guard(() => void (this.head = octets)),
    cut: (length) =>
      Effect.sync(() => void (this.log = this.log.slice(0, length))),
  };

  readonly executor = Executor.of({
    running: (cell) => Effect.sync(() => this.running.get(cell)),
    preview: () => Effect.succeed(PREVIEW),
    execute: (change) =>
      Effect.gen({ self: this }, function* () {
        const { cell } = change;
        if (this.gate !== undefined) yield* Deferred.await(this.gate);
        if (this.refusing !== undefined) {
          const reason = this.refusing;
          return yield* new ExecutionRefused({ cell, stage: "start", reason });
        }
        this.swaps += 1;
        this.changes.push(change);
        if ("component" in change) {
          this.running.set(cell, hash(change.component));
        }
        const swaps = change.action === "swap";
        return {
          detail: `${change.action} of ${cell}`,
          generation: swaps ? this.swaps + 1 : undefined,
          pauseMs: swaps ? 0.25 : undefined,
          probation: swaps,
        };
      }),
  });

  layer(): Layer.Layer<Governance | AuditLog> {
    const policy = Result.getOrThrow(
      policyOf(GOVERNORS.map(({ bundle }) => bundle), 2, [
        identityText(ALICE.id),
        identityText(BOB.id),
      ], this.reports),
    );
    const { store } = this;
    const height = Effect.sync(() => this.height);
    const options = {
      network: NETWORK,
      policy,
      composite,
      store,
      height,
      readReport: readFacts,
    };
    return Governance.layer(options).pipe(
      Layer.provide(Layer.succeed(Executor, this.executor)),
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

export function proposal(change: Partial<Proposal> = {}): Proposal {
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

export async function signed(
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

export const submit = (bundle: ProposalBundle, component: Uint8Array = NEW) =>
  Effect.flatMap(Governance, (office) => office.submit(bundle, component));

export const nonce = (n: number) => new Uint8Array(16).fill(n);
