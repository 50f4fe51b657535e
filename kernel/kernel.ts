/**
 * The kernel: slots, capabilities, calls, the scheduler and the supervisor,
 * wired for one system file.
 *
 * It knows cells only as entries of that file. A cell that will not start
 * leaves its slot disabled with the reason; the others run.
 */
import { Context, Effect, Layer } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { clock } from "../wit/gen/kernel_clock.ts";
import { log } from "../wit/gen/kernel_log.ts";
import { scheduling } from "../wit/gen/kernel_scheduling.ts";
import { Calls } from "./call/calls.ts";
import { answerFor, connect, type Connected } from "./call/connect.ts";
import { CapTable } from "./cap/table.ts";
import {
  type Component,
  type Grant,
  LoadRefused,
  Nursery,
} from "./cell/nursery.ts";
import {
  clockFor,
  logFor,
  type LogSink,
  schedulingFor,
} from "./cell/services.ts";
import { Slot } from "./cell/slot.ts";
import { Engine } from "./engine/engine.ts";
import { Platform } from "./host/platform.ts";
import type { CellSpec, System } from "./manifest/system_file.ts";
import { Scheduler } from "./sched/scheduler.ts";
import { type EventSink, Supervisor } from "./supervisor/supervisor.ts";
import {
  type ContractChanges,
  contractChanges,
} from "./swap/contract_changes.ts";
import { swap, type SwapReport } from "./swap/swap.ts";

/** The contracts that the kernel itself can answer. */
export const KERNEL_CONTRACTS: ReadonlySet<string> = new Set([
  log.name,
  clock.name,
  scheduling.name,
]);

export interface KernelOptions {
  readonly system: System;
  /** Every contract that may be granted, by full name. */
  readonly contracts: ReadonlyMap<string, InterfaceBinding<unknown>>;
  /** Driver name of the system file -> contract -> what answers it. */
  readonly drivers: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  readonly components: (
    spec: CellSpec,
  ) => Effect.Effect<Component, LoadRefused>;
  readonly log: LogSink;
  readonly emit: EventSink;
}

export class Kernel extends Context.Service<Kernel, {
  /** The slots, for reports; in starting order. */
  readonly slots: ReadonlyArray<Slot>;
  /** Typed calls into a cell: the composition root's authority. */
  readonly connect: <I>(
    cell: string,
    binding: InterfaceBinding<I>,
  ) => Connected<I>;
  /** Only governance calls this. */
  readonly swap: (
    cell: string,
    component: Component,
  ) => Effect.Effect<SwapReport, LoadRefused>;
  /** What a swap would change; nothing is changed. */
  readonly preview: (
    cell: string,
    component: Component,
  ) => Effect.Effect<ContractChanges, LoadRefused>;
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
  const engine = yield* Engine;
  const platform = yield* Platform;
  const machine = assemble(options, engine, platform);
  const { slots, scheduler } = machine;
  for (const slot of slots) yield* startFirst(options, machine, slot);
  yield* Effect.addFinalizer(() => Effect.sync(() => stopAll(machine)));
  yield* Effect.forkScoped(scheduler.run);
  const slotOf = (cell: string) =>
    Effect.fromNullishOr(slots.find((slot) => slot.name === cell)).pipe(
      Effect.mapError(() =>
        new LoadRefused({
          cell,
          stage: "look-up",
          reason: `no such cell; there is ${
            slots.map((slot) => slot.name).join(", ")
          }`,
        })
      ),
    );
  return Kernel.of({
    slots,
    connect: (cell, binding) => machine.connectTo(cell, binding),
    swap: (cell, component) =>
      Effect.flatMap(slotOf(cell), (slot) =>
        swap(
          {
            nursery: machine.nursery,
            now: platform.monotonicMs,
            install: (target, generation) =>
              machine.supervisor.install(target, generation),
          },
          slot,
          component,
        )),
    preview: (cell, component) =>
      Effect.gen(function* () {
        const slot = yield* slotOf(cell);
        const image = yield* machine.nursery.compile(slot, component.bytes);
        return contractChanges(slot.image?.compiled, image, slot.spec);
      }),
    poke: () => scheduler.poke(),
  });
});

type Machine = ReturnType<typeof assemble>;

