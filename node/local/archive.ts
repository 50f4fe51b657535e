/**
 * A whole store into a file, and a file into an empty store.
 *
 * `exportStore` reads the log from its beginning, so every record is checked.
 * `restoreStore` verifies each signature, applies append by append, and compares
 * the state root at the end. What is applied are whole appends, durable; given
 * again after an interruption it compares what is there, and goes on behind it.
 */
import { Effect, Result, type Scope } from "effect";
import {
  type Contents,
  contents as contentsContract,
} from "../../wit/gen/graph_contents.ts";
import {
  type Ledger,
  ledger as ledgerContract,
} from "../../wit/gen/graph_ledger.ts";
import { proofs as proofsContract } from "../../wit/gen/graph_proofs.ts";
import {
  type Reads,
  reads as readsContract,
} from "../../wit/gen/graph_reads.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import {
  BUNDLE_OCTETS,
  type Composite,
  equalOctets,
  platformComposite,
  toHex,
} from "../../kernel/crypto/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import {
  apartOf,
  type Append,
  appendsOf,
  ArchiveReader,
  ArchiveWriter,
  type Frame,
} from "../archive/mod.ts";
import type { ArchiveReport } from "../cli/composition.ts";
import { decodeContents, decodeSignal, verifySignal } from "../signals/mod.ts";
import { absent } from "./answers.ts";
import {
  ContentsRestorer,
  contentsToExport,
  exportContent,
} from "./archive_contents.ts";
import { refusalOf, unproven } from "./ledger_refusals.ts";
import { started } from "./opening.ts";
import { graphOnDevice, type StoreOptions, until } from "./store_check.ts";
import { ROLES } from "./system.ts";

/** Where the network stands in the octets of a state (`state.md`). */
const NETWORK_AT = 5;
const NETWORK_END = 38;
const FROM_LOG = { "from-log": "yes", "checkpoint-octets": "0" };
/** Appends between two lines of progress. */
const TELL_EVERY = 64;

interface Standing {
  readonly height: bigint;
  readonly root: Uint8Array;
  readonly network: Uint8Array;
}

/** Gives the octets of the store's archive to `write`, in order. */
export function exportStore(
  options: StoreOptions,
  write: (octets: Uint8Array) => void,
): Answer<ArchiveReport> {
  return Effect.gen(function* () {
    const graph = yield* opened(options, FROM_LOG);
    const { height, root, network } = yield* graph.standing;
    if (height === 0n) {
      return yield* invalid(
        `the store in ${options.dataDir} is empty`,
        "name the data directory of the store with --data DIR",
      );
    }
    let octets = 0;
    const apart = yield* attempt(() => Promise.resolve(apartOf(graph.device)))
      .pipe(Effect.flatMap((ids) => contentsToExport(graph, ids)));
    const writer = new ArchiveWriter(network, (piece) => {
      octets += piece.length;
      write(piece);
    }, apart.length > 0);
    let appends = 0;
    const log = appendsOf(graph.device, height);
    for (;;) {
      const next = yield* attempt(() => Promise.resolve(log.next()));
      if (next.done === true) break;
      yield* attempt(() => Promise.resolve(writer.append(next.value)));
      if (++appends % TELL_EVERY === 0) {
        options.onProgress?.(`${appends} appends, ${octets} octets`);
      }
    }
    for (const one of apart) yield* exportContent(graph, writer, one);
    yield* attempt(() => Promise.resolve(writer.end({ height, root })));
    return report({ height, root, appends, octets, before: 0n });
  }).pipe(Effect.scoped);
}

