/**
 * The store of a data directory, read by the graph cell alone.
 *
 * `checkStore` reads it twice: from the log alone, which checks every record,
 * signal and content; and as a start does, by the newest checkpoint. Both must
 * come to one state root. `rebuildStore` makes a new checkpoint from the log
 * alone, and then does the same. Opening writes what an opening writes (a seal,
 * zeros behind the log's end); the log itself is never changed.
 */
import { Context, Effect, Layer } from "effect";
import { bindings } from "../../wit/gen/mod.ts";
import { type Block, block } from "../../wit/gen/hal_block.ts";
import { proofs as proofsContract } from "../../wit/gen/graph_proofs.ts";
import { reads as readsContract } from "../../wit/gen/graph_reads.ts";
import { v8Engine } from "../../kernel/engine/v8/engine.ts";
import { Platform } from "../../kernel/host/platform.ts";
import { v8Threads } from "../../kernel/host/v8_threads.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { must } from "../../kernel/limits.ts";
import type { System } from "../../kernel/manifest/system_file.ts";
import { type Answer, Refusal } from "../api.ts";
import type { StoreReading, StoreReport } from "../cli/composition.ts";
import { openProposalFiles } from "../governance/mod.ts";
import { absent } from "./answers.ts";
import { cellCache } from "./cell_cache.ts";
import { hold } from "./data_directory.ts";
import { openDrivers } from "./drivers.ts";
import { LOOK_AGAIN_MS, OPEN_MS_MAX } from "./limits.ts";
import { started } from "./opening.ts";
import { proofsOver } from "./proofs.ts";
import { damaged, inWords } from "./refusals.ts";
import { systemInForce } from "./standing.ts";
import { loadSystem, ROLES } from "./system.ts";

export interface StoreOptions {
  readonly dataDir: string;
  readonly systemFile: string;
  readonly onProgress?: (text: string) => void;
}

const READ = /^a checkpoint was read: (\d+) signals$/u;
const WRITTEN = /^a checkpoint was written|no room for a checkpoint$/u;
const FROM_LOG = { "from-log": "yes", "checkpoint-octets": "0" };
const AS_A_START = { "checkpoint-octets": "0" };
const ANEW = { "from-log": "yes", "checkpoint-octets": "1" };

/** Reads the store both ways; refuses where they differ. */
export function checkStore(options: StoreOptions): Answer<StoreReport> {
  return compared(options, FROM_LOG);
}

/** Makes a new checkpoint from the log, then reads the store both ways. */
export function rebuildStore(options: StoreOptions): Answer<StoreReport> {
  return compared(options, ANEW);
}

function compared(
  options: StoreOptions,
  config: Readonly<Record<string, string>>,
): Answer<StoreReport> {
  return Effect.gen(function* () {
    const log = yield* reading(options, config);
    const start = yield* reading(options, AS_A_START);
    if (log.root === start.root && log.height === start.height) {
      return { log, start };
    }
    return yield* new Refusal({
      kind: "failed",
      message: `the log comes to ${log.root} at height ${log.height}, ` +
        `a start to ${start.root} at height ${start.height}`,
      fix: "keep a copy of the store; then: deno run kernel rebuild",
    });
  });
}

