/**
 * All harts but the first, as the kernel on the first one uses them.
 *
 * A cell of another hart is started, changed and stopped there; what is known of
 * it here is what its hart last told. A hart that ends takes its cells' generations
 * with it as faulted: it is started anew with growing pauses, its cells go on from
 * their last checkpoints, and after too many ends they are disabled. A hart that
 * is silent is given up for good, because a thread that may still run must not
 * have a successor.
 */
import { Effect } from "effect";
import { blake3 } from "@noble/hashes/blake3.js";
import type { CallMessages } from "../../wit/abi/message.ts";
import type { Component } from "../cell/nursery.ts";
import { LoadRefused } from "../cell/nursery.ts";
import type { SlotState } from "../cell/slot.ts";
import { type CellStatus, statusOf } from "../cell/status.ts";
import type { Change, Changed, Preview } from "../change/change.ts";
import type { Beyond } from "../engine/engine.ts";
import type { Platform } from "../host/platform.ts";
import type { KernelOptions } from "../kernel.ts";
import {
  HART_SILENT_MS_MAX,
  HART_STATUS_MS,
  HART_STOP_MS_MAX,
  must,
} from "../limits.ts";
import type { Machine } from "../machine.ts";
import type { SwapReport } from "../swap/swap.ts";
import { Agenda } from "./agenda.ts";
import { callOver, type Far, type FarCell } from "./far.ts";
import { Line, newLine } from "./line.ts";
import type { Beginning, FirstDoes, LoadFault, Told } from "./protocol.ts";
import { FarHart, type StartHart } from "./thread.ts";

export interface HartsParts {
  readonly options: KernelOptions;
  readonly platform: Platform["Service"];
  readonly beyond: Beyond;
  readonly start: StartHart;
  readonly messages: ReadonlyMap<
    string,
    Readonly<Record<string, CallMessages>>
  >;
  /** How often a hart may end, and when the next one begins. */
  readonly judge: (
    earlier: ReadonlyArray<number>,
    nowMs: number,
  ) => {
    readonly verdict:
      | { readonly kind: "restart"; readonly afterMs: number }
      | { readonly kind: "disable"; readonly faults: number };
    readonly recent: ReadonlyArray<number>;
  };
}

/** Ends of one hart's threads, in the window that counts. */
interface History {
  recent: ReadonlyArray<number>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

type KernelEvent = Parameters<KernelOptions["emit"]>[0];

export class Harts {
  /** The way from the first hart's cells to those of others. */
  readonly far: Far;
  readonly #cells = new Map<string, FarCell>();
  readonly #lines = new Map<number, Line>();
  readonly #harts = new Map<number, FarHart>();
  readonly #histories = new Map<number, History>();
  /** What is known of cells of other harts, also of one that has ended. */
  readonly #known = new Map<string, CellStatus>();
  readonly #components = new Map<string, Component>();
  readonly #connected = new Map<string, Set<string>>();
  readonly #shared = new Map<string, string>();
  #machine: Machine | undefined;
  #agenda: Agenda | undefined;
  #isClosing = false;

