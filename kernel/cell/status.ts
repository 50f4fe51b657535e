/** What is known of a cell from outside, as plain data that can be posted. */
import type { CellSpec } from "../manifest/system_file.ts";
import type { Slot, SlotState } from "./slot.ts";

export interface CellStatus {
  readonly name: string;
  readonly hart: number;
  readonly spec: CellSpec;
  /** What the generation that stands by reserves per epoch; 0 without one. */
  readonly wayBackMs: number;
  readonly state: SlotState;
  /** True if calls are let through. */
  readonly serves: boolean;
  readonly detail: string;
  readonly version: string;
  /** Of the component that serves or would be started; empty if there is none. */
  readonly hash: string;
  /** Interface name to signature, of that component. */
  readonly exports: ReadonlyMap<string, string> | undefined;
  readonly withdrawn: ReadonlyArray<string>;
  readonly generation: number;
  /** Number of the latest generation that was conceived. */
  readonly generations: number;
  readonly usedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly faults: number;
  readonly overshootP99Us: number;
  /** Calls that wait for the cell, now and at most. */
  readonly waiting: number;
  readonly waitingMost: number;
  readonly parks: number;
  readonly missed: number;
  readonly calls: number;
  readonly memoryBytes: number;
  readonly swapPauseMs: number | undefined;
}

/** What a rollback would reserve per epoch; 0 where there is none to come. */
export function wayBackMs({ standby }: Slot): number {
  return standby?.spec?.budgetMs ?? 0;
}

export function statusOf(slot: Slot): CellStatus {
  const { current, image, meter } = slot;
  return {
    name: slot.name,
    hart: slot.spec.hart ?? 0,
    spec: { ...slot.spec, ...slot.planned?.terms },
    wayBackMs: wayBackMs(slot),
    state: slot.state,
    serves: slot.serves,
    detail: slot.detail,
    version: current?.version ?? image?.version ?? "",
    hash: current?.image.hash ?? image?.compiled.hash ?? "",
    exports: image?.compiled.exports,
    withdrawn: [...slot.withdrawn],
    generation: current?.number ?? slot.generations,
    generations: slot.generations,
    usedMs: meter.lastUsedMs,
    p50Us: meter.jobs.quantileUs(0.5),
    p99Us: meter.jobs.quantileUs(0.99),
    faults: slot.faults,
    overshootP99Us: meter.overshoot.quantileUs(0.99),
    waiting: slot.waiting,
    waitingMost: slot.waitingMost,
    parks: meter.parks,
    missed: meter.missed,
    calls: slot.calls,
    memoryBytes: current?.instance.memoryBytes() ?? 0,
    swapPauseMs: slot.swapPauseMs,
  };
}

/** Of a cell of which nothing was heard yet. */
export function unheard(spec: CellSpec): CellStatus {
  return {
    name: spec.name,
    hart: spec.hart ?? 0,
    spec,
    wayBackMs: 0,
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
    overshootP99Us: 0,
    waiting: 0,
    waitingMost: 0,
    parks: 0,
    missed: 0,
    calls: 0,
    memoryBytes: 0,
    swapPauseMs: undefined,
  };
}
