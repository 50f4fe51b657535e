/**
 * The threads of all harts but the first: begun, linked to each other, buried
 * when they end, and begun again.
 *
 * A hart that ends takes its cells' generations with it as faulted: it begins anew
 * with growing pauses, its cells go on from their last checkpoints, and after too
 * many ends they are disabled. A hart that is silent is given up for good, because
 * a thread that may still run must not have a successor.
 */
import type { CallMessages } from "../../wit/abi/message.ts";
import type { SlotState } from "../cell/slot.ts";
import type { SnapshotMemories } from "../cell/snapshots.ts";
import { type CellStatus, wayBackMs } from "../cell/status.ts";
import type { Beyond } from "../engine/engine.ts";
import type { Platform } from "../host/platform.ts";
import type { KernelOptions } from "../kernel.ts";
import { HART_SILENT_MS_MAX } from "../limits.ts";
import type { Machine } from "../machine.ts";
import type { Agenda } from "./agenda.ts";
import type { FarCell } from "./far.ts";
import { firstDoes } from "./first.ts";
import type { Known } from "./known.ts";
import { Line, type LineEnds, newLine } from "./line.ts";
import type { Beginning } from "./protocol.ts";
import { FarHart, type StartHart } from "./thread.ts";

/** Where the recording of one thread goes, octet by octet. */
export interface HartRecord {
  readonly octetsMax: number;
  readonly write: (octets: Uint8Array) => void;
  /** It is full or cannot be written: nothing more comes. */
  readonly stopped: (reason: string) => void;
}

export interface HartsParts {
  readonly options: KernelOptions;
  readonly platform: Platform["Service"];
  readonly beyond: Beyond;
  readonly memories: SnapshotMemories;
  readonly start: StartHart;
  /** A new recording for each thread that begins, if the run is recorded. */
  readonly record?: (hart: number) => HartRecord;
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

/** What is there once the first hart's machine is. */
export interface Ground {
  readonly machine: Machine;
  readonly agenda: Agenda;
}

export class Threads {
  readonly lines = new Map<number, Line>();
  readonly #harts = new Map<number, FarHart>();
  readonly #histories = new Map<number, History>();
  readonly #connected = new Map<string, Set<string>>();
  #isClosing = false;

  constructor(
    readonly parts: HartsParts,
    readonly known: Known,
    readonly ground: () => Ground,
  ) {}

  /** The hart on which a cell lives, if that is another one and runs. */
  hartOf(cell: string): FarHart | undefined {
    return this.#harts.get(this.known.cells.get(cell)?.spec.hart ?? 0);
  }

  noteConnected(cell: string, contract: string): void {
    const names = this.#connected.get(cell) ?? new Set();
    this.#connected.set(cell, names.add(contract));
    for (const { peer } of this.#harts.values()) {
      peer.tell("connected", { cell, contract });
    }
  }

  /** Harts other than the cell's own learn of it. */
  tellAll(own: number, name: string, far: FarCell): void {
    if (!this.known.isNews(name, far)) return;
    for (const [number, { peer }] of this.#harts) {
      if (number !== own) peer.tell("know", { name, far });
    }
  }

