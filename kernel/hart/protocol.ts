/** What the first hart and another one ask and tell each other. */
import type { Absences } from "../call/absences.ts";
import type { LoadRefused } from "../cell/nursery.ts";
import type { Component } from "../cell/nursery.ts";
import type { LogLine } from "../cell/services.ts";
import type { Checkpoint } from "../cell/slot.ts";
import type { SnapshotMemories } from "../cell/snapshots.ts";
import type { CellStatus } from "../cell/status.ts";
import type { Change, Changed, Preview } from "../change/change.ts";
import type { EngineRefusal } from "../engine/engine.ts";
import type { KernelOptions, WayBack } from "../kernel.ts";
import type { CellSpec, System } from "../manifest/system_file.ts";
import type { SwapReport } from "../swap/swap.ts";
import type { FarCell } from "./far.ts";
import type { LineEnds } from "./line.ts";

type KernelEvent = Parameters<KernelOptions["emit"]>[0];

/** An answer, or the fields of the error that was refused with. */
export type Told<A, E> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly refusal: E };

export type LoadFault = Pick<
  LoadRefused,
  "cell" | "stage" | "reason" | "because"
>;
export type EngineFault = Pick<EngineRefusal, "kind" | "reason">;

/** What a hart is given when it begins. */
export interface Beginning {
  readonly hart: number;
  readonly system: System;
  /** Driver name of the system file to what it exports: for checks. */
  readonly drivers: ReadonlyMap<string, ReadonlySet<string>>;
  readonly absences: Absences;
  readonly withdrawn: ReadonlyMap<string, ReadonlySet<string>>;
  readonly unloaded: ReadonlySet<string>;
  /** Contracts that the host's own code calls, by cell. */
  readonly connected: ReadonlyMap<string, ReadonlySet<string>>;
  /** Cells of other harts. */
  readonly far: ReadonlyMap<string, FarCell>;
  readonly lines: ReadonlyArray<readonly [number, LineEnds]>;
  /** Of the snapshots that the system file names. */
  readonly memories: SnapshotMemories;
  /** Of its engine; what the first hart's engine made. */
  readonly seat: unknown;
  /** Most octets of the recording of its cells' inputs, if one is made. */
  readonly recordOctetsMax: number | undefined;
}

/** How a cell goes on whose hart had ended. */
export interface Rebirth {
  readonly spec: CellSpec;
  readonly generations: number;
  readonly faults: number;
  readonly checkpoint: Checkpoint | undefined;
  readonly withdrawn: ReadonlyArray<string>;
  readonly component: Component;
}

/** What a hart does when the first one asks or tells. */
export type HartDoes = {
  /** Before everything else. */
  begin(how: Beginning): Promise<void>;
  start(cell: string): Promise<void>;
  revive(how: Rebirth): Promise<void>;
  apply(change: Change): Promise<Told<Changed, LoadFault>>;
  preview(change: Change): Promise<Told<Preview, LoadFault>>;
  swap(
    how: { readonly cell: string; readonly component: Component },
  ): Promise<Told<SwapReport, LoadFault>>;
  withdraw(
    what: { readonly cell: string; readonly contract: string },
  ): Promise<Told<void, LoadFault>>;
  /** Nothing starts any more. */
  halt(): Promise<void>;
  /** The last stop of one cell. */
  stop(cell: string): Promise<void>;
  /** The orderly end of its recording; all of it was told when this is answered. */
  closeRecord(reason: string): Promise<void>;
  know(cell: { readonly name: string; readonly far: FarCell }): Promise<void>;
  connected(
    what: { readonly cell: string; readonly contract: string },
  ): Promise<void>;
  relink(
    line: { readonly hart: number; readonly ends: LineEnds },
  ): Promise<void>;
  unlink(
    line: { readonly hart: number; readonly reason: string },
  ): Promise<void>;
};

/** What the first hart does when another one asks or tells. */
export type FirstDoes = {
  now(): number;
  component(cell: string): Promise<Told<Component, LoadFault>>;
  wayBack(cell: string): Promise<WayBack | undefined>;
  prepare(
    what: { readonly bytes: Uint8Array; readonly memoryMib: number },
  ): Promise<Told<unknown, EngineFault>>;
  status(cells: ReadonlyArray<CellStatus>): void;
  checkpoint(
    what: { readonly cell: string; readonly checkpoint: Checkpoint },
  ): void;
  event(event: KernelEvent): void;
  log(line: LogLine): void;
  /** More of the recording, in order. */
  recorded(octets: Uint8Array): void;
  recordStopped(reason: string): void;
};
