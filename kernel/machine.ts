/**
 * The parts of one kernel, wired to each other: slots, capabilities, calls,
 * nursery, supervisor, scheduler. Only kernel.ts and boot.ts use it.
 */
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { opened } from "./call/absences.ts";
import type { Hart } from "./call/boundary.ts";
import { Calls } from "./call/calls.ts";
import {
  answerFor,
  connect,
  type Connected,
  gated,
  hasResources,
  parkingAnswerFor,
} from "./call/connect.ts";
import { DirectLink } from "./call/direct.ts";
import { CapTable, type CellCap } from "./cap/table.ts";
import { Diary } from "./cell/diary.ts";
import { type Endowment, Nursery } from "./cell/nursery.ts";
import { type KernelServices, serviceOf } from "./cell/granted.ts";
import { lineWriter } from "./cell/services.ts";
import { absentSpec, Slot } from "./cell/slot.ts";
import { SharedSnapshots, snapshotMemories } from "./cell/snapshots.ts";
import type { CompiledCell, Engine, Grant } from "./engine/engine.ts";
import { farAnswers, farCall, travels } from "./hart/far.ts";
import { ONE_HART, type Place } from "./hart/place.ts";
import type { Platform } from "./host/platform.ts";
import type { KernelOptions } from "./kernel.ts";
import type { CellSpec } from "./manifest/system_file.ts";
import { putInForce } from "./change/terms.ts";
import { Scheduler } from "./sched/scheduler.ts";
import { Events } from "./supervisor/events.ts";
import { retire } from "./supervisor/probation.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import {
  type ContractChanges,
  contractChanges,
} from "./swap/contract_changes.ts";

export class Machine {
  readonly #slots: Slot[];
  readonly #slotByName: Map<string, Slot>;
  /** Places of cells that this node's own code calls, and that are not there. */
  readonly #absent = new Map<string, Slot>();
  readonly calls: Calls;
  readonly nursery: Nursery;
  readonly supervisor: Supervisor;
  readonly scheduler: Scheduler;
  readonly hart: Hart;
  readonly #services: KernelServices;
  readonly #reach = new Map<Slot, ReadonlySet<Slot>>();
  readonly #caps = new CapTable();
  /** Capabilities of the live generations, by the name of the holder. */
  readonly #held = new Map<string, Set<CellCap>>();
  /** Contract names by the cell that the host's own code calls. */
  readonly #connected = new Map<string, Set<string>>();

  constructor(
    readonly options: KernelOptions,
    engine: Engine["Service"],
    readonly platform: Platform["Service"],
    readonly place: Place = ONE_HART,
    memories = snapshotMemories(options.system),
  ) {
    const shared = new SharedSnapshots(options.system, memories);
    this.#services = { platform, options, snapshots: shared };
    this.#slots = [...options.system.cells.values()]
      .filter(({ hart = 0 }) => hart === place.here)
      .map((spec) => new Slot(spec));
    this.#slotByName = new Map(this.slots.map((slot) => [slot.name, slot]));
    for (const slot of this.slots) {
      for (const contract of options.withdrawn?.get(slot.name) ?? []) {
        slot.withdrawn.add(contract);
      }
    }
    this.supervisor = new Supervisor({
      slots: this.slots,
      calls: () => this.calls,
      nursery: () => this.nursery,
      wallMs: platform.wallMs,
      emit: new Events(options.emit, platform.panic).emit,
      say: ({ name, generations }, severity, message) =>
        lineWriter(
          { cell: name, generation: generations },
          platform,
          options.log,
        )(severity, message),
      poke: () => this.scheduler.poke(),
    });
    this.calls = new Calls(
      platform.monotonicMs,
      this.supervisor.onFault,
      engine.settle,
    );
    this.calls.trace = options.trace;
    this.hart = {
      calls: this.calls,
      turn: async () => {
        await platform.turn();
        this.scheduler.hardDue();
      },
      hardDue: () => this.scheduler.hardDue(),
      reach: (slot) => this.#reachOf(slot),
    };
    this.nursery = new Nursery(
      engine,
      this.calls,
      (slot, generation) => this.#endow(slot, generation),
    );
    this.scheduler = new Scheduler({
      ...this.hart,
      turn: platform.turn,
      slots: this.slots,
      attend: (nowMs, between) => {
        putInForce(this, nowMs);
        return this.supervisor.attend(nowMs, between);
      },
    });
  }

