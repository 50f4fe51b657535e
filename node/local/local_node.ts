/**
 * A node in this process: the kernel over one data directory.
 *
 * Opening takes the directory's lock, reads the identity, boots every cell of
 * the system file and wires governance. Closing the scope stops the cells,
 * flushes and lets the directory go.
 */
import { Context, Effect, Layer, Result, type Scope } from "effect";
import { bindings } from "../../wit/gen/mod.ts";
import { ledger as ledgerContract } from "../../wit/gen/graph_ledger.ts";
import { reads as readsContract } from "../../wit/gen/graph_reads.ts";
import { ranks as ranksContract } from "../../wit/gen/rank_ranks.ts";
import { answers as answersContract } from "../../wit/gen/query_answers.ts";
import { Kernel, KERNEL_CONTRACTS } from "../../kernel/kernel.ts";
import { Engine } from "../../kernel/engine/engine.ts";
import { v8Engine } from "../../kernel/engine/v8/engine.ts";
import { Platform } from "../../kernel/host/platform.ts";
import { v8Threads } from "../../kernel/host/v8_threads.ts";
import type { LogSink } from "../../kernel/cell/services.ts";
import type { KernelEvent } from "../../kernel/supervisor/supervisor.ts";
import { readSystem, type System } from "../../kernel/manifest/system_file.ts";
import {
  AuditLog,
  Governance,
  SwapExecutor,
} from "../../kernel/governance/mod.ts";
import {
  networkIdentity,
  platformComposite,
  toHex,
} from "../../kernel/crypto/mod.ts";
import { openAuditFile, openProposalFiles } from "../governance/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import { answersOver } from "./answers.ts";
import { cellCache } from "./cell_cache.ts";
import { componentSource } from "./components.ts";
import { type DataDirectory, hold, reasonOf } from "./data_directory.ts";
import { DRIVER_CONTRACTS, openDrivers } from "./drivers.ts";
import { executorOver, governanceOver } from "./governance.ts";
import { loadIdentity, loadPolicy } from "./identity.ts";
import { ledgerOver } from "./ledger.ts";
import { OPEN_MS_MAX } from "./limits.ts";
import { cellReport, metricsText, nodeReport } from "./reports.ts";

/** Which cells of the system file do the node's work. */
const ROLES = { graph: "graph", rank: "rank", query: "query" } as const;

export interface LocalNodeOptions {
  readonly dataDir: string;
  /** Path of the system file; components are relative to its folder. */
  readonly systemFile: string;
  readonly log: LogSink;
  readonly onEvent?: (event: KernelEvent) => void;
  /** Told while cells are starting, e.g. how far the log is replayed. */
  readonly onProgress?: (text: string) => void;
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
    const system = yield* readSystemFile(options.systemFile);
    const composite = yield* Effect.promise(() => platformComposite());
    const identity = yield* loadIdentity(directory, composite);
    const store = yield* openProposalFiles(directory.path).pipe(
      Effect.mapError(unusable),
    );
    const platform = Context.get(
      yield* Layer.build(Platform.layer),
      Platform,
    );
    const audit = yield* openedAudit(directory, identity.neuron);
    const drivers = yield* openDrivers(system, directory);
    const hooks = new Hooks(options, audit);
    const kernel = yield* booted(
      Kernel.layer({
        system,
        contracts: bindings,
        drivers,
        components: componentSource(
          folderOf(options.systemFile),
          store,
        ),
        log: options.log,
        emit: hooks.emit,
      }),
      directory,
    );
    const governance = yield* governed(kernel, audit, {
      network: networkIdentity(system.network),
      policy: yield* loadPolicy(directory, identity),
      composite,
      store,
    });
    yield* hooks.follow(governance);
    yield* started(kernel, options.onProgress);
    const reads = kernel.connect(ROLES.graph, readsContract);
    const census = reads.count().pipe(
      Effect.mapError((error) =>
        new Refusal({ kind: "unavailable", message: error.message })
      ),
      Effect.flatMap((counted) =>
        counted.tag === "ok"
          ? Effect.succeed({
            links: Number(counted.val.links),
            particles: counted.val.particles,
            height: Number(counted.val.height),
          })
          : Effect.fail(
            new Refusal({ kind: "unavailable", message: counted.val }),
          )
      ),
    );
    const api: NodeApi = {
      ...answersOver(kernel.connect(ROLES.query, answersContract)),
      ...ledgerOver({
        ledger: kernel.connect(ROLES.graph, ledgerContract),
        signer: identity.signer,
        composite,
        network: system.network,
        wallMs: platform.wallMs,
      }),
      ...governanceOver(governance),
      health: () => Effect.sync(() => nodeReport(kernel.slots)),
      cells: () => Effect.sync(() => kernel.slots.map(cellReport)),
      metrics: () => metrics(kernel, census),
    };
    return {
      api,
      directory,
      neuron: toHex(identity.signer.id),
      network: system.network,
      kernel,
      census,
    };
  },
);

/** Ranks of a local node, whole: for checks and benchmarks. */
export function ranksOf(node: LocalNode) {
  return node.kernel.connect(ROLES.rank, ranksContract);
}

/** The graph's reads of a local node: for checks and benchmarks. */
export function readsOf(node: LocalNode) {
  return node.kernel.connect(ROLES.graph, readsContract);
}

