/** One clock for all harts: deadlines cross from thread to thread. */

/** Questions that are asked; the quickest answer is believed. */
const QUESTIONS = 8;

/**
 * What has to be added to this thread's clock so that it shows the time that
 * `ask` gives; wrong by half of the quickest answer's way at most, some tens of
 * microseconds.
 */
export async function calibrated(
  ask: () => Promise<number>,
  ownMs: () => number,
): Promise<number> {
  let best = { wayMs: Infinity, offsetMs: 0 };
  for (let at = 0; at < QUESTIONS; at += 1) {
    const askedMs = ownMs();
    const theirMs = await ask();
    const toldMs = ownMs();
    const wayMs = toldMs - askedMs;
    if (wayMs >= best.wayMs) continue;
    best = { wayMs, offsetMs: theirMs - (askedMs + toldMs) / 2 };
  }
  return best.offsetMs;
}
