/**
 * A slot: the place of one cell, whichever generation fills it.
 *
 * Callers hold capabilities to the slot, so replacing a cell is one assignment
 * (`current`). The slot also keeps what outlives a generation: faults, meter,
 * epitaphs, the last checkpoint.
 */
import type { CellSpec } from "../manifest/system_file.ts";
import type { Terms } from "../change/terms.ts";
import { EPITAPHS_KEPT } from "../limits.ts";
import { Meter } from "../sched/meter.ts";
import type { CompiledCell } from "../engine/engine.ts";
import type { Generation } from "./generation.ts";

export type SlotState =
  | "absent" // not yet started
  | "starting" // its generation says so, or has not been asked yet
  | "running"
  | "degraded"
  | "probation" // swapped, the generation before stands by
  | "restarting" // faulted, will be back
  | "disabled" // faulted too often, or its start was refused
  | "unloaded" // by a proposal; only a load brings it back
  | "stopped"; // for good: the node is shutting down

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
  /** What this generation logged last, oldest first. */
  readonly lastLines: ReadonlyArray<string>;
}

/** A component that passed every check, ready to be instantiated again. */
export interface Image {
  readonly compiled: CompiledCell;
  readonly version: string;
}

/** What the slot was before a swap, whole: a rollback makes it so again. */
export interface Standby {
  /** None where the node was started anew during the probation. */
  readonly generation: Generation | undefined;
  readonly image: Image;
  readonly grants: ReadonlyMap<string, string>;
  readonly withdrawn: ReadonlyArray<string>;
  /** Its whole entry, where the swap brought another. */
  readonly spec: CellSpec | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly recentFaults: ReadonlyArray<number>;
  /** Whether it said at the swap that a promise was weakened. */
  readonly degraded: boolean;
}

export class Slot {
  current: Generation | undefined;
  /** Set during a probation only. */
  standby: Standby | undefined;
  state: SlotState = "absent";
  /** Why it is in that state. */
  detail = "";
  /** Said of the slot while its cell is well, e.g. that it was rolled back. */
  remark = "";
  /** What the slot restarts from. */
  image: Image | undefined;
  /** Number of the latest generation that was conceived. */
  generations = 0;
  faults = 0;
  /** When it faulted by its own fault, within the window; monotonic. */
  recentFaults: ReadonlyArray<number> = [];
  /** The same for falls that others caused. */
  recentFalls: ReadonlyArray<number> = [];
  calls = 0;
  checkpoint: Checkpoint | undefined;
  swapPauseMs: number | undefined;
  /** When the current generation came into the slot; monotonic. */
  installedAtMs = 0;
  /** When the scheduler has to look at the cell again; monotonic. */
  wakeAtMs = 0;
  restartAtMs = Infinity;
  heartbeatAtMs = 0;
  probationEndsMs = Infinity;
  checkpointAtMs = Infinity;
  /** In a step: when it should yield. Infinite outside of one. */
  yieldAtMs = Infinity;
  /** Set while a swap is under way: a second one is refused. */
  changing = false;
  /** Calls from outside that wait for the cell, now and at most. */
  waiting = 0;
  waitingMost = 0;
  /** Contracts whose grant was withdrawn while the node runs. */
  readonly withdrawn = new Set<string>();
  readonly meter = new Meter();
  readonly epitaphs: Epitaph[] = [];

  /** Terms that are in force once the epoch after this one begins. */
  planned: { readonly terms: Terms; readonly afterEpoch: number } | undefined;

  constructor(public spec: CellSpec) {}

  get name(): string {
    return this.spec.name;
  }

  /** True if calls are let through. */
  get serves(): boolean {
    return this.current?.alive === true;
  }

  /** True for good once the node is shutting down. */
  get stopped(): boolean {
    return this.state === "stopped";
  }

  /** Two generations of such a cell must not write to its device. */
  get ownsDevice(): boolean {
    return [...this.spec.grants.values()]
      .some((provider) => provider.startsWith("driver:"));
  }

  bury(epitaph: Epitaph): void {
    this.epitaphs.push(epitaph);
    if (this.epitaphs.length > EPITAPHS_KEPT) this.epitaphs.shift();
  }
}

/** Stands for a cell that no system file names; it never runs. */
export function absentSpec(name: string): CellSpec {
  return {
    name,
    component: "",
    class: "soft",
    budgetMs: 0,
    callMs: 0,
    stepMs: 1_000,
    startMs: 0,
    memoryMib: 0,
    checkpointS: undefined,
    config: [],
    grants: new Map(),
  };
}