function assemble(
  options: KernelOptions,
  engine: Engine["Service"],
  platform: Platform["Service"],
) {
  const slots = [...options.system.cells.values()].map((spec) =>
    new Slot(spec)
  );
  const slotByName = new Map(slots.map((slot) => [slot.name, slot]));
  const caps = new CapTable();
  const supervisor: Supervisor = new Supervisor({
    slots,
    calls: () => calls,
    nursery: () => nursery,
    wallMs: platform.wallMs,
    emit: options.emit,
    poke: () => scheduler.poke(),
  });
  const calls = new Calls(platform.monotonicMs, supervisor.onFault);
  const connectTo = <I>(cell: string, binding: InterfaceBinding<I>) => {
    const slot = slotByName.get(cell);
    if (slot === undefined) throw new Error(`no cell ${cell} in the system`);
    const cap = caps.mint(cell, binding.name);
    return connect({ calls, caps, slot, cap }, binding);
  };
  const grantsFor = (slot: Slot, generation: number) => {
    const kernelHosts = new Map<string, unknown>([
      [log.name, logFor(slot, generation, platform, options.log)],
      [clock.name, clockFor(platform)],
      [scheduling.name, schedulingFor(slot, platform)],
    ]);
    const grants = new Map<string, Grant>();
    for (const [contract, provider] of slot.spec.grants) {
      const binding = options.contracts.get(contract);
      if (binding === undefined) continue;
      const [kind, name = ""] = provider.split(":");
      const target = slotByName.get(name);
      const host = kind === "kernel"
        ? kernelHosts.get(contract)
        : kind === "driver"
        ? options.drivers.get(name)?.get(contract)
        : target === undefined
        ? undefined
        : answerFor(
          { calls, caps, slot: target, cap: caps.mint(name, contract) },
          binding,
        );
      if (host !== undefined) grants.set(contract, { binding, host });
    }
    return grants;
  };
  const nursery = new Nursery(engine, calls, grantsFor);
  const scheduler: Scheduler = new Scheduler({
    slots,
    calls,
    turn: platform.turn,
    attend: supervisor.attend,
  });
  return {
    slots,
    slotByName,
    calls,
    nursery,
    scheduler,
    supervisor,
    connectTo,
  };
}

/** Starts a cell for the first time; a refusal leaves the slot disabled. */
const startFirst = Effect.fnUntraced(
  function* (options: KernelOptions, machine: Machine, slot: Slot) {
    slot.state = "starting";
    const born = yield* Effect.result(bear(options, machine, slot));
    if (born._tag === "Success") return;
    slot.state = "disabled";
    slot.detail = born.failure.message;
    options.emit({
      kind: "disabled",
      cell: slot.name,
      generation: slot.generations,
      detail: slot.detail,
    });
  },
);

const bear = Effect.fnUntraced(
  function* (options: KernelOptions, machine: Machine, slot: Slot) {
    const { nursery, slotByName, supervisor } = machine;
    const component = yield* options.components(slot.spec);
    const compiled = yield* nursery.compile(slot, component.bytes);
    const { refusals } = contractChanges(undefined, compiled, slot.spec);
    const missing = missingExports(slotByName, slot);
    const reasons = [...refusals, ...missing];
    if (reasons.length > 0) {
      return yield* new LoadRefused({
        cell: slot.name,
        stage: "contracts",
        reason: reasons.join("; "),
      });
    }
    const generation = yield* nursery.conceive(
      slot,
      compiled,
      component.version,
    );
    const refusal = nursery.start(slot, generation, undefined);
    if (refusal !== undefined) return yield* refusal;
    slot.image = { compiled, version: component.version };
    supervisor.install(slot, generation);
    options.emit({
      kind: "started",
      cell: slot.name,
      generation: generation.number,
      detail: `${component.version} ${compiled.hash}`,
    });
  },
);

/** Grants to cells that run but do not export the contract. */
function missingExports(
  slotByName: ReadonlyMap<string, Slot>,
  slot: Slot,
): string[] {
  return [...slot.spec.grants].flatMap(([contract, provider]) => {
    const [kind, name = ""] = provider.split(":");
    const image = slotByName.get(name)?.image;
    return kind !== "cell" || image === undefined ||
        image.compiled.exports.has(contract)
      ? []
      : [`${name} does not export ${contract}`];
  });
}

/** Callers before those whom they call. */
function stopAll({ slots, calls }: Machine): void {
  for (const slot of [...slots].reverse()) {
    for (const generation of [slot.current, slot.standby]) {
      if (generation?.alive !== true) continue;
      calls.run(
        slot,
        generation,
        "lifecycle.stop",
        slot.spec.startMs,
        ({ lifecycle }) => lifecycle.stop(),
      );
      if (generation.alive) generation.end();
    }
    slot.current = undefined;
    slot.standby = undefined;
    slot.state = "stopped";
  }
}
