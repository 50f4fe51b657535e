/**
 * Numbers, sizes and times as people read them.
 */
import type { ActivationReport } from "../api.ts";

const grouping = new Intl.NumberFormat("en-US");

export function count(value: number): string {
  return grouping.format(Math.round(value));
}

/** `1 link`, `2 links` */
export function many(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function octets(value: number): string {
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < UNITS.length - 1) {
    left /= 1024;
    unit++;
  }
  const digits = unit === 0 || left >= 100 ? 0 : left >= 10 ? 1 : 2;
  return `${left.toFixed(digits)} ${UNITS[unit]}`;
}

/** `340 µs`, `1.20 ms`, `3.4 s` */
export function microseconds(value: number): string {
  if (value < 1000) return `${Math.round(value)} µs`;
  if (value < 1_000_000) return `${(value / 1000).toFixed(2)} ms`;
  return `${(value / 1_000_000).toFixed(1)} s`;
}

/** `12 s`, `3 min 20 s`, `2 h 5 min` */
export function seconds(value: number): string {
  const whole = Math.max(0, Math.round(value));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

/** Focus and scores: four significant digits. */
export function share(value: number): string {
  if (value === 0) return "0";
  return value >= 0.001 ? value.toPrecision(4) : value.toExponential(2);
}

/** The first digits of an identity; enough to tell it from others on screen. */
export function short(cid: string): string {
  return cid.length > 14 ? `${cid.slice(0, 12)}…` : cid;
}

/** When a proposal takes effect: `at once`, `at height 12`. */
export function whenText({ at, time, height }: ActivationReport): string {
  if (at === "once") return "at once";
  return at === "time" ? `at ${time}` : `at height ${height}`;
}
