/**
 * A node in this process: the kernel over one data directory.
 *
 * Opening takes the directory's lock, reads the identity, boots every cell of
 * the system file and wires governance. Closing the scope stops the cells,
 * flushes and lets the directory go.
 */
import { Context, Effect, Layer, type Scope } from "effect";
import { callMessages } from "../../wit/gen/calls.ts";
import { bindings } from "../../wit/gen/mod.ts";
import { contents as contentsContract } from "../../wit/gen/graph_contents.ts";
import { ledger as ledgerContract } from "../../wit/gen/graph_ledger.ts";
import { proofs as proofsContract } from "../../wit/gen/graph_proofs.ts";
import { reads as readsContract } from "../../wit/gen/graph_reads.ts";
import { authors as authorsContract } from "../../wit/gen/graph_authors.ts";
import { measures as measuresContract } from "../../wit/gen/rank_measures.ts";
import { views as viewsContract } from "../../wit/gen/graph_views.ts";
import { ranks as ranksContract } from "../../wit/gen/rank_ranks.ts";
import { answers as answersContract } from "../../wit/gen/query_answers.ts";
import type { Trace } from "../../kernel/call/trace.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { Engine } from "../../kernel/engine/engine.ts";
import { v8Engine } from "../../kernel/engine/v8/engine.ts";
import { Platform } from "../../kernel/host/platform.ts";
import { startHartThread } from "../../kernel/host/hart_thread.ts";
import { v8NodeThreads } from "../../kernel/host/v8_threads.ts";
import type { LogSink } from "../../kernel/cell/services.ts";
import type { KernelEvent } from "../../kernel/supervisor/supervisor.ts";
import { AuditLog, Executor, Governance } from "../../kernel/governance/mod.ts";
import { networkIdentity, toHex } from "../../kernel/crypto/mod.ts";
import { type Recorder, recording } from "../../kernel/record/mod.ts";
import { openRecords, type RecordOptions } from "../record/record_file.ts";
import { openAuditFile, openProposalFiles } from "../governance/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import { openEvidence } from "../evidence/mod.ts";
import { accountsOver } from "./accounts.ts";
import { avatarsOver } from "./avatars.ts";
import { answersOver } from "./answers.ts";
import { reportReader } from "../attestation/driver_report.ts";
import { cellCache } from "./cell_cache.ts";
import { contentsOver, standingOf } from "./contents.ts";
import { type DataDirectory, hold } from "./data_directory.ts";
import { checkReports } from "./driver_reports.ts";
import { ABSENCES, openDrivers } from "./drivers.ts";
import { evidenceOver, watchOver } from "./evidence.ts";
import { explanationsOver } from "./explanations.ts";
import { historyOver } from "./history.ts";
import { measuresOver } from "./measures.ts";
import { personalOver } from "./personal.ts";
import { executorOver } from "./executor.ts";
import { governanceOver } from "./governance.ts";
import { loadIdentity, loadPolicy, policyInForce } from "./identity.ts";
import { Hooks } from "./hooks.ts";
import { ledgerOver } from "./ledger.ts";
import { started } from "./opening.ts";
import { threadedComposite } from "./signatures.ts";
import { namesOver } from "./names.ts";
import { pastLinksOver } from "./past_links.ts";
import { proofsOver } from "./proofs.ts";
import { damaged, inWords } from "./refusals.ts";
import { explaining } from "./restoring.ts";
import { cellReport, metricsText, nodeReport } from "./reports.ts";
import { systemInForce } from "./standing.ts";
import { recordCells } from "../telemetry/metrics.ts";
import { loadSystem, ROLES } from "./system.ts";

export interface LocalNodeOptions {
  readonly dataDir: string;
  /** Path of the system file; components are relative to its folder. */
  readonly systemFile: string;
  readonly log: LogSink;
  readonly onEvent?: (event: KernelEvent) => void;
  /** Told while cells are starting, e.g. how far the log is replayed. */
  readonly onProgress?: (text: string) => void;
  /** Every input of every cell is recorded, if it is there. */
  readonly record?: RecordOptions;
  /** Draws spans of calls, if somebody does. */
  readonly trace?: Trace | undefined;
}

/** A node that runs here. Its methods may be used until the scope closes. */
export interface LocalNode {
  readonly api: NodeApi;
  readonly directory: DataDirectory;
  /** The node's neuron, as text. */
  readonly neuron: string;
  readonly network: string;
  readonly kernel: Kernel["Service"];
  /** Whole numbers of the graph, for banners. */
  readonly census: Answer<
    { readonly links: number; readonly particles: number; height: number }
  >;
}

