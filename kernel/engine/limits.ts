/**
 * Bounds of the engine, with units, and the relations between them.
 *
 * A component past one of them is refused before any of its code runs; the
 * message names the limit. What a cell may use while it runs (memory, table
 * entries, time) is granted per cell and clamped to the limits here.
 */
import { must } from "../limits.ts";

/**
 * The ticker's period: the unit of every deadline, which is late by up to one.
 * While cells run its thread takes 5 % of a core; with twice the period it would
 * take half of that.
 */
export const TICK_MS = 0.5;

/** Longest deadline of one call, in ticks. */
export const DEADLINE_TICKS_MAX = 1_200_000;

/**
 * Most ticks that a late turn of the ticker takes off: an epoch. A machine that
 * slept, or stood still for longer, does not use up the time of those who ran.
 */
export const LATE_TICKS_MAX = 20;

/** Ticks without an armed call after which the ticker goes to sleep. */
export const IDLE_TICKS_MAX = 50;

/** The ticker's thread is up within this, or the engine does not boot. */
export const TICKER_START_MS_MAX = 30_000;

/** One component file. */
export const COMPONENT_OCTETS_MAX = 64 * 2 ** 20;

/** Core modules in one component, the linker's small ones included. */
export const CORE_MODULES_MAX = 8;

/** Of one core module; the first four equal what V8 itself takes. */
export const TYPES_MAX = 1_000_000;
export const FUNCTIONS_MAX = 1_000_000;
export const LOCALS_MAX = 50_000;
export const MEMORIES_MAX = 100;
export const IMPORTS_MAX = 100_000;
export const EXPORTS_MAX = 100_000;
export const GLOBALS_MAX = 1_000_000;
export const TABLES_MAX = 100_000;
export const DATA_SEGMENTS_MAX = 100_000;
export const NAME_OCTETS_MAX = 100_000;

/** A rewritten module may grow to this; V8 takes no larger one. */
export const REWRITTEN_OCTETS_MAX = 1_000_000_000;

/** 32-bit memory, in pages of 64 KiB. */
export const PAGE_OCTETS = 65_536;
export const MEMORY_PAGES_MAX = 65_536;
/** 64-bit memory, as the specification bounds it. */
export const MEMORY64_PAGES_MAX = 2 ** 48;

/** Entries of one table; V8 takes no larger one. */
export const TABLE_ENTRIES_MAX = 10_000_000;

/**
 * Entries of all tables of one cell together, in equal shares. V8 takes up to 60
 * octets for one, so this is 15 MiB beside the memory that is granted.
 */
export const CELL_TABLE_ENTRIES_MAX = 262_144;

/** Most fuel that one call may be given: a number that JavaScript has exactly. */
export const FUEL_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Fuel in place of a millisecond, where a call of a metered cell is given a
 * deadline only. Code runs 10^5 to 10^6 units in that time.
 */
export const FUEL_PER_MS = 250_000;

/**
 * The stack of one chain of calls on a hart, in octets as the rewriter counts
 * them. V8 gives 984 KiB; what a frame really takes may be twice the count.
 */
export const STACK_OCTETS_MAX = 400 * 1024;

/** What a cell may not use because the host functions between two cells do. */
export const STACK_OCTETS_HOST = 16 * 1024;

/** A cell that another one calls has at least this, or the caller ends. */
export const STACK_OCTETS_CALLEE = 64 * 1024;

/** One component is compiled within this, or refused. */
export const COMPILE_MS_MAX = 30_000;

/** A compiler thread without work lives on for this. */
export const COMPILER_IDLE_MS = 2_000;

/** Code of one adapter; calls of a larger contract go through the host. */
export const ADAPTER_OCTETS_MAX = 256 * 1024;

/** Text of a trap or refusal that is passed on. */
export const MESSAGE_CHARS_MAX = 500;

must(
  DEADLINE_TICKS_MAX < 2 ** 24,
  "the highest octet of a countdown is zero while it runs",
);
must(
  FUEL_PER_MS * DEADLINE_TICKS_MAX <= FUEL_MAX,
  "every deadline has its fuel",
);
must(
  CELL_TABLE_ENTRIES_MAX <= TABLE_ENTRIES_MAX,
  "one table may be all that a cell has",
);
must(
  4 * (STACK_OCTETS_CALLEE + STACK_OCTETS_HOST) <= STACK_OCTETS_MAX,
  "a chain of a few cells fits",
);
must(IDLE_TICKS_MAX < DEADLINE_TICKS_MAX, "the ticker sleeps between calls");
must(
  COMPONENT_OCTETS_MAX * 8 <= REWRITTEN_OCTETS_MAX,
  "checks on every instruction still fit",
);
