/**
 * The highest values that were offered: at most TOP_MAX, ties by lower number.
 *
 * Offers go to a binary heap whose root is the lowest value kept, so an offer
 * costs one comparison for almost all.
 */
import { SORTED, TOP_MAX } from "./limits";

export class Leaders {
  numbers: StaticArray<u32> = new StaticArray<u32>(TOP_MAX);
  values: StaticArray<f64> = new StaticArray<f64>(TOP_MAX);
  count: u32 = 0;
  unsorted: u32 = 0;

  clear(): void {
    this.count = 0;
    this.unsorted = 0;
  }

  /** Whether slot `a` ranks below slot `b`. */
  below(a: u32, b: u32): bool {
    const x = unchecked(this.values[a]);
    const y = unchecked(this.values[b]);
    return x < y || (x == y && unchecked(this.numbers[a]) > unchecked(this.numbers[b]));
  }

  swap(a: u32, b: u32): void {
    const value = unchecked(this.values[a]);
    const number = unchecked(this.numbers[a]);
    unchecked(this.values[a] = this.values[b]);
    unchecked(this.numbers[a] = this.numbers[b]);
    unchecked(this.values[b] = value);
    unchecked(this.numbers[b] = number);
  }

  sink(size: u32): void {
    let at: u32 = 0;
    while (true) {
      let child = at * 2 + 1;
      if (child >= size) return;
      if (child + 1 < size && this.below(child + 1, child)) ++child;
      if (!this.below(child, at)) return;
      this.swap(child, at);
      at = child;
    }
  }

  /** Offers a value; numbers come in ascending order, so a tie never displaces. O(log TOP_MAX). */
  offer(number: u32, value: f64): void {
    if (this.count == TOP_MAX) {
      if (value <= unchecked(this.values[0])) return;
      unchecked(this.values[0] = value);
      unchecked(this.numbers[0] = number);
      this.sink(this.count);
      return;
    }
    let at = this.count++;
    this.values[at] = value;
    this.numbers[at] = number;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.below(at, parent)) break;
      this.swap(at, parent);
      at = parent;
    }
    this.unsorted = this.count;
  }

  /** Puts the lowest of what is unsorted behind it, SORTED times; true when all is sorted. */
  sort(): bool {
    for (let i: u32 = 0; i < SORTED && this.unsorted > 1; ++i) {
      this.swap(0, --this.unsorted);
      this.sink(this.unsorted);
    }
    return this.unsorted <= 1;
  }
}
