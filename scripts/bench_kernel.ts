/**
 * A whole kernel for benchmarks: real time, real engine, cells as given.
 *
 * Time can be made to jump, so that what lies between two things that are
 * measured, such as a probation of three seconds, takes no time. Nothing that
 * runs sees another pace: only what waits for a moment is over sooner.
 */
import { Context, Effect, Layer } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { bindings as ownBindings } from "../wit/gen/mod.ts";
import { LoadRefused } from "../kernel/cell/nursery.ts";
import type { Slot } from "../kernel/cell/slot.ts";
import { type CompileCache, v8Engine } from "../kernel/engine/v8/engine.ts";
import { Platform } from "../kernel/host/platform.ts";
import { v8NodeThreads } from "../kernel/host/v8_threads.ts";
import { Kernel, type KernelOptions } from "../kernel/kernel.ts";
import type { CellSpec, System } from "../kernel/manifest/system_file.ts";
import type { KernelEvent } from "../kernel/supervisor/supervisor.ts";

/** A cell of a benchmark's kernel: its component, and what differs. */
export interface CellGiven extends Partial<Omit<CellSpec, "grants">> {
  readonly bytes: Uint8Array;
  /** Contract to provider, e.g. `cell:store`. */
  readonly grants?: Readonly<Record<string, string>>;
}

/** How often each kind of event came: keeping them all would look like a leak. */
export class Events {
  readonly #counts = new Map<KernelEvent["kind"], number>();
  /** The fault or rollback that came last. */
  worst: KernelEvent | undefined;

  note(event: KernelEvent): void {
    this.#counts.set(event.kind, this.count(event.kind) + 1);
    if (event.kind === "fault" || event.kind === "rolled-back") {
      this.worst = event;
    }
  }

  count(kind: KernelEvent["kind"]): number {
    return this.#counts.get(kind) ?? 0;
  }
}

export interface BenchKernel {
  readonly kernel: Kernel["Service"];
  readonly events: Events;
  readonly slot: (name: string) => Slot;
  /** Everything that waits for a moment within `ms` is due now. */
  readonly jump: (ms: number) => void;
  /** Swaps a cell; waits until the probation of the swap before is over. */
  readonly swap: (
    cell: string,
    bytes: Uint8Array,
  ) => Promise<{ readonly pauseMs: number }>;
}

/** Longer than any call or start of a benchmark takes, with all that jumps. */
const CALL_MS = 100_000_000;
const LOG = "karyon:kernel/log@0.1.0";
const SCHEDULING = "karyon:kernel/scheduling@0.1.0";
/** A probation ends at a heartbeat; more than both. */
const PROBATION_JUMP_MS = 3_100;
const SETTLE_MS_MAX = 60_000;

/** Runs `body` beside a kernel of those cells, which stops when it returns. */
export function withKernel<T>(
  cells: Readonly<Record<string, CellGiven>>,
  contracts: ReadonlyArray<InterfaceBinding<unknown>>,
  body: (bench: BenchKernel) => Promise<T>,
  more:
    & Partial<Pick<KernelOptions, "drivers" | "trace">>
    & Pick<System, "snapshots">
    & {
      /** Further harts: how many, and how one is started. */
      readonly harts?:
        & { readonly count: number }
        & NonNullable<KernelOptions["harts"]>;
    } = {},
): Promise<T> {
  let aheadMs = 0;
  const platform = Layer.effect(
    Platform,
    Effect.map(Platform, (real) =>
      Platform.of({
        ...real,
        monotonicMs: () => real.monotonicMs() + aheadMs,
      })),
  ).pipe(Layer.provide(Platform.layer));
  const events = new Events();
  const layer = Kernel.layer({
    system: {
      network: "bench",
      ...(more.snapshots === undefined ? {} : { snapshots: more.snapshots }),
      ...(more.harts === undefined ? {} : { harts: more.harts.count }),
      drivers: new Map(),
      cells: new Map(
        Object.entries(cells).map(([name, given]) => [
          name,
          specOf(name, given),
        ]),
      ),
    },
    contracts: new Map([
      ...ownBindings,
      ...contracts.map((each) => [each.name, each] as const),
    ]),
    drivers: more.drivers ?? new Map(),
    trace: more.trace,
    ...(more.harts === undefined ? {} : { harts: more.harts }),
    components: ({ name }) => {
      const bytes = cells[name]?.bytes;
      return bytes === undefined
        ? Effect.fail(
          new LoadRefused({ cell: name, stage: "read", reason: "not given" }),
        )
        : Effect.succeed({ bytes, version: "1" });
    },
    log: () => {},
    emit: (event) => events.note(event),
  }).pipe(
    Layer.provide(v8Engine({
      ...v8NodeThreads,
      harts: more.harts?.count ?? 0,
      cache: memoryCache(),
    })),
    Layer.provide(platform),
  );
  const jump = (ms: number) => {
    aheadMs += ms;
  };
  return Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(
        Layer.build(layer),
        (context) =>
          Effect.promise(() =>
            body(benchOf(Context.get(context, Kernel), events, jump))
          ),
      ),
    ),
  );
}

function benchOf(
  kernel: Kernel["Service"],
  events: Events,
  jump: (ms: number) => void,
): BenchKernel {
  const slot = (name: string) => {
    const found = kernel.slots.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no cell ${name}`);
    return found;
  };
  return {
    kernel,
    events,
    slot,
    jump,
    swap: async (cell, bytes) => {
      await probationOver(kernel, slot(cell), jump);
      return await Effect.runPromise(
        kernel.swap(cell, { bytes, version: "next" }),
      );
    },
  };
}

async function probationOver(
  { poke }: Kernel["Service"],
  slot: Slot,
  jump: (ms: number) => void,
): Promise<void> {
  const endMs = performance.now() + SETTLE_MS_MAX;
  while (slot.standby !== undefined || slot.state === "starting") {
    if (performance.now() > endMs) {
      throw new Error(`the probation of ${slot.name} does not end`);
    }
    if (slot.standby !== undefined) jump(PROBATION_JUMP_MS);
    poke();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Of this process: the second compilation of a component is the first one. */
function memoryCache(): CompileCache {
  const kept = new Map<string, Uint8Array>();
  return {
    get: (key) => Promise.resolve(kept.get(key)),
    put: (key, octets) => {
      kept.set(key, octets);
      return Promise.resolve();
    },
  };
}

function specOf(
  name: string,
  { bytes: _bytes, grants = {}, ...own }: CellGiven,
): CellSpec {
  return {
    name,
    component: `${name}.wasm`,
    class: "soft",
    budgetMs: 0,
    callMs: CALL_MS,
    stepMs: CALL_MS,
    startMs: CALL_MS,
    memoryMib: 64,
    checkpointS: undefined,
    config: [],
    ...own,
    grants: new Map(
      Object.entries({ [LOG]: "kernel", [SCHEDULING]: "kernel", ...grants }),
    ),
  };
}