/** Opens a node over `options.dataDir` for the scope's life. */
export const openLocalNode = Effect.fn("node.open")(
  function* (
    options: LocalNodeOptions,
  ): Effect.fn.Return<LocalNode, Refusal, Scope.Scope> {
    const directory = yield* hold(options.dataDir);
    const { system, drivers: plan, folder } = yield* loadSystem(
      options.systemFile,
    );
    const composite = yield* threadedComposite;
    const identity = yield* loadIdentity(directory, composite);
    const store = yield* openProposalFiles(directory.path).pipe(
      Effect.mapError(inWords),
    );
    const inForce = yield* systemInForce(system, folder, store);
    const harts = inForce.system.harts ?? 0;
    const platform = Context.get(
      yield* Layer.build(Platform.layer),
      Platform,
    );
    const audit = yield* openedAudit(directory, identity.neuron);
    const readReport = reportReader(composite);
    if (system.reports !== undefined) {
      const { reports: rule } = yield* policyInForce(directory, identity);
      yield* checkReports({ system, folder, rule, read: readReport });
    }
    const drivers = yield* openDrivers(plan, directory, folder);
    const hooks = new Hooks(options, audit);
    const records = options.record &&
      (yield* openRecords(directory, options.record, harts));
    const kernel = yield* booted(
      Kernel.layer({
        ...inForce,
        contracts: bindings,
        drivers,
        absences: ABSENCES,
        log: options.log,
        emit: hooks.emit,
        harts: {
          start: startHartThread,
          messages: callMessages,
          ...(records === undefined ? {} : { record: records.far }),
        },
        trace: options.trace,
      }),
      directory,
      records?.first,
      harts,
    );
    const governance = yield* governed(directory, kernel, audit, {
      network: networkIdentity(system.network),
      policy: yield* loadPolicy(directory, identity),
      composite,
      store,
      height: heightOf(kernel),
      readReport,
    });
    yield* hooks.follow(governance);
    if (options.trace !== undefined) {
      const reports = () => kernel.cells().map(cellReport);
      yield* recordCells(reports);
    }
    yield* started(kernel, options.onProgress);
    yield* hooks.opened(governance);
    const census = censusOf(kernel);
    const reads = kernel.connect(ROLES.graph, readsContract);
    const query = kernel.connect(ROLES.query, answersContract);
    const contents = kernel.connect(ROLES.graph, contentsContract);
    const answers = answersOver(
      query,
      () => serves(kernel, ROLES.rank),
      () => statusOf(kernel, ROLES.rank)?.detail ?? "",
    );
    const measured = {
      measures: kernel.connect(ROLES.rank, measuresContract),
      authors: kernel.connect(ROLES.graph, authorsContract),
      reads,
    };
    const views = kernel.connect(ROLES.graph, viewsContract);
    const evidence = yield* openEvidence(`${directory.path}/evidence`).pipe(
      Effect.mapError(inWords),
    );
    const seen = { store: evidence, composite, views, reads };
    const neuron = identity.signer.id;
    const network = networkIdentity(system.network);
    const ledger = ledgerOver({
      ledger: kernel.connect(ROLES.graph, ledgerContract),
      reads,
      signer: identity.signer,
      composite,
      network: system.network,
      wallMs: platform.wallMs,
      watch: watchOver(seen),
      atHeight: (height) => hooks.atHeight(governance, height),
      nextHeight: governance.nextHeight,
    });
    const api: NodeApi = {
      ...answers,
      particle: (cid) =>
        Effect.zipWith(
          answers.particle(cid),
          standingOf(contents, cid),
          (particle, standing) => ({ ...particle, ...standing }),
        ),
      ...contentsOver({
        contents,
        generation: () => statusOf(kernel, ROLES.graph)?.generation ?? 0,
        policy: system.contents ?? new Map(),
      }),
      ...explanationsOver(query, measured),
      ...personalOver(query),
      ...historyOver(query),
      ...measuresOver(measured),
      ...ledger,
      ...namesOver({ views, reads, neuron }),
      ...pastLinksOver({ views, reads, query }),
      ...accountsOver({ views, reads }),
      ...evidenceOver(seen),
      ...avatarsOver({ ...seen, ...ledger, neuron, network }),
      identity: () =>
        Effect.succeed({
          neuron: toHex(neuron),
          network: toHex(network),
          name: system.network,
        }),
      ...proofsOver(kernel.connect(ROLES.graph, proofsContract)),
      ...governanceOver(governance),
      health: () => Effect.sync(() => nodeReport(kernel.cells())),
      cells: () => Effect.sync(() => kernel.cells().map(cellReport)),
      metrics: () => metrics(kernel, census),
    };
    return {
      api: explaining(api, () => statusOf(kernel, ROLES.graph)),
      directory,
      neuron: toHex(neuron),
      network: system.network,
      kernel,
      census,
    };
  },
);

