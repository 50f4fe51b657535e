/**
 * Every bound of the kernel, with units, and the relations between them.
 *
 * A queue, loop, wait or buffer without a constant here is a defect
 * (invariant 3). The relations are checked when this file is loaded.
 */

/** The kernel itself is wrong. No cell is to blame, and nobody may catch it. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** Stops the kernel: `ok` is false only if the kernel itself is wrong. */
export function must(ok: boolean, claim: string): asserts ok {
  if (!ok) throw new BrokenInvariant(`kernel invariant broken: ${claim}`);
}

/** The scheduler's period. */
export const EPOCH_MS = 10;

/** A soft step may overrun its budget by this before its generation faults. */
export const STEP_GRACE_MS = 1_000;

/**
 * Default and largest time that one step may be given in all, its parks not
 * counted. Where cells cannot be parked, budget and grace bound it.
 */
export const STEP_MS = 1_000;
export const STEP_MS_MAX = 600_000;

/** A call from outside into a soft cell runs so long before others have a turn. */
export const CALL_SLICE_MS = 2;

/** A swap waits so long for the cell's step boundary, a stop of the node so long. */
export const SWAP_WAIT_MS = 5_000;
export const STOP_WAIT_MS = 200;

/** Jobs that wait for each other's cells nest at most this deep. */
export const JOBS_NESTED_MAX = 64;

/** Default and largest time that one call of a cell may take. */
export const CALL_MS = 1_000;
export const CALL_MS_MAX = 60_000;

/** With less than this left of its deadline a nested call is refused. */
export const CALL_MS_MIN = 20;

/** Calls between cells nest at most this deep. */
export const CALL_DEPTH_MAX = 8;

/**
 * Of calls that the engine makes directly one in so many takes the door, which
 * reads the clock: the durations shown are a sample then.
 */
export const TIMED_CALLS_EVERY = 256;

/** Default and largest time for a cell's `start`, `snapshot` or `migrate`. */
export const START_MS = 500;
export const START_MS_MAX = 60_000;

/** Time between two heartbeats of a cell. */
export const HEARTBEAT_MS = 1_000;
/** The same while a cell says that it is starting. */
export const STARTING_HEARTBEAT_MS = 20;

/** A cell may say `starting` for this long; then it is restarted. */
export const STARTING_MS_MAX = 600_000;

/** The longest that a cell's step may ask not to be called. */
export const IDLE_MS_MAX = 60_000;

/** The scheduler rests at most this long: so late may a probation end. */
export const REST_MS_MAX = HEARTBEAT_MS / 4;

/** Budget of a step of a cell that reserved nothing and lives on slack. */
export const SLACK_STEP_MS = 2;

/**
 * For this long after a call from outside an epoch's slack is small: the next
 * part of the same request must not wait long, and work must not starve.
 */
export const QUIET_MS = 2 * EPOCH_MS;
export const BUSY_SLACK_MS = 2;

/** A turn of the event loop that took longer was used by somebody. */
export const CROWDED_TURN_MS = 0.5;

/**
 * Restart: first and longest pause, faults within the window that disable. Who
 * fell because another was missing waits as long, but is never disabled.
 */
export const BACKOFF_MS_MIN = 100;
export const BACKOFF_MS_MAX = 10_000;
export const FAULTS_MAX = 5;
export const FAULT_WINDOW_MS = 60_000;

/** After a swap the new generation is on probation for this long. */
export const PROBATION_MS = 3_000;

/** The longest that a new generation may follow, and one slice of it. */
export const FOLLOW_MS_MAX = STARTING_MS_MAX;
export const FOLLOW_SLICE_MS = SLACK_STEP_MS;

/** A state handed from generation to generation. */
export const STATE_BYTES_MAX = 256 * 2 ** 20;

/** Memory of one cell: default and largest, in MiB. */
export const MEMORY_MIB = 64;
export const MEMORY_MIB_MAX = 4_096;

/** Log lines kept for an epitaph, octets of one, lines a second per generation. */
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

