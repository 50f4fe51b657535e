/**
 * Where the octets of a simulated disk are; outlives its bus.
 *
 * A cache that is read at once, and what is durable beneath it.
 */

const SECTOR_OCTETS = 512;

export class DiskMedium {
  /** What reads see. */
  visible: Uint8Array;
  #durable: Uint8Array;

  constructor(readonly octets: number) {
    this.visible = new Uint8Array(octets);
    this.#durable = new Uint8Array(octets);
  }

  flush(): void {
    this.#durable.set(this.visible);
  }

  /** The cache is lost: a device that was killed. */
  forget(): void {
    this.visible = this.#durable.slice();
  }

  /** A power cut: each sector that differs got there, or did not. */
  crash(random: () => number): void {
    for (let at = 0; at < this.octets; at += SECTOR_OCTETS) {
      const end = at + SECTOR_OCTETS;
      if (random() < 0.5) {
        this.#durable.set(this.visible.subarray(at, end), at);
      }
    }
    this.forget();
  }
}