function statusOf({ cells }: Kernel["Service"], cell: string) {
  return cells().find(({ name }) => name === cell);
}

function serves({ slots, cells }: Kernel["Service"], cell: string): boolean {
  const isIt = ({ name }: { readonly name: string }) => name === cell;
  return (slots.find(isIt) ?? cells().find(isIt))?.serves === true;
}

function censusOf(kernel: Kernel["Service"]): LocalNode["census"] {
  const unavailable = (message: string) =>
    new Refusal({
      kind: "unavailable",
      message,
      fix: "try again in a moment; cells says how the graph is",
    });
  return kernel.connect(ROLES.graph, readsContract).count().pipe(
    Effect.mapError(({ message }) => unavailable(message)),
    Effect.flatMap((counted) =>
      counted.tag === "ok"
        ? Effect.succeed({
          links: Number(counted.val.links),
          particles: counted.val.particles,
          height: Number(counted.val.height),
        })
        : Effect.fail(unavailable(counted.val))
    ),
  );
}

/** Signals accepted; nothing while the graph cannot be asked. */
function heightOf(
  kernel: Kernel["Service"],
): Effect.Effect<bigint | undefined> {
  return Effect.match(censusOf(kernel), {
    onFailure: () => undefined,
    onSuccess: ({ height }) => BigInt(height),
  });
}

/** Ranks of a local node, whole: for checks and benchmarks. */
export function ranksOf(node: LocalNode) {
  return node.kernel.connect(ROLES.rank, ranksContract);
}

/** The graph's reads of a local node: for checks and benchmarks. */
export function readsOf(node: LocalNode) {
  return node.kernel.connect(ROLES.graph, readsContract);
}

function openedAudit(directory: DataDirectory, neuron: string) {
  return Effect.gen(function* () {
    const storage = yield* openAuditFile(directory.path);
    const context = yield* Layer.build(AuditLog.layer(storage, { neuron }));
    return Context.get(context, AuditLog);
  }).pipe(
    Effect.mapError(
      damaged(
        `see deno run kernel audit; restore ${directory.path}/audit.log and ` +
          "audit.head from a copy, or move both away: a new log begins",
      ),
    ),
  );
}

function booted(
  layer: Layer.Layer<Kernel, never, Engine | Platform>,
  directory: DataDirectory,
  recorder: Recorder | undefined,
  harts: number,
) {
  const engine = v8Engine({
    ...v8NodeThreads,
    harts,
    cache: cellCache(directory.cache),
  });
  return Layer.build(
    layer.pipe(
      Layer.provide(Layer.merge(
        recorder === undefined ? engine : recording(engine, recorder),
        Platform.layer,
      )),
    ),
  ).pipe(
    Effect.map((context) => Context.get(context, Kernel)),
    Effect.mapError(damaged("start it again; see what else this machine runs")),
  );
}

function governed(
  directory: DataDirectory,
  kernel: Kernel["Service"],
  audit: AuditLog["Service"],
  options: Parameters<typeof Governance.layer>[0],
) {
  return Layer.build(
    Governance.layer(options).pipe(
      Layer.provide(Layer.merge(
        Layer.succeed(Executor, executorOver(kernel)),
        Layer.succeed(AuditLog, audit),
      )),
    ),
  ).pipe(
    Effect.map((context) => Context.get(context, Governance)),
    Effect.mapError(
      damaged(
        `a file in ${directory.path}/proposals is damaged: restore it from a ` +
          "copy, or move it away; its cell then starts from the build",
      ),
    ),
  );
}

function metrics(
  kernel: Kernel["Service"],
  census: LocalNode["census"],
): Answer<string> {
  return Effect.gen(function* () {
    const counted = yield* Effect.option(census);
    const whole = counted._tag === "Some" ? counted.value : undefined;
    return metricsText(
      kernel.cells().map(cellReport),
      whole === undefined ? [] : [
        { name: "karyon_links", help: "Links.", value: whole.links },
        {
          name: "karyon_particles",
          help: "Particles.",
          value: whole.particles,
        },
        {
          name: "karyon_height",
          help: "Signals accepted.",
          value: whole.height,
        },
      ],
    );
  });
}