  /** In the order of their first start; what is loaded later is behind. */
  get slots(): ReadonlyArray<Slot> {
    return this.#slots;
  }

  get slotByName(): ReadonlyMap<string, Slot> {
    return this.#slotByName;
  }

  /** The cells of all harts as they are to be from the next epoch on. */
  get specs(): ReadonlyMap<string, CellSpec> {
    const far = [...this.place.far.cells].map(([name, { spec }]) =>
      [name, spec] as const
    );
    const own = this.slots.map((slot) =>
      [slot.name, { ...slot.spec, ...slot.planned?.terms }] as const
    );
    return new Map([...far, ...own]);
  }

  /** What the component of a cell exports, on whichever hart; none without. */
  exportsOf(cell: string): ReadonlyMap<string, string> | undefined {
    return this.#slotByName.get(cell)?.image?.compiled.exports ??
      this.place.far.cells.get(cell)?.exports;
  }

  /** Told which contracts of a cell the host's own code calls. */
  noteConnected(cell: string, contract: string): void {
    const connected = this.#connected.get(cell) ?? new Set();
    this.#connected.set(cell, connected.add(contract));
  }

  /** A slot for `spec`: a new one, or the one that waits for such a cell. */
  open(spec: CellSpec): Slot {
    const known = this.#slotByName.get(spec.name);
    const slot = known ?? this.#absent.get(spec.name) ?? new Slot(spec);
    slot.spec = spec;
    if (known === undefined) this.#slots.push(slot);
    this.#slotByName.set(spec.name, slot);
    this.forgetReach();
    return slot;
  }

  /** Takes back `open` of a new slot. */
  forget(slot: Slot): void {
    const at = this.#slots.indexOf(slot);
    if (at >= 0) this.#slots.splice(at, 1);
    this.#slotByName.delete(slot.name);
    slot.state = "absent";
    this.#absent.set(slot.name, slot);
    this.forgetReach();
  }

  /** The end of a generation that stood by. */
  retire(slot: Slot, generation: Slot["current"]): void {
    retire(this.nursery, slot, generation);
  }

  /** After a change of grants or slots. */
  forgetReach(): void {
    this.#reach.clear();
  }

  /** Typed calls into a cell, for the composition root. */
  connectTo<I>(cell: string, binding: InterfaceBinding<I>): Connected<I> {
    // A cell that the system file does not have is one that is not there.
    const slot = this.slotByName.get(cell) ?? this.#absent.get(cell) ??
      new Slot(absentSpec(cell));
    if (!this.slotByName.has(cell)) this.#absent.set(cell, slot);
    this.noteConnected(cell, binding.name);
    const cap = this.#caps.mint(cell, binding.name);
    const { calls, hart, place: { far } } = this;
    const caps = this.#caps;
    return connect(
      { calls, caps, slot, cap, hart },
      binding,
      (method) => (args) =>
        far.cells.has(cell)
          ? farCall({ far, caps, cap, cell }, binding.name, method, args)
          : undefined,
    );
  }

