/**
 * Limits of memories and tables: read, clamped to what is granted, written.
 *
 * A clamped maximum is all that stops growth: `memory.grow` and `table.grow`
 * then answer -1, as the specification lets them.
 */
import { MEMORY_PAGES_MAX } from "../limits.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import type { Writer } from "./writer.ts";

const HAS_MAXIMUM = 1;
const IS_SHARED = 2;
const IS_64 = 4;

export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly isShared: boolean;
  readonly is64: boolean;
}

export function readLimits(reader: Reader): Limits {
  const start = reader.at;
  const flags = reader.byte();
  if (flags > (HAS_MAXIMUM | IS_SHARED | IS_64)) {
    throw new ModuleRefusal("unsupported", start, "unknown flags of limits");
  }
  const is64 = (flags & IS_64) !== 0;
  const minimum = is64 ? reader.u64() : reader.u32();
  const maximum = (flags & HAS_MAXIMUM) === 0
    ? undefined
    : is64
    ? reader.u64()
    : reader.u32();
  return { minimum, maximum, isShared: (flags & IS_SHARED) !== 0, is64 };
}

/** The same limits with a maximum of at most `granted`. */
export function clampLimits(
  limits: Limits,
  granted: number,
  what: string,
  /** Most that its addresses can name. */
  most: number,
  offset: number,
): Limits & { readonly maximum: number } {
  const { minimum, maximum } = limits;
  const wrong = maximum !== undefined && maximum < minimum
    ? `at least ${minimum} and at most ${maximum} ${what}`
    : Math.max(minimum, maximum ?? 0) > most
    ? `more than ${most} ${what}`
    : undefined;
  if (wrong !== undefined) throw new ModuleRefusal("malformed", offset, wrong);
  if (limits.minimum > granted) {
    throw new ModuleRefusal(
      "too-large",
      offset,
      `it starts with ${limits.minimum} ${what}, granted are ${granted}`,
    );
  }
  const declared = limits.maximum ?? MEMORY_PAGES_MAX * MEMORY_PAGES_MAX;
  return { ...limits, maximum: Math.min(declared, granted) };
}

export function writeLimits(
  writer: Writer,
  limits: Limits & { readonly maximum: number },
): void {
  writer.byte(
    HAS_MAXIMUM | (limits.isShared ? IS_SHARED : 0) | (limits.is64 ? IS_64 : 0),
  );
  writer.u32(limits.minimum);
  writer.u32(limits.maximum);
}
