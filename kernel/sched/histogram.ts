/**
 * Durations in logarithmic buckets: constant memory, quantiles within 7 %.
 *
 * Ten buckets per factor of two from 1/16 microsecond to over an hour.
 */
const STEPS_PER_OCTAVE = 10;
const OCTAVES = 36;
const FLOOR_US = 1 / 16;

export class Histogram {
  readonly #counts = new Float64Array(STEPS_PER_OCTAVE * OCTAVES);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(durationUs: number): void {
    const steps = Math.log2(Math.max(durationUs, FLOOR_US) / FLOOR_US) *
      STEPS_PER_OCTAVE;
    const bucket = Math.min(Math.floor(steps), this.#counts.length - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** Everything that another one has recorded. */
  add(other: Histogram): void {
    other.#counts.forEach((count, bucket) => {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    });
    this.#total += other.#total;
  }

  /** The duration that a fraction `q` of all did not exceed; 0 if none. */
  quantileUs(q: number): number {
    if (this.#total === 0) return 0;
    let left = Math.ceil(this.#total * q);
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) {
        return FLOOR_US * 2 ** ((bucket + 1) / STEPS_PER_OCTAVE);
      }
    }
    return FLOOR_US * 2 ** OCTAVES;
  }
}
