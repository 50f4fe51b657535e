/**
 * The kernel: slots, capabilities, calls, the scheduler and the supervisor,
 * wired for one system file.
 *
 * It knows cells only as entries of that file. A cell that will not start
 * leaves its slot disabled with the reason; the others run.
 */
import { Cause, Context, Effect, Layer } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { startFirst, stopAll } from "./boot.ts";
import { atBoundary } from "./call/boundary.ts";
import type { Connected } from "./call/connect.ts";
import type { Trace } from "./call/trace.ts";
import { type Component, LoadRefused } from "./cell/nursery.ts";
import { lineWriter, type LogSink } from "./cell/services.ts";
import type { Slot } from "./cell/slot.ts";
import {
  apply,
  type Change,
  type Changed,
  type Preview,
  preview,
} from "./change/change.ts";
import { Engine } from "./engine/engine.ts";
import { Platform } from "./host/platform.ts";
import { SWAP_WAIT_MS } from "./limits.ts";
import { Machine } from "./machine.ts";
import type { CellSpec, System } from "./manifest/system_file.ts";
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
}

export class Kernel extends Context.Service<Kernel, {
  /** The slots, for reports; in starting order. */
  readonly slots: ReadonlyArray<Slot>;
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
  if (engine.cannotPark !== undefined) {
    const who = { cell: "kernel", generation: 0 };
    const write = lineWriter(who, platform, options.log);
    write("warn", `no job is parked: ${engine.cannotPark}`);
  }
  const machine = new Machine(options, engine, platform);
  const { slots, scheduler, nursery, supervisor } = machine;
  // Before the first start: a boot that is interrupted stops what runs.
  yield* Effect.addFinalizer(() => stopAll(machine));
  for (const slot of slots) yield* startFirst(machine, slot);
  yield* Effect.forkScoped(
    scheduler.run.pipe(Effect.tapCause((cause) => brokenBy(platform, cause))),
  );
  const swapParts = {
    nursery,
    now: platform.monotonicMs,
    turn: platform.turn,
    atBoundary: (slot: Slot) => atBoundary(machine.hart, slot, SWAP_WAIT_MS),
    changes: (slot: Slot, next: Parameters<Machine["changes"]>[1]) =>
      machine.changes(slot, next),
    install: (slot: Slot, next: Parameters<typeof supervisor.install>[1]) =>
      supervisor.install(slot, next),
  };
  return Kernel.of({
    slots,
    connect: (cell, binding) => machine.connectTo(cell, binding),
    swap: (cell, component) =>
      Effect.flatMap(
        slotOf(machine, cell),
        (slot) => swap(swapParts, slot, component),
      ),
    withdraw: Effect.fnUntraced(function* (cell, contract) {
      const slot = yield* slotOf(machine, cell);
      if (machine.withdraw(slot, contract)) return;
      const granted = [...slot.spec.grants.keys()].join(", ") || "nothing";
      return yield* new LoadRefused({
        cell,
        stage: "withdraw",
        reason: `it is not granted ${contract}; it is granted ${granted}`,
      });
    }),
    apply: (change) => apply(machine, swapParts, change),
    prospect: (change) => preview(machine, change),
    poke: () => scheduler.poke(),
  });
});

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