  /** The cell and all that its grants lead to. */
  #reachOf(slot: Slot): ReadonlySet<Slot> {
    const known = this.#reach.get(slot);
    if (known !== undefined) return known;
    const reach = new Set([slot]);
    for (const cell of reach) {
      for (const provider of cell.spec.grants.values()) {
        const [kind, name = ""] = provider.split(":");
        const callee = this.slotByName.get(name);
        if (kind === "cell" && callee !== undefined) reach.add(callee);
      }
    }
    this.#reach.set(slot, reach);
    return reach;
  }

  /** What a component would change in its slot, and why it may not. */
  changes(
    slot: Slot,
    next: CompiledCell,
    called = this.#calledOf(slot),
    starts = false,
  ): ContractChanges {
    const known = new Map(
      [...this.options.contracts].map(([name, { signature }]) => [
        name,
        signature,
      ]),
    );
    return contractChanges(slot, next, { known, called, starts });
  }

  /**
   * Takes a grant back, from the next call on and for generations to come;
   * true if the slot had it. A call under way runs to its end.
   */
  withdraw(slot: Slot, contract: string): boolean {
    if (!slot.spec.grants.has(contract)) return false;
    slot.withdrawn.add(contract);
    for (const cap of this.#held.get(slot.name) ?? []) {
      if (cap.contract === contract) this.#caps.revoke(cap);
    }
    return true;
  }

  #calledOf(slot: Slot): Map<string, string[]> {
    const called = new Map<string, string[]>();
    const note = (contract: string, caller: string) =>
      called.set(contract, [...called.get(contract) ?? [], caller]);
    for (const [name, { grants }] of this.specs) {
      for (const [contract, provider] of grants) {
        if (provider === `cell:${slot.name}`) note(contract, name);
      }
    }
    for (const contract of this.#connected.get(slot.name) ?? []) {
      note(contract, "this node");
    }
    return called;
  }

  /** Capabilities minted for one generation; they die with it. */
  #endow(slot: Slot, generation: number): Endowment {
    const diary = new Diary();
    const caps: CellCap[] = [];
    const ends: Array<() => void> = [];
    const grants = new Map<string, Grant>();
    for (const [contract, provider] of slot.spec.grants) {
      const binding = this.options.contracts.get(contract);
      if (binding === undefined) continue;
      const cap = this.#caps.mint(provider, contract);
      caps.push(cap);
      if (slot.withdrawn.has(contract) || provider === "none") {
        this.#caps.revoke(cap);
      }
      const distant = this.#farCell(provider, binding, cap);
      if (distant !== undefined) {
        grants.set(contract, distant);
        continue;
      }
      const holder = {
        cell: slot.name,
        generation,
        isCurrent: () => slot.current?.number === generation,
      };
      const host = provider === "kernel"
        ? serviceOf(contract, { slot, holder, diary }, this.#services)
        : opened(this.#provided(provider, binding, cap), holder, ends);
      if (host === undefined) continue;
      const absent = this.options.absences?.get(contract);
      const gate = { caps: this.#caps, cap };
      grants.set(
        contract,
        this.#calledCell(provider, binding, cap, host) ??
          { binding, host: gated(gate, binding, host, absent) },
      );
    }
    const held = this.#held.get(slot.name) ?? new Set();
    this.#held.set(slot.name, held);
    for (const cap of caps) held.add(cap);
    const revoke = () => {
      for (const cap of caps) {
        this.#caps.revoke(cap);
        held.delete(cap);
      }
      for (const end of ends.splice(0)) end();
    };
    return { grants, diary, revoke };
  }

  /** A grant that a cell of another hart answers. */
  #farCell(
    provider: string,
    binding: InterfaceBinding<unknown>,
    cap: CellCap,
  ): Grant | undefined {
    const { calls, place: { far } } = this;
    const [kind, cell = ""] = provider.split(":");
    if (kind !== "cell" || !far.cells.has(cell) || !travels(far, binding)) {
      return undefined;
    }
    const target = { far, calls, caps: this.#caps, cap, cell };
    const { plain, parked } = farAnswers(target, binding);
    return { binding, host: plain, parking: parked };
  }

  /** A grant that another cell answers: at the door, parked, or directly. */
  #calledCell(
    provider: string,
    binding: InterfaceBinding<unknown>,
    cap: CellCap,
    host: unknown,
  ): Grant | undefined {
    const slot = this.#calleeOf(provider);
    if (slot === undefined) return undefined;
    const target = { calls: this.calls, caps: this.#caps, slot, cap };
    return {
      binding,
      host,
      parking: parkingAnswerFor(target, binding),
      link: new DirectLink(target, binding),
    };
  }

  #provided(
    provider: string,
    binding: InterfaceBinding<unknown>,
    cap: CellCap,
  ): unknown {
    const [kind, name = ""] = provider.split(":");
    if (kind === "none") return {};
    if (kind === "driver") {
      return this.options.drivers.get(name)?.get(binding.name);
    }
    const slot = this.#calleeOf(provider);
    // Without an answer the import is refused, with its name.
    if (slot === undefined || hasResources(binding)) return undefined;
    return answerFor(
      { calls: this.calls, caps: this.#caps, slot, cap },
      binding,
    );
  }

  #calleeOf(provider: string): Slot | undefined {
    const [kind, name = ""] = provider.split(":");
    return kind === "cell" ? this.slotByName.get(name) : undefined;
  }
}