  constructor(readonly parts: HartsParts) {
    const messagesOf: Far["messagesOf"] = (contract, method) =>
      parts.messages.get(contract)?.[method];
    const call = callOver(this.#cells, this.#lines, messagesOf);
    this.far = { cells: this.#cells, messagesOf, call };
    const { cells } = parts.options.system;
    for (const spec of cells.values()) {
      if ((spec.hart ?? 0) > 0) {
        this.#cells.set(spec.name, { spec, exports: undefined });
      }
    }
  }

  /** How many there are beside the first one. */
  get count(): number {
    return this.parts.options.system.harts ?? 0;
  }

  has(cell: string): boolean {
    return this.#cells.has(cell);
  }

  status(cell: string): CellStatus {
    const known = this.#known.get(cell);
    if (known !== undefined) return known;
    const spec = this.#cells.get(cell)?.spec;
    must(spec !== undefined, "a far cell is known");
    return neverHeard(spec);
  }

  /** Names of cells that were loaded on other harts while the node runs. */
  get names(): ReadonlyArray<string> {
    return [...this.#cells.keys()];
  }

  /** Starts the threads; those that do not start leave their cells disabled. */
  async begin(machine: Machine): Promise<void> {
    this.#machine = machine;
    this.#agenda = new Agenda({
      ...machine.hart,
      slotOf: (cell) => machine.slotByName.get(cell),
      contracts: this.parts.options.contracts,
      messagesOf: this.far.messagesOf,
    });
    const numbers = Array.from({ length: this.count }, (_, at) => at + 1);
    await Promise.all(numbers.map((number) => this.#beginHart(number)));
  }

  /** Serves calls from other harts, and looks after them, until interrupted. */
  get run(): Effect.Effect<never> {
    const agenda = this.#agenda;
    must(agenda !== undefined, "harts have begun");
    let lookedMs = this.#nowMs;
    const look = Effect.gen({ self: this }, function* () {
      this.share();
      const nowMs = this.#nowMs;
      // After a pause of this thread nobody could be heard.
      if (nowMs - lookedMs < HART_SILENT_MS_MAX / 2) this.#endSilent(nowMs);
      lookedMs = nowMs;
      yield* Effect.sleep(HART_STATUS_MS);
    });
    return Effect.raceFirst(agenda.run, Effect.forever(look));
  }

  /** The first start of a cell, in its turn. */
  async start(cell: string): Promise<void> {
    this.share();
    const hart = this.#hartOf(cell);
    if (hart === undefined) return;
    try {
      await hart.peer.ask("start", cell);
    } catch {
      // Its hart has ended, and what became of its cells was told.
    }
  }

  swap(cell: string, component: Component): Effect.Effect<
    SwapReport,
    LoadRefused
  > {
    return this.#asked(
      cell,
      async ({ peer }) => await peer.ask("swap", { cell, component }),
      component,
    );
  }

  apply(change: Change): Effect.Effect<Changed, LoadRefused> {
    const component = "component" in change ? change.component : undefined;
    return this.#asked(
      hartCell(change),
      async ({ peer }) => await peer.ask("apply", change),
      component,
    );
  }

  preview(change: Change): Effect.Effect<Preview, LoadRefused> {
    return this.#asked(
      hartCell(change),
      async ({ peer }) => await peer.ask("preview", change),
    );
  }

  withdraw(cell: string, contract: string): Effect.Effect<void, LoadRefused> {
    return this.#asked(
      cell,
      async ({ peer }) => await peer.ask("withdraw", { cell, contract }),
    );
  }

  /** A new cell comes to a hart, before it is loaded there. */
  expect(cell: FarCell["spec"]): void {
    if (!this.#cells.has(cell.name)) {
      this.#cells.set(cell.name, { spec: cell, exports: undefined });
    }
  }

