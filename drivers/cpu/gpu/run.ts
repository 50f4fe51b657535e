/**
 * A compiled program on a device's memory: one group after the other.
 *
 * A run that takes more steps than are allowed ends, and so does one of which
 * not all invocations reach a barrier. Both are the same on every machine.
 */
import type { Compiled } from "./compile.ts";
import type { DeviceMemory } from "./memory.ts";
import { FRAME } from "./wasm/memory.ts";
import { IMPORTED, IMPORTED_TWO } from "./wgsl/math.ts";

/** Steps that a program has before it asks for more. */
const SLICE = 2 ** 24;
/** What starting an invocation costs. */
const START_STEPS = 16;
/** For so long others have to wait while groups are run. */
const TURN_MS = 20;

/** Why a program was ended. */
export class RunEnded extends Error {}

export interface BoundRange {
  readonly at: number;
  readonly octets: number;
}

type Exported = (...numbers: number[]) => void;

export class RunnableProgram {
  readonly #compiled: Compiled;
  readonly #memory: DeviceMemory;
  readonly #setup: Exported;
  readonly #group: Exported;
  #left = 0;
  #steps = 0;

  constructor(compiled: Compiled, memory: DeviceMemory) {
    this.#compiled = compiled;
    this.#memory = memory;
    const module = new WebAssembly.Module(compiled.octets);
    const host = {
      memory: memory.memory,
      tick: () => this.#tick(),
      stop: (line: number, column: number) => {
        throw new RunEnded(
          `${line}:${column}: not all invocations of the group come here; let the whole group take the same way to a barrier`,
        );
      },
      ...IMPORTED,
      ...IMPORTED_TWO,
    };
    const { exports } = new WebAssembly.Instance(module, { host });
    this.#setup = exported(exports.setup);
    this.#group = exported(exports.group);
  }

  /** What is wrong with the ranges, by binding; undefined if nothing is. */
  unfit(ranges: readonly BoundRange[]): string | undefined {
    for (const { binding, least } of this.#compiled.bound) {
      const octets = ranges[binding]?.octets ?? 0;
      if (octets >= least) continue;
      return `binding ${binding} has ${octets} octets, the shader's type ${least}; bind as many`;
    }
    return undefined;
  }

  /** Throws `RunEnded`. `pause` lets others have a turn; false ends it. */
  async run(
    ranges: readonly BoundRange[],
    [x, y, z]: readonly [number, number, number],
    steps: number,
    pause: () => Promise<boolean>,
  ): Promise<void> {
    this.#prepare(ranges, [x, y, z]);
    this.#left = this.#steps = steps;
    const [sx, sy, sz] = this.#compiled.size;
    const cost = START_STEPS * sx * sy * sz;
    let until = performance.now() + TURN_MS;
    for (let gz = 0; gz < z; gz++) {
      for (let gy = 0; gy < y; gy++) {
        for (let gx = 0; gx < x; gx++) {
          this.#spend(cost);
          this.#group(gx, gy, gz);
          if (performance.now() < until) continue;
          if (!await pause()) return;
          until = performance.now() + TURN_MS;
        }
      }
    }
  }

  #prepare(
    ranges: readonly BoundRange[],
    groups: readonly [number, number, number],
  ): void {
    const { bound, chunks, frames, framesEnd, frameOctets } = this.#compiled;
    for (const { at, octets } of chunks) {
      this.#memory.view(at, octets.length).set(octets);
    }
    this.#frames();
    const places = bound.flatMap(({ binding, tail }) => {
      const { at, octets } = ranges[binding] ?? { at: 0, octets: 0 };
      const count = tail === undefined
        ? 0
        : Math.floor((octets - tail.offset) / tail.stride);
      return [at, count - 1];
    });
    this.#setup(...groups, frames, framesEnd, frameOctets, ...places);
  }

  /** Each invocation's frame says which one it is. */
  #frames(): void {
    const { frames, framesEnd, frameOctets, size: [x, y] } = this.#compiled;
    const octets = this.#memory.view(frames, framesEnd - frames);
    octets.fill(0);
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    for (
      let at = 0, index = 0;
      at < octets.length;
      index++, at += frameOctets
    ) {
      view.setUint32(at + FRAME.local, index % x, true);
      view.setUint32(at + FRAME.local + 4, Math.floor(index / x) % y, true);
      view.setUint32(at + FRAME.local + 8, Math.floor(index / (x * y)), true);
      view.setUint32(at + FRAME.index, index, true);
    }
  }

  #tick(): number {
    const slice = Math.max(1, Math.min(SLICE, this.#left));
    this.#spend(slice);
    return slice;
  }

  #spend(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    throw new RunEnded(
      `the program was ended after ${this.#steps} steps; let its loops end, or dispatch less at a time`,
    );
  }
}

function exported(value: unknown): Exported {
  if (typeof value !== "function") {
    throw new Error("the module exports no such function");
  }
  return (...numbers) => void value(...numbers);
}