/** Sends the kernel's events to the audit log and to governance. */
class Hooks {
  readonly #options: LocalNodeOptions;
  readonly #audit: AuditLog["Service"];
  readonly #waiting: KernelEvent[] = [];
  #wake: () => void = () => {};

  constructor(options: LocalNodeOptions, audit: AuditLog["Service"]) {
    this.#options = options;
    this.#audit = audit;
  }

  readonly emit = (event: KernelEvent): void => {
    this.#options.onEvent?.(event);
    if (event.kind === "fault" || event.kind === "rolled-back") {
      this.#waiting.push(event);
      this.#wake();
    }
  };

  /** Runs what the events ask for, and what governance has due. */
  follow(governance: Governance["Service"]) {
    const one = Effect.gen({ self: this }, function* () {
      for (
        let event = this.#waiting.shift();
        event !== undefined;
        event = this.#waiting.shift()
      ) yield* this.#record(governance, event);
      yield* governance.runDue;
      yield* Effect.raceFirst(
        Effect.sleep(1_000),
        Effect.callback<void>((resume) => {
          this.#wake = () => resume(Effect.void);
        }),
      );
    });
    return Effect.forkScoped(
      Effect.forever(
        one.pipe(
          Effect.catch((error) =>
            Effect.sync(() =>
              this.#options.log({
                cell: "node",
                generation: 0,
                severity: "error",
                message: error.message,
                wallMs: Date.now(),
              })
            ).pipe(Effect.andThen(Effect.sleep(1_000)))
          ),
        ),
      ),
    );
  }

  #record(governance: Governance["Service"], event: KernelEvent) {
    if (event.kind === "fault") {
      const { cell, generation, kind, reason, during, forMs } = event.epitaph;
      return this.#audit.append("cell-fault", {
        cell,
        generation: `${generation}`,
        kind,
        reason,
        during,
        "for-ms": forMs.toFixed(3),
      });
    }
    return Effect.asVoid(governance.rolledBack(event.cell, event.detail));
  }
}

function readSystemFile(path: string): Effect.Effect<System, Refusal> {
  return Effect.try({
    try: () => Deno.readTextFileSync(path),
    catch: (error) =>
      new Refusal({ kind: "failed", message: `${path}: ${reasonOf(error)}` }),
  }).pipe(
    Effect.flatMap((text) => {
      const read = readSystem(path, text, {
        kernel: KERNEL_CONTRACTS,
        drivers: DRIVER_CONTRACTS,
      });
      return Result.isSuccess(read)
        ? Effect.succeed(read.success)
        : Effect.fail(
          new Refusal({ kind: "failed", message: read.failure.message }),
        );
    }),
  );
}

function openedAudit(directory: DataDirectory, neuron: string) {
  return Effect.gen(function* () {
    const storage = yield* openAuditFile(directory.path);
    const context = yield* Layer.build(AuditLog.layer(storage, { neuron }));
    return Context.get(context, AuditLog);
  }).pipe(Effect.mapError(unusable));
}

function booted(
  layer: Layer.Layer<Kernel, never, Engine | Platform>,
  directory: DataDirectory,
) {
  return Layer.build(
    layer.pipe(
      Layer.provide(Layer.merge(
        v8Engine({
          ...v8Threads,
          cache: cellCache(directory.cache),
        }),
        Platform.layer,
      )),
    ),
  ).pipe(
    Effect.map((context) => Context.get(context, Kernel)),
    Effect.mapError(unusable),
  );
}

function governed(
  kernel: Kernel["Service"],
  audit: AuditLog["Service"],
  options: Parameters<typeof Governance.layer>[0],
) {
  return Layer.build(
    Governance.layer(options).pipe(
      Layer.provide(Layer.merge(
        Layer.succeed(SwapExecutor, executorOver(kernel)),
        Layer.succeed(AuditLog, audit),
      )),
    ),
  ).pipe(
    Effect.map((context) => Context.get(context, Governance)),
    Effect.mapError(unusable),
  );
}

/** Waits until every cell has started or has said why not. */
function started(
  kernel: Kernel["Service"],
  onProgress: LocalNodeOptions["onProgress"],
): Effect.Effect<void, Refusal> {
  const graph = kernel.slots.find(({ name }) => name === ROLES.graph);
  const wait = Effect.gen(function* () {
    while (kernel.slots.some(({ state }) => state === "starting")) {
      const slow = kernel.slots.find(({ state, detail }) =>
        state === "starting" && detail !== ""
      );
      if (slow !== undefined) onProgress?.(`${slow.name}: ${slow.detail}`);
      yield* Effect.sleep(10);
    }
    if (graph?.serves !== true) {
      return yield* new Refusal({
        kind: "unavailable",
        message: `the store cannot be opened: ${
          graph?.detail ?? "no graph cell"
        }`,
      });
    }
  });
  return wait.pipe(
    Effect.timeoutOrElse({
      duration: OPEN_MS_MAX,
      orElse: () =>
        Effect.fail(
          new Refusal({
            kind: "unavailable",
            message: `the cells did not start within ${OPEN_MS_MAX / 1_000} s`,
          }),
        ),
    }),
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
      kernel.slots.map(cellReport),
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

function unusable(error: { readonly message: string }): Refusal {
  return new Refusal({ kind: "failed", message: error.message });
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end);
}
