/**
 * The kernel: slots, capabilities, calls, the scheduler and the supervisor,
 * wired for one system file.
 *
 * It knows cells only as entries of that file. A cell that will not start
 * leaves its slot disabled with the reason; the others run.
 */
import { Cause, Context, Effect, Layer } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { startFirst } from "./boot.ts";
import type { Connected } from "./call/connect.ts";
import type { Absences } from "./call/absences.ts";
import type { Trace } from "./call/trace.ts";
import { type Component, LoadRefused } from "./cell/nursery.ts";
import { type SnapshotMemories, snapshotMemories } from "./cell/snapshots.ts";
import { lineWriter, type LogSink } from "./cell/services.ts";
import type { Slot } from "./cell/slot.ts";
import type { CellStatus } from "./cell/status.ts";
import {
  apply,
  type Change,
  type Changed,
  type Preview,
  preview,
} from "./change/change.ts";
import { withdrawOf } from "./change/grants.ts";
import { Engine } from "./engine/engine.ts";
import { Harts, type HartsParts } from "./hart/harts.ts";
import { swapPartsOf } from "./hart/swap_parts.ts";
import { cellsOf, endAll, routed } from "./hart/wiring.ts";
import { Platform } from "./host/platform.ts";
import { must } from "./limits.ts";
import { Machine } from "./machine.ts";
import type { CellSpec, System } from "./manifest/system_file.ts";
import { judge } from "./supervisor/restart_policy.ts";
import type { EventSink } from "./supervisor/supervisor.ts";
import { swap, type SwapReport } from "./swap/swap.ts";

export { KERNEL_CONTRACTS } from "./contracts.ts";

/** What a slot goes back to if its probation, that was cut short, fails. */
export interface WayBack {
  readonly component: Component;
  readonly grants: ReadonlyMap<string, string>;
  readonly withdrawn: ReadonlyArray<string>;
  /** Its whole entry, where the change brought another. */
  readonly spec: CellSpec | undefined;
}

export interface KernelOptions {
  readonly system: System;
  /** Every contract that may be granted, by full name. */
  readonly contracts: ReadonlyMap<string, InterfaceBinding<unknown>>;
  /** Driver name of the system file -> contract -> what answers it. */
  readonly drivers: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  /** Of contracts without a word for absence: what says it in their own words. */
  readonly absences?: Absences | undefined;
  readonly components: (
    spec: CellSpec,
  ) => Effect.Effect<Component, LoadRefused>;
  /** Cells that were unloaded before this boot. */
  readonly unloaded?: ReadonlySet<string>;
  /** Contracts that were revoked before this boot, by cell. */
  readonly withdrawn?: ReadonlyMap<string, ReadonlySet<string>>;
  /** What there is to go back to, for a cell whose probation was cut short. */
  readonly wayBack?: (cell: string) => Effect.Effect<WayBack | undefined>;
  /** Draws spans of calls, if somebody does. */
  readonly trace?: Trace | undefined;
  readonly log: LogSink;
  readonly emit: EventSink;
  /** How further harts are started, where the system has some. */
  readonly harts?: Pick<HartsParts, "start" | "messages" | "record">;
}

export class Kernel extends Context.Service<Kernel, {
  /** The slots of the first hart; in starting order. */
  readonly slots: ReadonlyArray<Slot>;
  /** How the cells of all harts are, for reports; in starting order. */
  readonly cells: () => ReadonlyArray<CellStatus>;
  /**
   * Typed calls into a cell: the composition root's authority. Calls to a cell
   * that the system file does not have are refused.
   */
  readonly connect: <I>(
    cell: string,
    binding: InterfaceBinding<I>,
  ) => Connected<I>;
  /** Only governance calls this. */
  readonly swap: (
    cell: string,
    component: Component,
  ) => Effect.Effect<SwapReport, LoadRefused>;
  /** Any change, a swap included. Only governance calls it. */
  readonly apply: (change: Change) => Effect.Effect<Changed, LoadRefused>;
  /** What `apply` would do, and why it would be refused. */
  readonly prospect: (change: Change) => Effect.Effect<Preview, LoadRefused>;
  /** Takes a grant back until the node starts again. Only governance calls it. */
  readonly withdraw: (
    cell: string,
    contract: string,
  ) => Effect.Effect<void, LoadRefused>;
  /** Lets the scheduler look for work now. */
  readonly poke: () => void;
}>()("karyon/kernel/Kernel") {
  /** Boots the system; stops every cell when its scope closes. */
  static readonly layer = (
    options: KernelOptions,
  ): Layer.Layer<Kernel, never, Engine | Platform> =>
    Layer.effect(Kernel, boot(options));
}

