/**
 * Which lateness is the machine's: what the operating system says of the thread
 * that the cells run on, and what the soak itself did to it.
 *
 * Only time in which that thread was ready to run and had no processor counts, and
 * the soak's own collections of memory. Where nobody can say it, nothing counts.
 *
 * Deliberately absent: what a hypervisor takes from a processor. It is not told to
 * the system that runs on it.
 */

/** Some half a minute of samples. */
const SAMPLES = 1 << 14;
const START_MS_MAX = 10_000;

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: { readonly run: string[] } };
}

/** A time on the clock of `performance.now()`. */
interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export class Witness {
  readonly #samples = new Float64Array(
    new SharedArrayBuffer(8 * 3 * SAMPLES),
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
    return !this.isHere || this.#edges({ fromMs: toMs, toMs }) !== undefined;
  }

  /** How long of it the thread had no processor, or was the soak's. */
  takenMs(gap: Gap): number {
    const own = this.#own.reduce(
      (sum, { fromMs, toMs }) =>
        sum + Math.max(
          0,
          Math.min(toMs, gap.toMs) - Math.max(fromMs, gap.fromMs),
        ),
      0,
    );
    const edges = this.#edges(gap);
    return own + (edges === undefined ? 0 : edges.after - edges.before);
  }

  /** The thread's delay by the last sample before, and by the first one behind. */
  #edges(
    { fromMs, toMs }: Gap,
  ): { readonly before: number; readonly after: number } | undefined {
    const origin = performance.timeOrigin;
    const count = Atomics.load(this.#words, 0);
    const at = (index: number, part: number) =>
      this.#samples[3 * (index % SAMPLES) + part] ?? NaN;
    let after: number | undefined;
    // The oldest ones may be written over right now.
    const oldest = Math.max(0, count - SAMPLES + 16);
    for (let index = count - 1; index >= oldest; index -= 1) {
      if (at(index, 0) >= origin + toMs) after = at(index, 2);
      if (at(index, 1) > origin + fromMs) continue;
      return after === undefined ? undefined : { before: at(index, 2), after };
    }
    return undefined;
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
