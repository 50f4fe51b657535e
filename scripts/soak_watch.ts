/**
 * A thread that only sleeps, and notes how late it woke: when the machine gave
 * this process no processor, it was late too.
 */

/** One word: its longest lateness in microseconds since it was last taken. */
interface Setup {
  readonly words: Int32Array;
  /** One word that never changes: what it sleeps on. */
  readonly bed: Int32Array;
}

const SLEEP_MS = 1;

const scope = globalThis as unknown as {
  onmessage: ((event: { data: Setup }) => void) | null;
};

scope.onmessage = ({ data: { words, bed } }) => {
  for (;;) {
    const beganMs = performance.now();
    Atomics.wait(bed, 0, 0, SLEEP_MS);
    const lateUs = (performance.now() - beganMs - SLEEP_MS) * 1_000;
    if (Atomics.load(bed, 0) !== 0) return;
    if (lateUs > Atomics.load(words, 0)) {
      Atomics.store(words, 0, Math.round(lateUs));
    }
  }
};
