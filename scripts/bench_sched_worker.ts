/** A plain worker of the scheduler's benchmark: works until it is told or ended. */

/** Told by the benchmark: work so long, then say so; without an end, for ever. */
export interface Order {
  readonly forMs: number | undefined;
  /** One word that counts on while it works. */
  readonly words: SharedArrayBuffer;
}

interface WorkerScope {
  onmessage: ((event: { data: Order }) => void) | null;
  postMessage(message: undefined): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: { forMs, words } }) => {
  const beats = new Int32Array(words);
  const endMs = performance.now() + (forMs ?? Infinity);
  while (performance.now() < endMs) Atomics.add(beats, 0, 1);
  scope.postMessage(undefined);
};