  /** Takes back `expect` of a cell that was not loaded. */
  forget(cell: string): void {
    if (this.#known.has(cell)) return;
    this.#cells.delete(cell);
  }

  noteConnected(cell: string, contract: string): void {
    const names = this.#connected.get(cell) ?? new Set();
    this.#connected.set(cell, names.add(contract));
    for (const { peer } of this.#harts.values()) {
      peer.tell("connected", { cell, contract });
    }
  }

  /** Nothing starts any more, on any of them. */
  halt(): void {
    this.#isClosing = true;
    for (const { timer } of this.#histories.values()) clearTimeout(timer);
    for (const { peer } of this.#harts.values()) peer.tell("halt", undefined);
  }

  /** The last stop of one cell, after `halt`. */
  async stop(cell: string): Promise<void> {
    const hart = this.#hartOf(cell);
    if (hart === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      hart.peer.ask("stop", cell).catch(() => {}),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, HART_STOP_MS_MAX);
      }),
    ]);
    clearTimeout(timer);
  }

  /** The threads end. */
  close(): void {
    for (const hart of [...this.#harts.values()]) hart.end(STOPPING);
    for (const line of this.#lines.values()) line.end(STOPPING);
  }

  /** Tells the other harts what has changed of the first one's cells. */
  share(): void {
    const { slots } = this.#running;
    for (const slot of slots) {
      this.#tellAll(slot.name, {
        spec: { ...slot.spec, ...slot.planned?.terms },
        exports: slot.image?.compiled.exports,
      }, 0);
    }
  }

  get #nowMs(): number {
    return this.parts.platform.monotonicMs();
  }

  get #running(): Machine {
    const machine = this.#machine;
    must(machine !== undefined, "harts have begun");
    return machine;
  }

  #hartOf(cell: string): FarHart | undefined {
    return this.#harts.get(this.#cells.get(cell)?.spec.hart ?? 0);
  }

  #asked<A>(
    cell: string,
    ask: (hart: FarHart) => Promise<Told<A, LoadFault>>,
    component?: Component,
  ): Effect.Effect<A, LoadRefused> {
    return Effect.promise(async (): Promise<Told<A, LoadFault>> => {
      this.share();
      const hart = this.#hartOf(cell);
      if (hart === undefined) return noHart(cell);
      if (component !== undefined) this.#remember(component);
      try {
        return await ask(hart);
      } catch (error) {
        return noHart(cell, error);
      }
    }).pipe(
      Effect.flatMap((told) =>
        told.ok
          ? Effect.succeed(told.value)
          : Effect.fail(new LoadRefused(told.refusal))
      ),
    );
  }

  async #beginHart(number: number): Promise<void> {
    const { beyond, platform, start } = this.parts;
    const hart = new FarHart(number, start, {
      first: this.#doings,
      now: platform.monotonicMs,
      panic: platform.panic,
      ended: (one, reason) => this.#ended(one, reason),
    });
    this.#harts.set(number, hart);
    try {
      await hart.begin({
        ...this.#situation(),
        hart: number,
        lines: this.#linked(number),
        seat: beyond.seat(number),
      });
    } catch (error) {
      hart.end(`it did not start: ${textOf(error)}`);
    }
  }

  /** What every hart is told when it begins. */
  #situation(): Omit<Beginning, "hart" | "lines" | "seat"> {
    const { options } = this.parts;
    const machine = this.#running;
    const far = new Map(this.#cells);
    for (const slot of machine.slots) {
      const exports = slot.image?.compiled.exports;
      far.set(slot.name, { spec: slot.spec, exports });
    }
    const withdrawn = new Map(options.withdrawn ?? []);
    const unloaded = new Set(options.unloaded ?? []);
    for (const { name, withdrawn: names, state } of this.#known.values()) {
      withdrawn.set(name, new Set(names));
      if (state === "unloaded") unloaded.add(name);
      else unloaded.delete(name);
    }
    return {
      system: {
        ...options.system,
        cells: new Map([...far].map(([name, { spec }]) => [name, spec])),
      },
      drivers: new Map(
        [...options.drivers].map(([name, hosts]) => [
          name,
          new Set(hosts.keys()),
        ]),
      ),
      withdrawn,
      unloaded,
      connected: this.#connected,
      far,
    };
  }

  /** New lines between a hart and all others; its ends of them. */
  #linked(number: number): Beginning["lines"] {
    const { platform } = this.parts;
    const agenda = this.#agenda;
    must(agenda !== undefined, "harts have begun");
    const [own, theirs] = newLine();
    this.#lines.get(number)?.end("there is a new line");
    this.#lines.set(
      number,
      new Line(own, {
        hart: number,
        now: platform.monotonicMs,
        serve: agenda.take,
        panic: platform.panic,
      }),
    );
    const lines: [number, ReturnType<typeof newLine>[0]][] = [[0, theirs]];
    for (const [other, { peer }] of this.#harts) {
      if (other === number) continue;
      const [ends, there] = newLine();
      lines.push([other, ends]);
      peer.tell("relink", { hart: number, ends: there });
    }
    return lines;
  }

  readonly #doings: FirstDoes = {
    now: () => this.#nowMs,
    component: async (cell) => {
      const spec = this.#cells.get(cell)?.spec;
      must(spec !== undefined, `${cell} is known`);
      const read = await Effect.runPromise(
        Effect.result(this.parts.options.components(spec)),
      );
      if (read._tag === "Failure") {
        const { cell, stage, reason } = read.failure;
        return { ok: false, refusal: { cell, stage, reason } };
      }
      this.#remember(read.success);
      return { ok: true, value: read.success };
    },
    wayBack: async (cell) => {
      const way = this.parts.options.wayBack?.(cell);
      const found = way && await Effect.runPromise(way);
      if (found !== undefined) this.#remember(found.component);
      return found;
    },
    prepare: async ({ bytes, memoryMib }) => {
      const { beyond } = this.parts;
      const made = await Effect.runPromise(
        Effect.result(beyond.prepare(bytes, { memoryMib })),
      );
      if (made._tag === "Success") return { ok: true, value: made.success };
      const { kind, reason } = made.failure;
      return { ok: false, refusal: { kind, reason } };
    },
    status: (cells) => {
      for (const status of cells) this.#heard(status);
    },
    // Each hart keeps its own (thread.ts).
    checkpoint: () => {},
    event: (event) => this.#running.supervisor.parts.emit(event),
    log: (line) => this.parts.options.log(line),
  };

  #heard(status: CellStatus): void {
    const { name, spec, exports, hart } = status;
    this.#known.set(name, status);
    this.#cells.set(name, { spec, exports });
    this.#tellAll(name, { spec, exports }, hart);
  }

  /** Harts other than the cell's own learn of it. */
  #tellAll(name: string, far: FarCell, own: number): void {
    const { spec, exports } = far;
    const { grants, ...rest } = spec;
    const text = JSON.stringify([rest, [...grants], [...exports ?? []]]);
    if (this.#shared.get(name) === text) return;
    this.#shared.set(name, text);
    for (const [number, { peer }] of this.#harts) {
      if (number !== own) peer.tell("know", { name, far });
    }
  }

  #remember(component: Component): void {
    this.#components.set(hashOf(component.bytes), component);
    const inUse = new Set([...this.#known.values()].map(({ hash }) => hash));
    for (const hash of this.#components.keys()) {
      if (this.#components.size <= COMPONENTS_KEPT) break;
      if (!inUse.has(hash)) this.#components.delete(hash);
    }
  }

  #endSilent(nowMs: number): void {
    for (const hart of [...this.#harts.values()]) {
      if (nowMs - hart.heardMs < HART_SILENT_MS_MAX) continue;
      const history = this.#historyOf(hart.number);
      // Never again: nobody knows that its thread does not run.
      history.recent = [];
      clearTimeout(history.timer);
      this.#harts.delete(hart.number);
      hart.end(`it was silent for ${HART_SILENT_MS_MAX} ms`);
      this.#disable(hart, "its hart does not answer; start the node anew");
    }
  }

  #historyOf(number: number): History {
    const known = this.#histories.get(number) ??
      { recent: [], timer: undefined };
    this.#histories.set(number, known);
    return known;
  }

  /** A hart has ended: so have the generations of its cells. */
  #ended(hart: FarHart, reason: string): void {
    const { number } = hart;
    if (this.#isClosing) return;
    const isCurrent = this.#harts.get(number) === hart;
    this.#harts.delete(number);
    this.#lines.get(number)?.end(`hart ${number} has ended`);
    for (const { peer } of this.#harts.values()) {
      peer.tell("unlink", { hart: number, reason: "it has ended" });
    }
    const nowMs = this.#nowMs;
    for (const status of this.#own(number)) this.#bury(status, reason);
    if (!isCurrent) return;
    const history = this.#historyOf(number);
    const { verdict, recent } = this.parts.judge(history.recent, nowMs);
    history.recent = recent;
    if (verdict.kind === "disable") {
      return this.#disable(hart, `its hart ended ${verdict.faults} times`);
    }
    history.timer = setTimeout(
      () => void this.#again(hart).catch(this.parts.platform.panic),
      verdict.afterMs,
    );
  }

  /** What was last known of the cells of a hart. */
  #own(number: number): CellStatus[] {
    return [...this.#cells.values()]
      .filter(({ spec }) => spec.hart === number)
      .map(({ spec }) => this.status(spec.name));
  }

  #bury(status: CellStatus, reason: string): void {
    const { name, state, serves, generation } = status;
    if (!LIVELY.has(state)) return;
    const detail = `its hart ended: ${reason}`;
    this.#known.set(name, {
      ...status,
      serves: false,
      state: "restarting",
      detail,
      faults: status.faults + Number(serves),
    });
    if (!serves) return;
    this.#emit({
      kind: "fault",
      epitaph: {
        cell: name,
        generation,
        kind: "hart",
        reason,
        during: "the end of its hart",
        forMs: 0,
        wallMs: this.parts.platform.wallMs(),
        lastLines: [],
      },
    });
  }

  /** A new thread in the place of one that has ended, and its cells on it. */
  async #again(before: FarHart): Promise<void> {
    if (this.#isClosing) return;
    const { number } = before;
    const cells = this.#own(number);
    await this.#beginHart(number);
    const hart = this.#harts.get(number);
    if (hart === undefined || hart.hasEnded) return;
    for (const [cell, checkpoint] of before.checkpoints) {
      hart.checkpoints.set(cell, checkpoint);
    }
    for (const status of cells) {
      const { name, spec, generations, faults, withdrawn, hash } = status;
      if (status.state !== "restarting") continue;
      const component = this.#components.get(hash);
      const checkpoint = hart.checkpoints.get(name);
      const revived = component === undefined
        ? hart.peer.ask("start", name)
        : hart.peer.ask("revive", {
          spec,
          generations,
          faults,
          checkpoint,
          withdrawn,
          component,
        });
      await revived.catch(() => {});
    }
  }

  #disable({ number }: FarHart, reason: string): void {
    for (const status of this.#own(number)) {
      if (!LIVELY.has(status.state)) continue;
      const { name, generation } = status;
      const detail = `${reason}: ${status.detail}`;
      this.#known.set(name, {
        ...status,
        serves: false,
        state: "disabled",
        detail,
      });
      this.#emit({ kind: "disabled", cell: name, generation, detail });
    }
  }

  #emit(event: KernelEvent): void {
    this.#running.supervisor.parts.emit(event);
  }
}

