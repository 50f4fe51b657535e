/**
 * Every bound of the kernel, with units, and the relations between them.
 *
 * A queue, loop, wait or buffer without a constant here is a defect
 * (invariant 3). The relations are checked when this file is loaded.
 */

/** Stops the kernel: `ok` is false only if the kernel itself is wrong. */
export function must(ok: boolean, claim: string): asserts ok {
  if (!ok) throw new Error(`kernel invariant broken: ${claim}`);
}

/** The scheduler's period. */
export const EPOCH_MS = 10;

/** A soft step may overrun its budget by this before its generation faults. */
export const STEP_GRACE_MS = 1_000;

/** Default and largest time that one call of a cell may take. */
export const CALL_MS = 1_000;
export const CALL_MS_MAX = 60_000;

/** With less than this left of its deadline a nested call is refused. */
export const CALL_MS_MIN = 20;

/** Calls between cells nest at most this deep. */
export const CALL_DEPTH_MAX = 8;

/** Default and largest time for a cell's `start`, `snapshot` or `migrate`. */
export const START_MS = 500;
export const START_MS_MAX = 60_000;

/** Time between two heartbeats of a cell. */
export const HEARTBEAT_MS = 1_000;
/** The same while a cell says that it is starting. */
export const STARTING_HEARTBEAT_MS = 20;

/** Waits of the scheduler while no cell has work. */
export const IDLE_MS_MAX = 60_000;

/** Restart: first and longest pause, faults within the window that disable. */
export const BACKOFF_MS_MIN = 100;
export const BACKOFF_MS_MAX = 10_000;
export const FAULTS_MAX = 5;
export const FAULT_WINDOW_MS = 60_000;

/** After a swap the new generation is on probation for this long. */
export const PROBATION_MS = 3_000;

/** A state handed from generation to generation. */
export const STATE_BYTES_MAX = 256 * 2 ** 20;

/** Memory of one cell: default and largest, in MiB. */
export const MEMORY_MIB = 64;
export const MEMORY_MIB_MAX = 4_096;

/** Log lines kept for an epitaph, their length, and lines a second per cell. */
export const LOG_LINES_KEPT = 32;
export const LOG_LINE_OCTETS_MAX = 4_096;
export const LOG_LINES_PER_SECOND = 100;

/** Epitaphs kept per cell. */
export const EPITAPHS_KEPT = 16;

/** The system file: its size, nesting, cells and drivers. */
export const SYSTEM_FILE_OCTETS_MAX = 2 ** 20;
export const JSON_DEPTH_MAX = 32;
export const CELLS_MAX = 64;
export const DRIVERS_MAX = 64;

must(STEP_GRACE_MS >= 2 * EPOCH_MS, "grace covers a partial epoch");
must(CALL_MS_MIN < STEP_GRACE_MS, "a step within its budget can still call");
must(CALL_MS <= CALL_MS_MAX, "the default call fits");
must(START_MS <= START_MS_MAX, "the default start fits");
must(BACKOFF_MS_MIN <= BACKOFF_MS_MAX, "backoff grows");
must(PROBATION_MS >= 2 * HEARTBEAT_MS, "probation sees a heartbeat");
must(MEMORY_MIB_MAX <= 4_096, "memory is 32-bit");
