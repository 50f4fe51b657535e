/**
 * Where the octets of a simulated disk are; outlives its bus.
 *
 * A cache that is read at once, and what is durable beneath it.
 */

const SECTOR_OCTETS = 512;

/** Is told what the disk does to its medium, in order. */
export interface MediumWatch {
  write(at: number, data: Uint8Array): void;
  zero(at: number, length: number): void;
  flush(): void;
}

export class DiskMedium {
  /** What reads see. */
  visible: Uint8Array;
  #durable: Uint8Array;
  readonly #watch: MediumWatch | undefined;

  constructor(readonly octets: number, watch?: MediumWatch) {
    this.#watch = watch;
    this.visible = new Uint8Array(octets);
    this.#durable = new Uint8Array(octets);
  }

  /** As after a power cut that left these. */
  hold(octets: Uint8Array): void {
    this.#durable.set(octets);
    this.forget();
  }

  write(at: number, data: Uint8Array): void {
    this.visible.set(data, at);
    this.#watch?.write(at, data);
  }

  zero(at: number, length: number): void {
    this.visible.fill(0, at, at + length);
    this.#watch?.zero(at, length);
  }

  flush(): void {
    this.#durable.set(this.visible);
    this.#watch?.flush();
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
