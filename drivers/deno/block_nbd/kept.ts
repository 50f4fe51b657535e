/** Writes that no flush has covered yet, in the order in which they count. */

export const KEPT_OCTETS_MAX = 64 * 1024 * 1024;

interface Write {
  readonly offset: bigint;
  readonly data: Uint8Array;
}

export class Kept {
  /** By place and length; the newest of a place stands where it came last. */
  readonly #writes = new Map<string, Write>();
  #octets = 0;

  hasRoom(octets: number): boolean {
    return this.#octets + octets <= KEPT_OCTETS_MAX;
  }

  /** Takes `data` over. */
  add(offset: bigint, data: Uint8Array): void {
    const key = `${offset}:${data.length}`;
    if (!this.#writes.delete(key)) this.#octets += data.length;
    this.#writes.set(key, { offset, data });
  }

  *inOrder(): Generator<[offset: bigint, data: Uint8Array]> {
    for (const { offset, data } of this.#writes.values()) yield [offset, data];
  }

  clear(): void {
    this.#writes.clear();
    this.#octets = 0;
  }
}