/** States in which a cell serves, or will again. */
const LIVELY: ReadonlySet<SlotState> = new Set([
  "absent",
  "starting",
  "running",
  "degraded",
  "probation",
  "restarting",
]);

/** Components that a cell could be started from again. */
const COMPONENTS_KEPT = 16;
const STOPPING = "the node is stopping";

/** The cell on whose hart a change is made. */
function hartCell(change: Change): string {
  return change.kind === "load" ? change.spec.name : change.cell;
}

function hashOf(bytes: Uint8Array): string {
  return blake3(bytes).toHex();
}

function noHart(cell: string, error?: unknown): Told<never, LoadFault> {
  const reason = error === undefined
    ? "its hart does not run"
    : `its hart ended: ${textOf(error)}`;
  return { ok: false, refusal: { cell, stage: "hart", reason } };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Of a cell whose hart has told nothing yet. */
function neverHeard(spec: FarCell["spec"]): CellStatus {
  return {
    name: spec.name,
    hart: spec.hart ?? 0,
    spec,
    state: "absent",
    serves: false,
    detail: "",
    version: "",
    hash: "",
    exports: undefined,
    withdrawn: [],
    generation: 0,
    generations: 0,
    usedMs: 0,
    p50Us: 0,
    p99Us: 0,
    faults: 0,
    parks: 0,
    missed: 0,
    calls: 0,
    memoryBytes: 0,
    swapPauseMs: undefined,
  };
}
