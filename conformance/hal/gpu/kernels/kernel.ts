/**
 * A program of the suite: WGSL, and the same in plain TypeScript.
 *
 * `plain` is for the device that checks the suite itself; it is written apart
 * from the WGSL, in f32 where that is. What a driver computes is judged against
 * f64 or whole numbers, not against it.
 */
import type { Access } from "../../../../hal/gpu_contract.ts";

export interface Kernel {
  readonly name: string;
  readonly wgsl: string;
  readonly entry: string;
  readonly bindings: readonly Access[];
  /** Octets that each binding has at least. */
  readonly least?: readonly number[];
  /** Runs all groups over what is bound. */
  plain(
    views: readonly View[],
    groups: readonly [number, number, number],
  ): void;
}

/** One bound range. An index outside reads zero and writes nowhere. */
export class View {
  readonly #view: DataView;

  constructor(octets: Uint8Array) {
    this.#view = new DataView(
      octets.buffer,
      octets.byteOffset,
      octets.byteLength,
    );
  }

  /** Words in it. */
  get length(): number {
    return this.#view.byteLength >> 2;
  }

  u32(at: number): number {
    return at < this.length ? this.#view.getUint32(at * 4, true) : 0;
  }

  f32(at: number): number {
    return at < this.length ? this.#view.getFloat32(at * 4, true) : 0;
  }

  setU32(at: number, value: number): void {
    if (at < this.length) this.#view.setUint32(at * 4, value >>> 0, true);
  }

  setF32(at: number, value: number): void {
    if (at < this.length) this.#view.setFloat32(at * 4, value, true);
  }
}

/** The view of a binding; there is always one. */
export function viewOf(views: readonly View[], at: number): View {
  return views[at] ?? new View(new Uint8Array());
}
