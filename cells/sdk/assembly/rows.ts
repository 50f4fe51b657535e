/**
 * A table of rows of one size, numbered from 0, that only grows at its end.
 *
 * A row's address is stable for the life of the table. A row comes zeroed, if
 * whoever cut it off cleared it.
 */
import { PAGE_OCTETS, PAGE_SHIFT, take } from "./pages";

const DIRECTORY_MIN: u32 = 64;

export class Rows {
  /** Addresses of the pages, in order. */
  private pages: usize = heap.alloc(<usize> DIRECTORY_MIN << 2);
  private pagesUsed: u32 = 0;
  private pagesMax: u32 = DIRECTORY_MIN;
  private perPage: u32;
  private mask: u32;
  private count: u32 = 0;

  /** Rows of `1 << shift` octets, at most one page. */
  constructor(private shift: u32) {
    this.perPage = PAGE_SHIFT - shift;
    this.mask = (1 << this.perPage) - 1;
  }

  /** Rows in the table. */
  @inline
  get length(): u32 {
    return this.count;
  }

  /** The address of a row; the caller knows that it exists. */
  @inline
  at(row: u32): usize {
    const page = load<u32>(this.pages + ((row >> this.perPage) << 2));
    return <usize> page + (<usize> (row & this.mask) << this.shift);
  }

  /** Adds a row and returns its address. */
  push(): usize {
    const row = this.count++;
    if (row >> this.perPage == this.pagesUsed) this.addPage();
    return this.at(row);
  }

  /** Takes the pages of the first `length` rows; they count after `extend`. */
  prepare(length: u32): void {
    while (this.pagesUsed << this.perPage < length) this.addPage();
  }

  /** Counts prepared rows in. */
  extend(length: u32): void {
    this.count = length;
  }

  /** Zeroes every page; no row is left. */
  wipe(): void {
    this.count = 0;
    for (let page: u32 = 0; page < this.pagesUsed; page++) {
      memory.fill(load<u32>(this.pages + (page << 2)), 0, PAGE_OCTETS);
    }
  }

  /** Zeroes a row. */
  clear(row: u32): void {
    memory.fill(this.at(row), 0, <usize> 1 << this.shift);
  }

  /** Forgets the rows from `length` on. Pages are kept for the next rows. */
  cut(length: u32): void {
    this.count = length;
  }

  /** Most pages that `more` further rows can take. */
  pagesFor(more: u32): i32 {
    return <i32> (more >> this.perPage) + 1;
  }

  private addPage(): void {
    if (this.pagesUsed == this.pagesMax) {
      this.pagesMax <<= 1;
      this.pages = heap.realloc(this.pages, <usize> this.pagesMax << 2);
    }
    store<u32>(this.pages + (this.pagesUsed << 2), <u32> take());
    this.pagesUsed++;
  }
}
