/**
 * The ticker's thread: counts down, or sleeps.
 *
 * It shares these words with the engine: one control word, and for each hart its
 * countdown, the number of its arming, a word that says who runs, and the words
 * that count the ticks of those who do. While a countdown is not negative it takes
 * off what passes, every period (counting.ts); when none has been for a while it
 * says so in the control word and sleeps until it is woken, so at rest it costs
 * nothing. A deadline may be late on a busy machine, it is never early.
 *
 * It needs no permission. Everything it knows comes in its first message; it
 * answers once, when it is about to begin.
 */
import { type Counted, Counting } from "./counting.ts";

/** Mirrors `TickerSetup` of kernel/engine/ticker.ts, which may not be imported. */
interface Setup extends Counted {
  readonly control: Int32Array;
  readonly idleTicksMax: number;
  readonly state: { asleep: number; running: number; stopped: number };
}

interface WorkerScope {
  onmessage: ((event: { data: Setup }) => void) | null;
  postMessage(message: string): void;
  close(): void;
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
  const clock = () => performance.now();
  const counting = new Counting(setup, clock);
  let idleTicks = 0;
  let nextMs = clock() + tickMs;
  while (Atomics.load(control, 0) !== state.stopped) {
    const waitMs = nextMs - clock();
    if (waitMs > 0) Atomics.wait(control, 0, state.running, waitMs);
    const dueMs = counting.turn();
    nextMs = dueMs ?? clock() + tickMs;
    idleTicks = dueMs === undefined ? idleTicks + 1 : 0;
    if (idleTicks >= idleTicksMax) {
      sleep(setup);
      idleTicks = 0;
      nextMs = clock() + tickMs;
    }
  }
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = ({ data }) => {
  scope.postMessage("ready");
  run(data);
  scope.close();
};
