/**
 * The alarms of `karyon:hal/timer`, the same on every clock.
 *
 * A driver is this over its own clock. The clock may jump forward by any amount
 * between two calls; it must not go back.
 *
 * Deliberately absent: a heap. The list is bounded, and is looked through whole.
 */
import type {
  Condition,
  Limits,
  Refusal,
  Ring,
  SetResult,
  Timer,
} from "./timer_contract.ts";

const DAY_US = 86_400_000_000n;
/** 146,000 years; far from the end of 64 bits. */
const REACH_US_MAX = 2n ** 62n;
export const ALARMS_MAX_LEAST = 16;
const ALARMS_MAX_MOST = 65_536;

interface Alarm {
  readonly name: bigint;
  due: bigint;
  /** 0 for one that rings once. */
  readonly period: bigint;
}

export interface AlarmsOptions {
  /** Microseconds; never goes back. */
  readonly now: () => bigint;
  readonly resolution?: bigint;
  readonly reachMax?: bigint;
  readonly alarmsMax?: number;
  readonly health?: () => Condition;
}

export class Alarms implements Timer {
  readonly #now: () => bigint;
  readonly #limits: Limits;
  readonly #health: () => Condition;
  /** In the order of setting. */
  readonly #alarms = new Map<bigint, Alarm>();
  #names = 1n;

  /** Throws `RangeError` for limits that the contract forbids. */
  constructor(options: AlarmsOptions) {
    const { resolution = 1n, reachMax = 365n * DAY_US, alarmsMax = 1024 } =
      options;
    if (
      resolution < 1n || reachMax < DAY_US || reachMax > REACH_US_MAX ||
      !Number.isInteger(alarmsMax) || alarmsMax < ALARMS_MAX_LEAST ||
      alarmsMax > ALARMS_MAX_MOST
    ) throw new RangeError("limits that the contract forbids");
    this.#now = options.now;
    this.#health = options.health ?? (() => ({ tag: "ok" }));
    this.#limits = Object.freeze({ resolution, reachMax, alarmsMax });
  }

  describe(): Limits {
    return this.#limits;
  }

  now(): bigint {
    return this.#now();
  }

  setOnce(after: bigint): SetResult {
    return this.#set(after, 0n);
  }

  setEvery(period: bigint): SetResult {
    return period < this.#limits.resolution
      ? refused("too-short")
      : this.#set(period, period);
  }

  cancel(alarm: bigint): ReturnType<Timer["cancel"]> {
    return this.#alarms.delete(alarm) ? { tag: "ok" } : refused("unknown");
  }

  take(most: number): Ring[] {
    const now = this.#now();
    const rings = [...this.#alarms.values()].filter(({ due }) => due <= now)
      .map((alarm) => ringOf(alarm, now));
    // A stable sort keeps the order of setting.
    rings.sort((a, b) => a.due < b.due ? -1 : a.due > b.due ? 1 : 0);
    const taken = rings.slice(0, most);
    for (const { alarm: name, due } of taken) {
      const alarm = this.#alarms.get(name);
      if (alarm !== undefined && alarm.period > 0n) {
        alarm.due = due + alarm.period;
      } else this.#alarms.delete(name);
    }
    return taken;
  }

  nextDue(): bigint | undefined {
    let next: bigint | undefined;
    for (const { due } of this.#alarms.values()) {
      if (next === undefined || due < next) next = due;
    }
    return next;
  }

  health(): Condition {
    return this.#health();
  }

  #set(after: bigint, period: bigint): SetResult {
    if (after > this.#limits.reachMax) return refused("too-long");
    if (this.#alarms.size >= this.#limits.alarmsMax) return refused("full");
    const name = this.#names++;
    this.#alarms.set(name, { name, due: this.#now() + after, period });
    return { tag: "ok", val: name };
  }
}

/** How a due alarm rings now. */
function ringOf({ name, due, period }: Alarm, now: bigint): Ring {
  const more = period === 0n ? 0n : (now - due) / period;
  return { alarm: name, due: due + more * period, times: more + 1n };
}

function refused(tag: Refusal["tag"]): { tag: "err"; val: Refusal } {
  return { tag: "err", val: { tag } };
}