  /** Nothing starts any more, on any of them. */
  halt(): void {
    this.#isClosing = true;
    for (const { timer } of this.#histories.values()) clearTimeout(timer);
    for (const { peer } of this.#harts.values()) peer.tell("halt", undefined);
  }

  /** The orderly end of all recordings; each hart has so long for it. */
  async closeRecords(withinMs: number): Promise<void> {
    if (this.parts.record === undefined) return;
    const closed = [...this.#harts.values()].map(({ peer }) =>
      soon(peer.ask("closeRecord", STOPPED), withinMs)
    );
    await Promise.all(closed);
  }

  close(): void {
    this.#isClosing = true;
    for (const hart of [...this.#harts.values()]) hart.end(STOPPING);
    for (const line of this.lines.values()) line.end(STOPPING);
  }

  /** Starts one; where that fails it is as if it had ended. */
  async begin(number: number): Promise<void> {
    const { beyond, platform, start } = this.parts;
    const record = this.parts.record?.(number);
    const hart = new FarHart(number, start, {
      first: firstDoes({
        ...this.parts,
        known: this.known,
        now: platform.monotonicMs,
        record,
        emit: (event) => this.#emit(event),
        heard: (status) => {
          this.known.note(status);
          this.tellAll(number, status.name, status);
        },
      }),
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
        recordOctetsMax: record?.octetsMax,
      });
    } catch (error) {
      hart.end(`it did not start: ${textOf(error)}`);
    }
  }

  /** What every hart is told when it begins. */
  #situation(): Omit<
    Beginning,
    "hart" | "lines" | "seat" | "recordOctetsMax"
  > {
    const { options } = this.parts;
    const { machine } = this.ground();
    const far = new Map(this.known.cells);
    for (const slot of machine.slots) {
      const exports = slot.image?.compiled.exports;
      const { name, spec } = slot;
      far.set(name, { spec, exports, wayBackMs: wayBackMs(slot) });
    }
    const withdrawn = new Map(options.withdrawn ?? []);
    const unloaded = new Set(options.unloaded ?? []);
    for (const { name, withdrawn: names, state } of this.known.statuses) {
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
      absences: options.absences ?? new Map(),
      withdrawn,
      unloaded,
      connected: this.#connected,
      far,
      memories: this.parts.memories,
    };
  }

  /** New lines between a hart and all others; its ends of them. */
  #linked(number: number): Beginning["lines"] {
    const { platform } = this.parts;
    const { agenda } = this.ground();
    const [own, theirs] = newLine();
    this.lines.get(number)?.end("there is a new line");
    this.lines.set(
      number,
      new Line(own, {
        hart: number,
        now: platform.monotonicMs,
        serve: agenda.take,
        hurried: agenda.hurried,
        panic: platform.panic,
      }),
    );
    const lines: [number, LineEnds][] = [[0, theirs]];
    for (const [other, { peer }] of this.#harts) {
      if (other === number) continue;
      const [ends, there] = newLine();
      lines.push([other, ends]);
      peer.tell("relink", { hart: number, ends: there });
    }
    return lines;
  }

  /** Gives up whoever has told nothing for too long. */
  endSilent(nowMs: number): void {
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
    this.lines.get(number)?.end(`hart ${number} has ended`);
    for (const { peer } of this.#harts.values()) {
      peer.tell("unlink", { hart: number, reason: "it has ended" });
    }
    const nowMs = this.parts.platform.monotonicMs();
    for (const status of this.known.of(number)) this.#bury(status, reason);
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

  #bury(status: CellStatus, reason: string): void {
    const { name, state, serves, generation } = status;
    if (!LIVELY.has(state)) return;
    const detail = `its hart ended: ${reason}`;
    this.known.note({
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
    const cells = this.known.of(number);
    await this.begin(number);
    const hart = this.#harts.get(number);
    if (hart === undefined || hart.hasEnded) return;
    for (const status of cells) {
      const { name, spec, generations, faults, withdrawn } = status;
      if (status.state !== "restarting") continue;
      const component = this.known.component(status);
      const checkpoint = this.known.checkpoints.get(name);
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
    for (const status of this.known.of(number)) {
      if (!LIVELY.has(status.state)) continue;
      const { name, generation } = status;
      const detail = `${reason}: ${status.detail}`;
      this.known.note({
        ...status,
        serves: false,
        state: "disabled",
        detail,
      });
      this.#emit({ kind: "disabled", cell: name, generation, detail });
    }
  }

  #emit(event: KernelEvent): void {
    this.ground().machine.supervisor.parts.emit(event);
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

const STOPPING = "the node is stopping";
const STOPPED = "the node stopped";

/** Until it is done, however it ends, or the time is over. */
export async function soon(
  work: Promise<unknown>,
  withinMs: number,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    work.catch(() => {}),
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    }),
  ]);
  clearTimeout(timer);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
