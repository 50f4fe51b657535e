/**
 * What the kernel takes from the platform: time, chance and the event loop.
 *
 * The only door to real time and real chance. A simulation gives its own.
 */
import { Context, Effect, Layer } from "effect";

/**
 * Messages to itself over one channel: unlike a timer a message has no lower
 * bound of a millisecond, and unlike a channel for each turn it makes nothing
 * for the collector. Messages arrive in order, so turns end in order.
 */
const turns = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new Turns()),
    (turns) => Effect.sync(() => turns.close()),
  ),
  (turns) => () => turns.next(),
);

class Turns {
  readonly #channel = new MessageChannel();
  readonly #waiting: Array<() => void> = [];
  #isClosed = false;

  constructor() {
    this.#channel.port1.onmessage = () => this.#waiting.shift()?.();
  }

  next(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#channel.port2.postMessage(undefined);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#channel.port1.close();
    this.#channel.port2.close();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export class Platform extends Context.Service<Platform, {
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wallMs: () => number;
  /** Fills `octets` with chance that is fit for keys. */
  readonly entropy: (octets: Uint8Array<ArrayBuffer>) => void;
  /**
   * Resolves after everything else that waits in the event loop had a turn;
   * at once when the layer's scope has closed.
   */
  readonly turn: () => Promise<void>;
  /**
   * The kernel itself is wrong and cannot go on. Where there is a process it
   * ends with `error` on its standard error; in a page it is an uncaught error.
   */
  readonly panic: (error: unknown) => void;
}>()("karyon/kernel/Platform") {
  /** The platform beneath Deno and browsers alike. */
  static readonly layer = Layer.effect(
    Platform,
    Effect.map(turns, (turn) =>
      Platform.of({
        monotonicMs: () => performance.now(),
        wallMs: () => Date.now(),
        entropy: (octets) => void crypto.getRandomValues(octets),
        turn,
        panic: (error) =>
          queueMicrotask(() => {
            throw error;
          }),
      })),
  );
}
