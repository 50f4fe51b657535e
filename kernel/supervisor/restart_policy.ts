/**
 * When a faulted cell may come back: exponential backoff, then disabled.
 *
 * Pure: time is an argument. A fault older than the window is forgotten.
 */
import {
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  FAULT_WINDOW_MS,
  FAULTS_MAX,
} from "../limits.ts";

export type Verdict =
  | { readonly kind: "restart"; readonly afterMs: number }
  | { readonly kind: "disable"; readonly faults: number };

/** As many doublings of the pause as it takes to reach the longest one. */
const REMEMBERED_MAX = Math.max(
  FAULTS_MAX,
  Math.ceil(Math.log2(BACKOFF_MS_MAX / BACKOFF_MS_MIN)) + 1,
);

/**
 * Judges after a fault at `nowMs`; `earlier` holds the times of the faults
 * before it. Returns the verdict and the times still worth remembering. Who is
 * `blameless` waits as long as anybody, but is never disabled.
 */
export function judge(
  earlier: ReadonlyArray<number>,
  nowMs: number,
  blameless = false,
): { verdict: Verdict; recent: ReadonlyArray<number> } {
  const recent = [...earlier, nowMs]
    .filter((at) => nowMs - at < FAULT_WINDOW_MS)
    .slice(-REMEMBERED_MAX);
  if (!blameless && recent.length >= FAULTS_MAX) {
    return { verdict: { kind: "disable", faults: recent.length }, recent };
  }
  const afterMs = Math.min(
    BACKOFF_MS_MIN * 2 ** (recent.length - 1),
    BACKOFF_MS_MAX,
  );
  return { verdict: { kind: "restart", afterMs }, recent };
}
