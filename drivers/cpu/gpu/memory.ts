/**
 * The device's memory: one WebAssembly memory, its buffers behind a scratch.
 *
 * The first place that is large enough is taken. What is given back joins what
 * is free beside it; the memory itself only grows until it is dropped.
 */
import { SCRATCH_OCTETS } from "./wasm/memory.ts";

const PAGE_OCTETS = 65_536;
const PAGES_MAX = 65_536;
/** Where buffers begin: ranges are multiples of it, too. */
export const ALIGNMENT = 256;

interface Span {
  readonly at: number;
  readonly octets: number;
}

export class DeviceMemory {
  readonly memory = new WebAssembly.Memory({
    initial: SCRATCH_OCTETS / PAGE_OCTETS,
    maximum: PAGES_MAX,
  });
  /** What is free below the end, by address. */
  #free: Span[] = [];
  #end = SCRATCH_OCTETS;
  /** From here on it is zero. */
  #clean = SCRATCH_OCTETS;

  /** As it is now: growing takes the view away. */
  view(at: number, octets: number): Uint8Array<ArrayBuffer> {
    const { buffer } = this.memory;
    if (!(buffer instanceof ArrayBuffer)) throw new Error("it is not shared");
    return new Uint8Array(buffer, at, octets);
  }

  /** Zeros; undefined if there is no room. */
  allocate(asked: number): Span | undefined {
    const octets = Math.ceil(asked / ALIGNMENT) * ALIGNMENT;
    const span = this.#reuse(octets) ?? this.#grow(octets);
    if (span === undefined) return undefined;
    const dirty = Math.min(this.#clean, span.at + octets) - span.at;
    if (dirty > 0) this.view(span.at, dirty).fill(0);
    this.#clean = Math.max(this.#clean, span.at + octets);
    return { at: span.at, octets: asked };
  }

  free({ at, octets: asked }: Span): void {
    const octets = Math.ceil(asked / ALIGNMENT) * ALIGNMENT;
    this.#free.push({ at, octets });
    this.#free.sort((a, b) => a.at - b.at);
    const joined: Span[] = [];
    for (const span of this.#free) {
      const last = joined.at(-1);
      if (last === undefined || last.at + last.octets < span.at) {
        joined.push(span);
      } else {
        const both = last.octets + span.octets;
        joined[joined.length - 1] = { at: last.at, octets: both };
      }
    }
    const last = joined.at(-1);
    if (last !== undefined && last.at + last.octets === this.#end) {
      this.#end = last.at;
      joined.pop();
    }
    this.#free = joined;
  }

  #reuse(octets: number): Span | undefined {
    const index = this.#free.findIndex((span) => span.octets >= octets);
    const found = this.#free[index];
    if (found === undefined) return undefined;
    const rest = found.octets - octets;
    const left = rest === 0 ? [] : [{ at: found.at + octets, octets: rest }];
    this.#free.splice(index, 1, ...left);
    return { at: found.at, octets };
  }

  #grow(octets: number): Span | undefined {
    const at = this.#end;
    const lacking = at + octets - this.memory.buffer.byteLength;
    if (lacking > 0) {
      try {
        this.memory.grow(Math.ceil(lacking / PAGE_OCTETS));
      } catch {
        return undefined;
      }
    }
    this.#end = at + octets;
    return { at, octets };
  }
}

export type { Span };
