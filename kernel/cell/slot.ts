/**
 * A slot: the place of one cell, whichever generation fills it.
 *
 * Callers hold capabilities to the slot, so replacing a cell is one assignment
 * (`current`). The slot also keeps what outlives a generation: faults, meter,
 * last log lines, epitaphs, the last checkpoint.
 */
import type { CellSpec } from "../manifest/system_file.ts";
import { EPITAPHS_KEPT, LOG_LINES_KEPT } from "../limits.ts";
import { Meter } from "../sched/meter.ts";
import type { CompiledCell } from "../engine/engine.ts";
import type { Generation } from "./generation.ts";

export type SlotState =
  | "absent" // never started
  | "starting"
  | "running"
  | "degraded"
  | "probation" // swapped, the old generation stands by
  | "restarting" // faulted, will be back
  | "disabled" // faulted too often, or its start was refused
  | "stopped";

/** State that a generation handed over, and the version of its layout. */
export interface Checkpoint {
  readonly version: number;
  readonly octets: Uint8Array;
  readonly atMs: number;
}

/** What is known about the end of a generation. */
export interface Epitaph {
  readonly cell: string;
  readonly generation: number;
  /** Kind of the fault, e.g. `deadline`. */
  readonly kind: string;
  readonly reason: string;
  /** What it was doing, e.g. `reads.scan`. */
  readonly during: string;
  readonly forMs: number;
  readonly wallMs: number;
  readonly lastLines: ReadonlyArray<string>;
}

/** A component that passed every check, ready to be instantiated again. */
export interface Image {
  readonly compiled: CompiledCell;
  readonly version: string;
}

export class Slot {
  current: Generation | undefined;
  /** The generation that comes back if the probation fails. */
  standby: Generation | undefined;
  state: SlotState = "absent";
  /** Why it is in that state. */
  detail = "";
  /** What the slot restarts from. */
  image: Image | undefined;
  generations = 0;
  faults = 0;
  recentFaults: ReadonlyArray<number> = [];
  calls = 0;
  checkpoint: Checkpoint | undefined;
  swapPauseMs: number | undefined;
  /** When the scheduler has to look at the cell again; monotonic. */
  wakeAtMs = 0;
  restartAtMs = Infinity;
  heartbeatAtMs = 0;
  probationEndsMs = Infinity;
  checkpointAtMs = 0;
  /** While a step runs: when it should yield. */
  yieldAtMs = Infinity;
  /** Set while a swap or a restart builds the next generation. */
  changing = false;
  readonly meter = new Meter();
  readonly lines: string[] = [];
  readonly epitaphs: Epitaph[] = [];

  constructor(readonly spec: CellSpec) {}

  get name(): string {
    return this.spec.name;
  }

  /** True if calls are let through. */
  get serves(): boolean {
    return this.current?.alive === true;
  }

  /** What to say of a cell that says it is well. */
  detailWhenWell(): string {
    return this.detail.startsWith("rolled back") ? this.detail : "";
  }

  note(line: string): void {
    this.lines.push(line);
    if (this.lines.length > LOG_LINES_KEPT) this.lines.shift();
  }

  bury(epitaph: Epitaph): void {
    this.epitaphs.push(epitaph);
    if (this.epitaphs.length > EPITAPHS_KEPT) this.epitaphs.shift();
  }
}
