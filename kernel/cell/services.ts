/** What the kernel itself answers to a cell: log, clock, scheduling. */
import { LOG_LINE_OCTETS_MAX, LOG_LINES_PER_SECOND } from "../limits.ts";
import type { Slot } from "./slot.ts";
import type { Clock } from "../../wit/gen/kernel_clock.ts";
import type { Log } from "../../wit/gen/kernel_log.ts";
import type { Scheduling } from "../../wit/gen/kernel_scheduling.ts";

export interface Times {
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
}

export type Severity = "debug" | "info" | "warn" | "error";

/** One line that a cell or the kernel wrote for the operator. */
export interface LogLine {
  readonly cell: string;
  readonly generation: number;
  readonly severity: Severity;
  readonly message: string;
  readonly wallMs: number;
}

export type LogSink = (line: LogLine) => void;

/** A log for one generation: cut, rate-limited, kept for the epitaph. */
export function logFor(
  slot: Slot,
  generation: number,
  times: Times,
  sink: LogSink,
): Log {
  let second = -1;
  let lines = 0;
  return {
    write(severity, message) {
      const now = Math.floor(times.monotonicMs() / 1_000);
      if (now !== second) {
        second = now;
        lines = 0;
      }
      lines += 1;
      if (lines > LOG_LINES_PER_SECOND) return;
      const cut = message.slice(0, LOG_LINE_OCTETS_MAX);
      slot.note(`${severity}: ${cut}`);
      sink({
        cell: slot.name,
        generation,
        severity,
        message: cut,
        wallMs: times.wallMs(),
      });
    },
  };
}

export function clockFor(times: Times): Clock {
  return {
    monotonic: () => BigInt(Math.floor(times.monotonicMs() * 1_000)),
    wall: () => BigInt(Math.floor(times.wallMs())),
  };
}

export function schedulingFor(slot: Slot, times: Times): Scheduling {
  return { shouldYield: () => times.monotonicMs() >= slot.yieldAtMs };
}
