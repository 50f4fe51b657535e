/**
 * Shared snapshots in one thread: who writes what, and the newest of each.
 *
 * The contract as the kernel keeps it; tests let versions go away or be distorted.
 */
import type { Snapshots } from "../../../wit/gen/kernel_snapshots.ts";

interface Shared {
  readonly writer: string;
  /** What was begun and by which life of the writer. */
  begun: { readonly life: object; readonly octets: Uint8Array } | undefined;
  number: bigint;
  newest: Uint8Array;
}

export interface SnapshotNames {
  /** Name to writer; everybody else reads. */
  readonly [name: string]: string;
}

export class SnapshotModel {
  readonly #shared = new Map<string, Shared>();
  /** Octets that were read behind the heads, by reader. */
  readonly taken = new Map<string, number>();
  /** Changes a version before it can be seen. */
  distort: (name: string, octets: Uint8Array) => void = () => {};

  constructor(names: SnapshotNames, readonly octetsMax = 2 ** 22) {
    for (const [name, writer] of Object.entries(names)) {
      const newest = new Uint8Array();
      this.#shared.set(name, { writer, begun: undefined, number: 0n, newest });
    }
  }

  /** What one life of a cell is answered. */
  serviceFor(cell: string): Snapshots {
    const life = {};
    const held = new Map<string, { number: bigint; octets: Uint8Array }>();
    const written = (name: string) => {
      const shared = this.#shared.get(name);
      return shared?.writer === cell ? shared : undefined;
    };
    return {
      look: (name) => {
        const shared = this.#shared.get(name);
        if (shared === undefined || shared.writer === cell) {
          return ok(undefined);
        }
        const { number, newest: octets } = shared;
        held.set(name, { number, octets });
        return ok({ number, length: octets.length });
      },
      read: (name, number, offset, limit) => {
        const version = held.get(name);
        if (version?.number !== number || offset % 8 !== 0) {
          return ok(undefined);
        }
        if (offset > version.octets.length) return ok(undefined);
        if (offset > 0) {
          this.taken.set(cell, (this.taken.get(cell) ?? 0) + limit);
        }
        return ok(version.octets.slice(offset, offset + limit));
      },
      write: (name, offset, octets) => {
        const shared = written(name);
        const fits = offset % 8 === 0 &&
          offset + octets.length <= this.octetsMax;
        if (shared === undefined || !fits) return ok(false);
        if (offset === 0) {
          shared.begun = { life, octets: new Uint8Array(this.octetsMax) };
        }
        if (shared.begun?.life !== life) return ok(false);
        shared.begun.octets.set(octets, offset);
        return ok(true);
      },
      publish: (name, length) => {
        const shared = written(name);
        if (shared?.begun?.life !== life || length > this.octetsMax) {
          return ok(undefined);
        }
        shared.newest = shared.begun.octets.subarray(0, length);
        this.distort(name, shared.newest);
        shared.begun = undefined;
        shared.number += 1n;
        return ok(shared.number);
      },
    };
  }
}

function ok<T>(val: T): { readonly tag: "ok"; readonly val: T } {
  return { tag: "ok", val };
}