/** Fills the store with an archive; `name` is what a refusal calls it. */
export function restoreStore(
  options: StoreOptions,
  pieces: AsyncIterable<Uint8Array>,
  name: string,
): Answer<ArchiveReport> {
  return Effect.gen(function* () {
    const reader = new ArchiveReader(pieces, name);
    const network = yield* attempt(() => reader.network());
    const graph = yield* opened(options, {});
    const before = yield* graph.standing;
    if (!equalOctets(network, before.network)) {
      return yield* invalid(
        `${name} at octet 5: its network is ${toHex(network)}, the store's ` +
          toHex(before.network),
        "restore it with a system.json that names its network, with --data DIR",
      );
    }
    const composite = yield* Effect.promise(() => platformComposite());
    const parts = { ...graph, composite, name };
    const restorer = new ContentsRestorer(graph, name);
    const held = appendsOf(graph.device, before.height);
    let appends = 0;
    let height = 0n;
    for (;;) {
      const frame = yield* attempt(() => reader.next());
      if (frame.kind === "end") {
        yield* agrees(name, frame, height, graph);
        const { root } = frame;
        const { octets } = reader;
        return report({ height, root, appends, octets, before: before.height });
      }
      if (frame.kind !== "append") {
        yield* restorer.take(frame);
        continue;
      }
      if (height < before.height) {
        const own = yield* attempt(() => Promise.resolve(held.next()));
        yield* same(name, frame, own.done === true ? undefined : own.value);
      } else yield* append(parts, frame);
      height += BigInt(frame.signals);
      if (++appends % TELL_EVERY === 0) {
        options.onProgress?.(`${appends} appends, ${reader.octets} octets`);
      }
    }
  }).pipe(Effect.scoped);
}

interface Graph {
  readonly device: Parameters<typeof appendsOf>[0];
  readonly ledger: Connected<Ledger>;
  readonly reads: Connected<Reads>;
  readonly contents: Connected<Contents>;
  /** The store's height, and its root at exactly that. */
  readonly standing: Answer<Standing>;
}

const opened = Effect.fnUntraced(
  function* (
    options: StoreOptions,
    config: Readonly<Record<string, string>>,
  ): Effect.fn.Return<Graph, Refusal, Scope.Scope> {
    const { kernel, device } = yield* graphOnDevice(options, config, () => {});
    yield* started(kernel, options.onProgress);
    const reads = kernel.connect(ROLES.graph, readsContract);
    const proofs = kernel.connect(ROLES.graph, proofsContract);
    const latest = Effect.mapError(proofs.latest(), absent);
    const standing: Answer<Standing> = Effect.gen(function* () {
      const counted = yield* Effect.mapError(reads.count(), absent);
      if (counted.tag === "err") return yield* gone();
      const { height } = counted.val;
      // Behind while it folds: `unavailable` until the trees are near.
      const answer = yield* until(
        latest,
        ({ tag, val }) =>
          tag === "err" || val.tag === "ok" &&
            val.val.height === height,
      );
      if (answer.tag === "err" || answer.val.tag === "err") {
        return yield* gone();
      }
      const { root, octets } = answer.val.val;
      return { height, root, network: octets.slice(NETWORK_AT, NETWORK_END) };
    });
    const ledger = kernel.connect(ROLES.graph, ledgerContract);
    const contents = kernel.connect(ROLES.graph, contentsContract);
    return { device, ledger, reads, contents, standing };
  },
);

/** Verifies the signatures of an append, and applies it. */
const append = Effect.fnUntraced(
  function* (
    parts: Graph & { readonly composite: Composite; readonly name: string },
    frame: Extract<Frame, { kind: "append" }>,
  ) {
    const { signals, contents } = itemsOf(frame);
    const where = (refusal: Refusal) =>
      new Refusal({
        kind: refusal.kind,
        message:
          `${parts.name}, frame at octet ${frame.at}: ${refusal.message}`,
        fix: refusal.kind === "full"
          ? refusal.fix ?? ""
          : "the file is not what a store held: take another copy of it; what " +
            "was restored before it are whole signals, and stays",
      });
    const malformed = (error: { readonly message: string }) =>
      where(new Refusal({ kind: "invalid", message: error.message }));
    const list = yield* Effect.fromResult(
      Result.mapError(decodeContents(contents), malformed),
    );
    for (const octets of signals) {
      const signal = yield* Effect.fromResult(
        Result.mapError(decodeSignal(octets), malformed),
      );
      yield* verifySignal(
        parts.composite,
        signal,
        list,
        (neuron) => storedBundle(parts.reads, neuron),
      ).pipe(Effect.mapError((error) => where(unproven(error))));
    }
    const entries = signals.map((signal, i) => ({
      signal,
      contents: i === signals.length - 1 ? contents : new Uint8Array(),
    }));
    const done = yield* Effect.mapError(
      parts.ledger.append(entries, undefined),
      absent,
    );
    if (done.tag === "err") return yield* where(refusalOf(done.val));
  },
);

