/**
 * Karyon's side of `bench:graph`: the graph cell in a kernel, on a file.
 *
 * The cell runs as a node runs it (rewritten, metered, on the driver of the
 * system file); rank and query are not there. Signals are made, signed, verified
 * and appended by the node's own code (node/local/ledger.ts).
 *
 * Deliberately absent: what it is compared with (bench_graph_sqlite.ts).
 */
import { Effect, Exit, Scope } from "effect";
import {
  type Composite,
  platformComposite,
  seedsFrom,
  type Signer,
  signerFor,
} from "../kernel/crypto/mod.ts";
import type { Connected } from "../kernel/call/connect.ts";
import { signatureThread } from "../kernel/host/signature_thread.ts";
import { openImport } from "../node/import/mod.ts";
import { type LedgerApi, ledgerOver } from "../node/local/ledger.ts";
import { started } from "../node/local/opening.ts";
import { graphAlone } from "../node/local/store_check.ts";
import { ROLES } from "../node/local/system.ts";
import { encodeDraft } from "../node/signals/mod.ts";
import {
  type Ledger,
  ledger as ledgerContract,
} from "../wit/gen/graph_ledger.ts";
import {
  type Proofs,
  proofs as proofsContract,
} from "../wit/gen/graph_proofs.ts";
import {
  type Census,
  type Reads,
  reads as readsContract,
} from "../wit/gen/graph_reads.ts";

const SYSTEM_FILE = "system.json";
const NETWORK = "local";

export const run = Effect.runPromise;

/** Who signs in this benchmark; the same key for Karyon and for SQLite. */
export async function benchKey(): Promise<BenchKey> {
  const { composite, stop } = signatureThread(await platformComposite());
  const key = await composite.open(seedsFrom(new Uint8Array(32).fill(7)));
  return { composite, signer: signerFor(key, ["signal"]), stop };
}

export interface BenchKey {
  readonly signer: Signer;
  readonly composite: Composite;
  /** Ends its thread. */
  stop(): void;
}

/** Takes the parts of an envelope. */
type Keep = (signal: Uint8Array, contents: Uint8Array) => void;

export interface Store {
  readonly api: LedgerApi;
  readonly reads: Connected<Reads>;
  readonly proofs: Connected<Proofs>;
  census(): Promise<Census>;
  close(): Promise<void>;
}

/** Opens the store of a data directory; ready when it serves. */
export async function openStore(
  dataDir: string,
  { signer, composite }: BenchKey,
  keep?: Keep,
): Promise<Store> {
  const scope = Effect.runSync(Scope.make());
  const kernel = await run(
    Effect.gen(function* () {
      const options = { dataDir, systemFile: SYSTEM_FILE };
      const alone = yield* graphAlone(options, {}, () => {});
      yield* started(alone);
      return alone;
    }).pipe(Scope.provide(scope)),
  );
  const reads = kernel.connect(ROLES.graph, readsContract);
  const api = ledgerOver({
    ledger: keeping(kernel.connect(ROLES.graph, ledgerContract), keep),
    reads,
    signer,
    composite,
    network: NETWORK,
    wallMs: Date.now,
    watch: {
      closed: () => Effect.void,
      caught: () => Effect.succeed(undefined),
    },
    atHeight: () => Effect.void,
    nextHeight: Effect.succeed(undefined),
  });
  return {
    api,
    reads,
    proofs: kernel.connect(ROLES.graph, proofsContract),
    census: () => run(Effect.map(reads.count(), valueOf)),
    close: () => run(Scope.close(scope, Exit.void)),
  };
}

function keeping(
  ledger: Connected<Ledger>,
  keep: Keep | undefined,
): Connected<Ledger> {
  if (keep === undefined) return ledger;
  return {
    ...ledger,
    append: (entries, note) => {
      for (const { signal, contents } of entries) keep(signal, contents);
      return ledger.append(entries, note);
    },
  };
}

/** The value of an answer that has to be there. */
export function valueOf<T>(
  answer: { tag: "ok"; val: T } | { tag: "err"; val: unknown },
): T {
  if (answer.tag === "ok") return answer.val;
  throw new Error(`refused: ${JSON.stringify(answer.val)}`);
}

/** An unsigned file of links, as `import` does it; answers the links. */
export async function ingestFile(
  { api }: Store,
  file: string,
  tell: (links: number) => void,
): Promise<number> {
  const source = await openImport("tsv", file);
  const { links } = await run(api.submitDrafts({
    key: undefined,
    drafts: source.batches({}),
    told: (done) => tell(done.links),
  }));
  return links;
}

/** Envelopes of a neuron, as `POST /v1/signals` takes them. */
export async function ingestSigned(
  { api }: Store,
  envelopes: Iterable<Uint8Array>,
): Promise<number> {
  let links = 0;
  for (const envelope of envelopes) {
    links += (await run(api.submitSigned(envelope))).links.length;
  }
  return links;
}

/** One link in a signal of its own, between two new texts. */
export async function appendOne({ api }: Store, index: number): Promise<void> {
  const end = (text: string) => ({ content: new TextEncoder().encode(text) });
  const [from, to] = [end(`single ${index}`), end(`alone ${index}`)];
  const draft = encodeDraft([{ from, to, amount: 1n, valence: 0 }]);
  await run(api.submitDraft(draft, undefined));
}
