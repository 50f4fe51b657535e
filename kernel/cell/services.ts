/** What the kernel itself answers to a cell: log, clock, scheduling. */
import { LOG_LINE_OCTETS_MAX, LOG_LINES_PER_SECOND } from "../limits.ts";
import type { Diary } from "./diary.ts";
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

/** May throw: the line is lost then, and nobody is to blame. */
export type LogSink = (line: LogLine) => void;

/** Hands lines to `sink` under the name of one generation. */
export function lineWriter(
  who: { readonly cell: string; readonly generation: number },
  times: Times,
  sink: LogSink,
): (severity: Severity, message: string) => void {
  return (severity, message) => {
    try {
      sink({ ...who, severity, message, wallMs: times.wallMs() });
    } catch {
      // The operator's terminal may be gone. That is no fault of the cell that
      // writes, and `log.write` never fails.
    }
  };
}

/** A log for one generation: cut, rate-limited, kept for the epitaph. */
export function logFor(
  who: { readonly cell: string; readonly generation: number },
  diary: Diary,
  times: Times,
  sink: LogSink,
): Log {
  const write = lineWriter(who, times, sink);
  let second = -1;
  let lines = 0;
  return {
    write(severity, message) {
      const now = Math.floor(times.monotonicMs() / 1_000);
      if (now !== second) {
        const dropped = lines - LOG_LINES_PER_SECOND;
        if (dropped > 0) write("warn", `${dropped} lines were dropped`);
        second = now;
        lines = 0;
      }
      lines += 1;
      if (lines > LOG_LINES_PER_SECOND) return;
      const cut = cutToOctets(message, LOG_LINE_OCTETS_MAX);
      diary.note(`${severity}: ${cut}`);
      write(severity, cut);
    },
  };
}

const encoder = new TextEncoder();

/** The longest beginning of `text` in at most `octetsMax` octets of UTF-8. */
export function cutToOctets(text: string, octetsMax: number): string {
  // A UTF-16 unit takes three octets at most.
  if (text.length * 3 <= octetsMax) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(octetsMax));
  return text.slice(0, read);
}

export function clockFor(times: Times): Clock {
  return {
    monotonic: () => BigInt(Math.floor(times.monotonicMs() * 1_000)),
    wall: () => BigInt(Math.floor(times.wallMs())),
  };
}

/** `should-yield` is false outside of a step: a call has its deadline. */
export function schedulingFor(slot: Slot, times: Times): Scheduling {
  return { shouldYield: () => times.monotonicMs() >= slot.yieldAtMs };
}