/** A channel: its ring, what stands before a message in it, one sleep. */
export const CHANNEL_OCTETS_MIN = 64;
export const CHANNEL_OCTETS_MAX = 2 ** 28;
export const CHANNEL_RECORD_HEAD_OCTETS = 8;
export const CHANNEL_SLEEP_MS_MAX = 1_000;

/**
 * Further harts; octets of the channel from one to another; calls that one has
 * with another at a time; how long after its deadline a reply is waited for.
 */
export const HARTS_MAX = 7;
export const HART_CHANNEL_OCTETS = 2 ** 23;
export const HART_CALLS_MAX = 1_024;
export const HART_REPLY_GRACE_MS = 200;

/** A hart's thread starts and ends within this, and is heard of so often. */
export const HART_START_MS_MAX = 30_000;
export const HART_STOP_MS_MAX = 5_000;
export const HART_SILENT_MS_MAX = 60_000;
export const HART_STATUS_MS = 100;

/** A snapshot: readers (a bit each beside the buffer's number), octets. */
export const SNAPSHOT_READERS_MAX = 24;
export const SNAPSHOT_OCTETS_MAX = 2 ** 26;

/** Heights that a content is kept for at most, where it is not for ever. */
export const CONTENT_TTL_MAX = 2 ** 48;

/** Snapshots that a system file names; octets that a cell copies at once. */
export const SNAPSHOTS_MAX = 16;
export const SNAPSHOT_MIB_MAX = SNAPSHOT_OCTETS_MAX / 2 ** 20;
export const SNAPSHOT_PIECE_OCTETS_MAX = 2 ** 20;

/** A table: readers, buckets, how far a key is looked for, entries, octets. */
export const TABLE_READERS_MAX = 24;
export const TABLE_BUCKETS_MAX = 2 ** 24;
export const TABLE_PROBES_MAX = 64;
export const TABLE_OCTETS_MAX = 2 ** 30;

must(STEP_GRACE_MS >= 2 * EPOCH_MS, "grace covers a partial epoch");
must(CALL_MS_MIN < STEP_GRACE_MS, "a step within its budget can still call");
must(STEP_MS <= STEP_MS_MAX, "the default step fits");
must(CALL_MS_MIN < STEP_MS, "a parkable step can call");
must(CALL_SLICE_MS < EPOCH_MS, "a call leaves room in the epoch");
must(CALL_MS <= CALL_MS_MAX, "the default call fits");
must(START_MS <= START_MS_MAX, "the default start fits");
must(BACKOFF_MS_MIN <= BACKOFF_MS_MAX, "backoff grows");
must(PROBATION_MS >= 2 * HEARTBEAT_MS, "probation sees a heartbeat");
must(STARTING_HEARTBEAT_MS <= HEARTBEAT_MS, "who starts is asked more often");
must(PROBATION_MS < STARTING_MS_MAX, "a probation can wait for a slow start");
must(SLACK_STEP_MS <= EPOCH_MS, "a step on slack fits into an epoch");
must(FAULT_WINDOW_MS > BACKOFF_MS_MAX, "the window sees a backed-off fault");
must(MEMORY_MIB_MAX <= 4_096, "memory is 32-bit");
must(
  CHANNEL_OCTETS_MIN / 2 >= 2 * CHANNEL_RECORD_HEAD_OCTETS,
  "the smallest channel carries a message",
);
must(HART_CHANNEL_OCTETS <= CHANNEL_OCTETS_MAX, "a hart's channel is one");
must(HART_SILENT_MS_MAX > 10 * HART_STATUS_MS, "a busy hart is not silent");
must(CHANNEL_OCTETS_MAX < 2 ** 31, "positions in a ring can be compared");
must(SNAPSHOT_READERS_MAX <= 24, "a bit per reader beside a buffer's octet");
must(SNAPSHOT_READERS_MAX + 2 <= 31, "a bit per buffer");
must(
  (SNAPSHOT_READERS_MAX + 2) * SNAPSHOT_OCTETS_MAX < 2 ** 32,
  "words of a snapshot are 32-bit numbers",
);
must(TABLE_BUCKETS_MAX <= 2 ** 24, "an entry's number leaves an octet of hash");
must(TABLE_PROBES_MAX <= TABLE_BUCKETS_MAX, "a key can be that far away");
