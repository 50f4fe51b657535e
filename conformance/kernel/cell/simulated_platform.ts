/**
 * A platform whose time the test drives: its clock is Effect's `TestClock`.
 *
 * Each look at the clock costs a microsecond, so that code which waits for time
 * to pass sees it pass, always after as many looks. Chance is a counter.
 */
import { setImmediate } from "node:timers";
import { Clock, Effect, Layer } from "effect";
import { Platform } from "../../../kernel/host/platform.ts";

const LOOK_MS = 0.001;
/** 2020-01-01, so that a mix-up of the two clocks shows. */
const WALL_BEGAN_MS = 1_577_836_800_000;

export interface SimulatedPlatform {
  readonly layer: Layer.Layer<Platform>;
  /** What the kernel panicked with. */
  readonly panics: unknown[];
  /** Set to make every turn of the event loop take so long, and be a real one. */
  crowdMs: number;
  /** Set to make a turn of the event loop fail. */
  broken: Error | undefined;
}

/** Takes the clock of the fiber that asks: a `TestClock`, if one is provided. */
export const simulatedPlatform: Effect.Effect<SimulatedPlatform> = Effect.map(
  Clock.clockWith(Effect.succeed),
  (clock) => {
    let lookedMs = 0;
    let octet = 0;
    const panics: unknown[] = [];
    const nowMs = () => {
      lookedMs += LOOK_MS;
      return clock.currentTimeMillisUnsafe() + lookedMs;
    };
    const simulated: SimulatedPlatform = {
      panics,
      crowdMs: 0,
      broken: undefined,
      layer: Layer.sync(Platform, () =>
        Platform.of({
          monotonicMs: nowMs,
          wallMs: () => WALL_BEGAN_MS + nowMs(),
          entropy: (octets) => {
            for (let at = 0; at < octets.length; at += 1) {
              octets[at] = octet = (octet + 1) % 256;
            }
          },
          turn: () => {
            lookedMs += simulated.crowdMs;
            if (simulated.broken !== undefined) {
              return Promise.reject(simulated.broken);
            }
            return simulated.crowdMs === 0
              ? Promise.resolve()
              : new Promise((done) => setImmediate(done));
          },
          panic: (error) => void panics.push(error),
        })),
    };
    return simulated;
  },
);
