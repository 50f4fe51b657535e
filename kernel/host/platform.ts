/**
 * What the kernel takes from the platform: time, chance and the event loop.
 *
 * The only door to real time and real chance. A simulation gives its own.
 */
import { Context, Layer } from "effect";

export class Platform extends Context.Service<Platform, {
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly wallMs: () => number;
  /** Fills `octets` with chance that is fit for keys. */
  readonly entropy: (octets: Uint8Array<ArrayBuffer>) => void;
  /** Resolves after everything else that waits in the event loop had a turn. */
  readonly turn: () => Promise<void>;
}>()("karyon/kernel/Platform") {
  /** The platform beneath Deno and browsers alike. */
  static readonly layer = Layer.sync(Platform, () =>
    Platform.of({
      monotonicMs: () => performance.now(),
      wallMs: () => Date.now(),
      entropy: (octets) => void crypto.getRandomValues(octets),
      turn: makeTurn(),
    }));
}

/** A message to itself: unlike a timer it has no lower bound of a millisecond. */
function makeTurn(): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve();
      };
      channel.port2.postMessage(undefined);
    });
}