/** The signals, and the contents as `append` takes them. */
export function itemsOf({ signals: count, payload }: Append) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const signals: Uint8Array[] = [];
  let at = 0;
  // A length that leads past the end gives a signal that is malformed.
  for (let i = 0; i < count; i++) {
    const length = payload.length - at < 4 ? 0 : view.getUint32(at, true);
    signals.push(payload.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { signals, contents: payload.subarray(at) };
}

const storedBundle = Effect.fnUntraced(
  function* (reads: Connected<Reads>, neuron: Uint8Array) {
    const found = yield* Effect.mapError(reads.find(neuron), absent);
    if (found.tag === "err") return yield* gone();
    if (found.val === undefined) return undefined;
    const bundle = yield* Effect.mapError(
      reads.content(found.val, 0n, BUNDLE_OCTETS),
      absent,
    );
    return bundle.tag === "ok" ? bundle.val : yield* gone();
  },
);

/** What the store holds already must be what the file begins with. */
function same(
  name: string,
  frame: Extract<Frame, { kind: "append" }>,
  own: Append | undefined,
): Effect.Effect<void, Refusal> {
  const agrees = own !== undefined && own.signals === frame.signals &&
    equalOctets(own.payload, frame.payload);
  return agrees ? Effect.void : Effect.fail(
    invalid(
      `${name}, frame at octet ${frame.at}: the store holds another signal there`,
      "restore into an empty store with --data DIR, or go on with the file " +
        "that it was begun with",
    ),
  );
}

/** The end of the file against what the store came to. */
const agrees = Effect.fnUntraced(
  function* (
    name: string,
    end: Extract<Frame, { kind: "end" }>,
    height: bigint,
    graph: Graph,
  ) {
    const now = yield* graph.standing;
    const where = `${name}, end at octet ${end.at}`;
    if (end.height !== height || now.height !== height) {
      return yield* invalid(
        `${where}: it speaks of ${end.height} signals, the file has ${height}, ` +
          `the store ${now.height}`,
        "take the file of this very store, or an empty store with --data DIR",
      );
    }
    if (!equalOctets(end.root, now.root)) {
      return yield* invalid(
        `${where}: the state root is ${toHex(now.root)}, the file says ` +
          toHex(end.root),
        "do not use this store: take another copy of the file, and an empty " +
          "store with --data DIR",
      );
    }
  },
);

function report(
  { height, root, appends, octets, before }: {
    readonly height: bigint;
    readonly root: Uint8Array;
    readonly appends: number;
    readonly octets: number;
    readonly before: bigint;
  },
): ArchiveReport {
  return {
    height: Number(height),
    root: toHex(root),
    appends,
    octets,
    before: Number(before),
  };
}

function gone(): Refusal {
  return new Refusal({ kind: "failed", message: "the graph cell is gone" });
}

function invalid(message: string, fix: string): Refusal {
  return new Refusal({ kind: "invalid", message, fix });
}

/** Work on files; what the platform throws is a refusal, too. */
export function attempt<A>(work: () => Promise<A>): Answer<A> {
  return Effect.tryPromise({
    try: async () => await work(),
    catch: (error) =>
      error instanceof Refusal ? error : new Refusal({
        kind: "failed",
        message: error instanceof Error ? error.message : String(error),
        fix: "see that the file can be read and written, and the disk has room",
      }),
  });
}
