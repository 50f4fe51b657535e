/**
 * Which lateness is the machine's: what the operating system says of the thread
 * that the cells run on, of the one that counts their time and of V8's own, and what
 * the soak itself did to the first.
 *
 * Only time in which one of the first two was ready to run and had no processor
 * counts (where both were, the longer of the two, sample by sample); time in which
 * the first one slept while one of V8's had none, because a collection of memory
 * waits for them; and the soak's own collections. Where nobody can say it, nothing
 * counts.
 *
 * Deliberately absent: what a hypervisor takes from a processor. It is not told to
 * the system that runs on it.
 */

import { HELPERS_MAX, NUMBERS } from "./soak_samples.ts";

/** Some half a minute of samples. */
const SAMPLES = 1 << 14;
const START_MS_MAX = 10_000;

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: { readonly run: string[] } };
}

/** A time on the clock of `performance.now()`. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the operating system had counted when it was asked. */
export interface Sighting {
  readonly askedMs: number;
  readonly answeredMs: number;
  /** How long the cells' thread ran; and who waited for a processor how long. */
  readonly ranMs: number;
  readonly cellsMs: number;
  readonly tickerMs: number;
  readonly helpersMs: readonly number[];
}

/**
 * How long in `gap` somebody had no processor on whom the cells depend, by sightings
 * in their order, which reach from before it to behind it.
 */
export function waitedMs(
  sightings: readonly Sighting[],
  { fromMs, toMs }: Gap,
): number {
  const first = sightings.findLastIndex((each) => each.answeredMs <= fromMs);
  const last = sightings.findIndex((each) => each.askedMs >= toMs);
  let sum = 0;
  for (let at = Math.max(first, 0) + 1; at <= last; at += 1) {
    const before = sightings[at - 1];
    const after = sightings[at];
    if (before === undefined || after === undefined) continue;
    const cellsMs = after.cellsMs - before.cellsMs;
    const awakeMs = after.ranMs - before.ranMs + cellsMs;
    const sleptMs = after.answeredMs - before.answeredMs - awakeMs;
    const helpedMs = Math.max(
      0,
      ...after.helpersMs.map((ms, each) => ms - (before.helpersMs[each] ?? ms)),
    );
    sum += Math.max(cellsMs, after.tickerMs - before.tickerMs) +
      Math.max(0, Math.min(sleptMs, helpedMs));
  }
  return sum;
}

export class Witness {
  readonly #samples = new Float64Array(
    new SharedArrayBuffer(8 * NUMBERS * SAMPLES),
  );
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #own: Gap[] = [];
  #worker: Worker | undefined;

  /** Whether the operating system tells anything. */
  get isHere(): boolean {
    return this.#worker !== undefined;
  }

  async begin(): Promise<void> {
    const options: PermissionOptions = {
      type: "module",
      name: "witness",
      deno: { permissions: { run: ["sh"] } },
    };
    try {
      const worker = new Worker(
        new URL("./soak_watch.ts", import.meta.url),
        options,
      );
      const isReady = await this.#told(worker);
      if (isReady) this.#worker = worker;
      else worker.terminate();
    } catch {
      // Without the right to ask there is no witness.
    }
  }

  async #told(worker: Worker): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const told = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), START_MS_MAX);
      worker.onmessage = ({ data }) => resolve(data.ready === true);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(false);
      };
    });
    worker.postMessage({
      samples: this.#samples,
      words: this.#words,
      pid: Deno.pid,
    });
    const isReady = await told;
    clearTimeout(timer);
    return isReady;
  }

  /** The soak kept the thread to itself. */
  noteOwn(gap: Gap): void {
    this.#own.push(gap);
    if (this.#own.length > SAMPLES) this.#own.shift();
  }

  /** Whether samples reach behind that moment: it can be judged. */
  knows(toMs: number): boolean {
    return !this.isHere || this.#around({ fromMs: toMs, toMs }).length > 0;
  }

  /** How long of it there was no processor, or the thread was the soak's. */
  takenMs(gap: Gap): number {
    const own = this.#own.reduce(
      (sum, { fromMs, toMs }) =>
        sum + Math.max(
          0,
          Math.min(toMs, gap.toMs) - Math.max(fromMs, gap.fromMs),
        ),
      0,
    );
    return own + waitedMs(this.#around(gap), gap);
  }

  /** Sightings from before a time to behind it; none where that is not known. */
  #around({ fromMs, toMs }: Gap): Sighting[] {
    const count = Atomics.load(this.#words, 0);
    // The oldest ones may be written over right now.
    const oldest = Math.max(0, count - SAMPLES + 16);
    const found: Sighting[] = [];
    for (let index = count - 1; index >= oldest; index -= 1) {
      const seen = this.#at(index);
      if (seen.askedMs >= toMs) found.length = 0;
      found.push(seen);
      if (seen.answeredMs <= fromMs) break;
    }
    const [latest] = found;
    const isBehind = latest !== undefined && latest.askedMs >= toMs;
    return isBehind ? found.reverse() : [];
  }

  #at(index: number): Sighting {
    const origin = performance.timeOrigin;
    const number = (part: number) =>
      this.#samples[NUMBERS * (index % SAMPLES) + part] ?? NaN;
    return {
      askedMs: number(0) - origin,
      answeredMs: number(1) - origin,
      ranMs: number(2),
      cellsMs: number(3),
      tickerMs: number(4),
      helpersMs: Array.from({ length: HELPERS_MAX }, (_, at) => number(5 + at)),
    };
  }

  async end(): Promise<void> {
    Atomics.store(this.#words, 1, 1);
    const worker = this.#worker;
    this.#worker = undefined;
    // Its shell ends with its input.
    await new Promise((resolve) => setTimeout(resolve, 50));
    worker?.terminate();
  }
}
