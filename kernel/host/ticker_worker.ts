/**
 * The ticker's thread: counts down, or sleeps.
 *
 * It shares these words with the engine: one control word, and for each hart its
 * countdown, a word that says who runs, and the words that count the ticks of
 * those who do. While a countdown is not negative it takes one off it
 * every period; when none has been for a while it says so in the control word
 * and sleeps until it is woken, so at rest it costs nothing. It takes no more
 * than one off per turn, however late the turn is: a deadline may be late on a
 * busy machine, it is never early.
 *
 * It imports nothing and needs no permission. Everything it knows comes in its
 * first message; it answers once, when it is about to begin.
 */

/** Mirrors `TickerSetup` of kernel/engine/ticker.ts, which may not be imported. */
interface Setup {
  readonly control: Int32Array;
  readonly countdowns: readonly Int32Array[];
  readonly running: number;
  readonly tickMs: number;
  readonly idleTicksMax: number;
  readonly state: { asleep: number; running: number; stopped: number };
}

interface WorkerScope {
  onmessage: ((event: { data: Setup }) => void) | null;
  postMessage(message: string): void;
  close(): void;
}

/**
 * Takes one tick off each countdown that runs, and adds it to who runs; says
 * whether any does.
 */
function tick({ countdowns, running }: Setup): boolean {
  let isArmed = false;
  for (const words of countdowns) {
    if (Atomics.load(words, 0) < 0) continue;
    Atomics.sub(words, 0, 1);
    const tally = Atomics.load(words, running);
    if (tally > 0) Atomics.add(words, tally, 1);
    isArmed = true;
  }
  return isArmed;
}

/** Sleeps until woken, unless a countdown was set at the last moment. */
function sleep({ control, countdowns, state }: Setup): void {
  const { asleep, running } = state;
  const before = Atomics.compareExchange(control, 0, running, asleep);
  if (before !== running) return;
  // The engine sets a countdown before it looks at the control word; looking at
  // the countdowns after writing that word means that one of the two sees it.
  if (countdowns.every((word) => Atomics.load(word, 0) < 0)) {
    Atomics.wait(control, 0, asleep);
  }
  Atomics.compareExchange(control, 0, asleep, running);
}

function run(setup: Setup): void {
  const { control, tickMs, idleTicksMax, state } = setup;
  let idleTicks = 0;
  let nextMs = performance.now() + tickMs;
  while (Atomics.load(control, 0) !== state.stopped) {
    const waitMs = nextMs - performance.now();
    if (waitMs > 0) Atomics.wait(control, 0, state.running, waitMs);
    nextMs = Math.max(nextMs, performance.now() - tickMs) + tickMs;
    idleTicks = tick(setup) ? 0 : idleTicks + 1;
    if (idleTicks >= idleTicksMax) {
      sleep(setup);
      idleTicks = 0;
      nextMs = performance.now() + tickMs;
    }
  }
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = ({ data }) => {
  scope.postMessage("ready");
  run(data);
  scope.close();
};