/** Opens the store in a kernel of its own, and closes it again. */
const reading = Effect.fn("node.store_reading")(
  function* (
    options: StoreOptions,
    config: Readonly<Record<string, string>>,
  ) {
    const lines: string[] = [];
    const warnings: string[] = [];
    const kernel = yield* graphAlone(options, config, (severity, message) => {
      lines.push(message);
      if (severity === "warn" || severity === "error") warnings.push(message);
    });
    yield* started(kernel, options.onProgress).pipe(
      Effect.mapError(({ message }) =>
        new Refusal({
          kind: "failed",
          message,
          fix: "restore the data directory from a copy; the log cannot be read",
        })
      ),
    );
    const counted = yield* kernel.connect(ROLES.graph, readsContract).count()
      .pipe(Effect.mapError(absent));
    if (counted.tag === "err") return yield* gone();
    const census = counted.val;
    const { state } = proofsOver(
      kernel.connect(ROLES.graph, proofsContract),
    );
    const height = Number(census.height);
    const reached = yield* until(state(), (now) => now.height === height);
    if (config === ANEW && height > 0) {
      yield* until(
        Effect.sync(() => lines),
        (all) => all.some((line) => WRITTEN.test(line)),
      );
    }
    const read = lines.map((line) => READ.exec(line)?.[1])
      .find((signals) => signals !== undefined);
    const result: StoreReading = {
      height,
      links: Number(census.links),
      particles: census.particles,
      contents: census.contents,
      octets: Number(census.deviceUsed),
      root: reached.root,
      checkpoint: read === undefined ? undefined : Number(read),
      warnings,
    };
    return result;
  },
  Effect.scoped,
);

function gone(): Refusal {
  return new Refusal({ kind: "failed", message: "the graph cell is gone" });
}

/** Asks again and again until the answer is as wanted. */
export function until<A>(
  ask: Answer<A>,
  wanted: (now: A) => boolean,
): Answer<A> {
  const loop: Answer<A> = Effect.gen(function* () {
    while (true) {
      const now = yield* ask;
      if (wanted(now)) return now;
      yield* Effect.sleep(LOOK_AGAIN_MS);
    }
  });
  return loop.pipe(Effect.timeoutOrElse({
    duration: OPEN_MS_MAX,
    orElse: () =>
      Effect.fail(
        new Refusal({
          kind: "failed",
          message: `the graph was not ready within ${OPEN_MS_MAX / 1_000} s`,
        }),
      ),
  }));
}

/** A kernel that runs the graph cell, so configured, and its driver. */
export const graphAlone = (
  options: StoreOptions,
  config: Readonly<Record<string, string>>,
  log: (severity: string, message: string) => void,
) => Effect.map(graphOnDevice(options, config, log), ({ kernel }) => kernel);

/** As `graphAlone`, with the device that the cell stands on. */
export const graphOnDevice = Effect.fnUntraced(
  function* (
    options: StoreOptions,
    config: Readonly<Record<string, string>>,
    log: (severity: string, message: string) => void,
  ) {
    const directory = yield* hold(options.dataDir);
    const { system, drivers, folder } = yield* loadSystem(options.systemFile);
    const store = yield* openProposalFiles(directory.path).pipe(
      Effect.mapError(inWords),
    );
    const inForce = yield* systemInForce(system, folder, store);
    const opened = yield* openDrivers(drivers, directory, folder);
    const context = yield* Layer.build(
      Kernel.layer({
        ...inForce,
        system: alone(inForce.system, config),
        contracts: bindings,
        drivers: opened,
        log: ({ severity, message }) => log(severity, message),
        emit: () => {},
      }).pipe(
        Layer.provide(Layer.merge(
          v8Engine({ ...v8Threads, cache: cellCache(directory.cache) }),
          Platform.layer,
        )),
      ),
    ).pipe(Effect.mapError(damaged("see what else this machine runs")));
    const device = deviceOf(inForce.system, opened);
    return { kernel: Context.get(context, Kernel), device };
  },
);

/** The driver that the graph's entry grants it. */
function deviceOf(
  system: System,
  opened: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
): Block {
  const provider = system.cells.get(ROLES.graph)?.grants.get(block.name);
  const driver = provider?.replace(/^driver:/u, "") ?? "";
  const device = opened.get(driver)?.get(block.name);
  must(device !== undefined, "a graph that runs has its device");
  return device as Block;
}

function alone(
  system: System,
  config: Readonly<Record<string, string>>,
): System {
  const graph = system.cells.get(ROLES.graph);
  if (graph === undefined) return system;
  const kept = graph.config.filter(([key]) => !Object.hasOwn(config, key));
  const spec = { ...graph, config: [...kept, ...Object.entries(config)] };
  return { ...system, cells: new Map([[ROLES.graph, spec]]) };
}