const boot = Effect.fnUntraced(function* (options: KernelOptions) {
  const platform = yield* Platform;
  const engine = yield* Engine;
  sayCannotPark(options, engine, platform);
  const memories = snapshotMemories(options.system);
  const harts = hartsFor(options, engine, platform, memories);
  const place = harts === undefined ? undefined : { here: 0, far: harts.far };
  const machine = new Machine(options, engine, platform, place, memories);
  const { slots, slotByName, scheduler } = machine;
  // Before the first start: a boot that is interrupted stops what runs.
  yield* Effect.addFinalizer(() => endAll(machine, harts));
  if (harts !== undefined) {
    yield* Effect.promise(() => harts.begin(machine));
    yield* Effect.forkScoped(guarded(platform, harts.run));
  }
  for (const name of options.system.cells.keys()) {
    const slot = slotByName.get(name);
    if (slot !== undefined) yield* startFirst(machine, slot);
    else yield* Effect.promise(async () => await harts?.start(name));
  }
  yield* Effect.forkScoped(guarded(platform, scheduler.run));
  const parts = swapPartsOf(machine);
  const far = (cell: string) => harts?.has(cell) === true ? harts : undefined;
  return Kernel.of({
    slots,
    cells: () => cellsOf(machine, harts),
    connect: (cell, binding) => {
      harts?.noteConnected(cell, binding.name);
      return machine.connectTo(cell, binding);
    },
    swap: (cell, component) =>
      far(cell)?.swap(cell, component) ?? Effect.flatMap(
        slotOf(machine, cell),
        (slot) => swap(parts, slot, component),
      ),
    withdraw: (cell, contract) =>
      far(cell)?.withdraw(cell, contract) ?? Effect.flatMap(
        slotOf(machine, cell),
        (slot) => withdrawOf(machine, slot, contract),
      ),
    apply: (change) =>
      routed(machine, harts, change, {
        here: (placed) => apply(machine, parts, placed),
        there: (there, placed) => there.apply(placed),
      }),
    prospect: (change) =>
      routed(machine, harts, change, {
        here: (placed) => preview(machine, placed),
        there: (there, placed) => there.preview(placed),
      }),
    poke: () => scheduler.poke(),
  });
});

/** The further harts of the system, if it has some; not yet begun. */
function hartsFor(
  options: KernelOptions,
  { beyond }: Engine["Service"],
  platform: Platform["Service"],
  memories: SnapshotMemories,
): Harts | undefined {
  if ((options.system.harts ?? 0) === 0) return undefined;
  const { harts } = options;
  must(
    harts !== undefined && beyond !== undefined,
    "who runs a system with harts can start them",
  );
  return new Harts({ options, platform, beyond, memories, ...harts, judge });
}

function sayCannotPark(
  options: KernelOptions,
  { cannotPark }: Engine["Service"],
  platform: Platform["Service"],
): void {
  if (cannotPark === undefined) return;
  const who = { cell: "kernel", generation: 0 };
  const write = lineWriter(who, platform, options.log);
  write("warn", `no job is parked: ${cannotPark}`);
  if ((options.system.harts ?? 0) > 0) {
    write("warn", "so no cell can call one of another hart");
  }
}

/** Ends the process if the work ends by itself: the kernel is wrong then. */
function guarded(
  platform: Platform["Service"],
  work: Effect.Effect<never>,
): Effect.Effect<never> {
  return Effect.tapCause(work, (cause) => brokenBy(platform, cause));
}

/**
 * The scheduler does not fail: if it ends, the kernel is wrong. A hart that
 * stood still without a word would be worse than a node that ends.
 */
function brokenBy(
  platform: Platform["Service"],
  cause: Cause.Cause<never>,
): Effect.Effect<void> {
  return Effect.sync(() => {
    if (!Cause.hasInterruptsOnly(cause)) platform.panic(Cause.squash(cause));
  });
}

function slotOf(
  { slots, slotByName }: Machine,
  cell: string,
): Effect.Effect<Slot, LoadRefused> {
  const slot = slotByName.get(cell);
  if (slot !== undefined) return Effect.succeed(slot);
  const names = slots.map(({ name }) => name).join(", ");
  return Effect.fail(
    new LoadRefused({
      cell,
      stage: "look-up",
      reason: `no such cell; there is ${names}`,
    }),
  );
}
