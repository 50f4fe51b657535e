/**
 * Finds the row that begins with a digest of 32 octets, in about one look.
 *
 * Extendible hashing over pages: a full page splits in two, nothing else
 * moves, so no insertion takes longer than one split (tens of microseconds).
 * The hash is universal with secret keys (`salt`): who does not know them
 * cannot choose digests that meet in one page. A slot is 8 octets: 32 bits of
 * hash and the row's number + 1.
 */
import { copy32, equal32 } from "./bytes";
import { hash } from "./blake3";
import { PAGE_OCTETS, reserve, take } from "./pages";
import { Rows } from "./rows";

const SLOTS: u32 = <u32> (PAGE_OCTETS >> 3);
const SLOT_MASK: u32 = SLOTS - 1;
/** A page splits when three quarters of it are in use. */
const USED_MAX: u32 = SLOTS - (SLOTS >> 2);
/** Hash bits above those that place a slot in its page. */
const DEPTH_MAX: u32 = 19;
/** No row has this number. */
export const NO_ROW: u32 = u32.MAX_VALUE;

/** Eight keys of 32 bits, the same for every index. */
const KEYS: usize = memory.data(32, 16);
/** A page's slots while it splits. */
const SPLIT: usize = heap.alloc(PAGE_OCTETS);

/** Digests that `near` looks at in one call. */
export const NEAR_MAX: u32 = 16;
/** What `near` found in their slots, and what it adds up so that it is not left out. */
const NEAR: usize = memory.data(64, 16);
let nearSum: u32 = 0;

/** Sets the keys; before the first insertion, or not at all. */
export function salt(secret: usize, length: usize): void {
  hash(secret, length, KEYS);
}

/** Where equal digests meet and others hardly ever do. */
// @ts-ignore: decorator
@inline
function tagOf(digest: usize): u32 {
  let sum: u64 = 0;
  sum += <u64> (load<u32>(digest, 0) + load<u32>(KEYS, 0)) *
    <u64> (load<u32>(digest, 4) + load<u32>(KEYS, 4));
  sum += <u64> (load<u32>(digest, 8) + load<u32>(KEYS, 8)) *
    <u64> (load<u32>(digest, 12) + load<u32>(KEYS, 12));
  sum += <u64> (load<u32>(digest, 16) + load<u32>(KEYS, 16)) *
    <u64> (load<u32>(digest, 20) + load<u32>(KEYS, 20));
  sum += <u64> (load<u32>(digest, 24) + load<u32>(KEYS, 24)) *
    <u64> (load<u32>(digest, 28) + load<u32>(KEYS, 28));
  sum ^= sum >> 32;
  sum *= 0x9e3779b97f4a7c15;
  return <u32> (sum >> 32);
}

// A page's slot 0 is its own: entries in it (u32), bits that it shares (u32).

// @ts-ignore: decorator
@inline
function firstSlot(tag: u32): u32 {
  const slot = tag & SLOT_MASK;
  return slot == 0 ? 1 : slot;
}

// @ts-ignore: decorator
@inline
function nextSlot(slot: u32): u32 {
  return slot == SLOT_MASK ? 1 : slot + 1;
}

export class DigestIndex {
  /** Addresses of the pages by the upper `depth` bits of the hash. */
  private directory: usize = heap.alloc(4);
  private depth: u32 = 0;

  constructor(private rows: Rows) {
    store<u32>(this.directory, <u32> take());
  }

  /**
   * Loads what `find` and `intern` are about to load for the `count` digests from
   * `first` on, `stride` octets apart. Most of a lookup in a large index is waiting for
   * memory, and many loads that do not depend on each other wait at the same time.
   */
  near(first: usize, stride: usize, count: u32): void {
    if (this.rows.length == 0) return;
    for (let i: u32 = 0; i < count; i++) {
      const tag = tagOf(first + i * stride);
      const at = this.pageOf(tag) + (<usize> firstSlot(tag) << 3);
      store<u32>(NEAR + (<usize> i << 2), load<u32>(at));
    }
    let sum: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const entry = load<u32>(NEAR + (<usize> i << 2));
      // Without a branch that could be guessed wrong: an empty slot is row 0 here.
      const row = select<u32>(0, entry - 1, entry == 0);
      sum += load<u32>(this.rows.at(row));
    }
    nearSum += sum;
  }

  /** The row's number + 1, or 0 where no row has the digest. */
  find(digest: usize): u32 {
    const tag = tagOf(digest);
    const page = this.pageOf(tag);
    let slot = firstSlot(tag);
    while (true) {
      const at = page + (<usize> slot << 3);
      const entry = load<u32>(at);
      if (entry == 0) return 0;
      if (load<u32>(at, 4) == tag) {
        if (equal32(this.rows.at(entry - 1), digest)) return entry;
      }
      slot = nextSlot(slot);
    }
  }

  /**
   * The row's number; a new row that begins with the digest if none does.
   * `NO_ROW` where the memory has no room for one: nothing has changed.
   */
  intern(digest: usize): u32 {
    const tag = tagOf(digest);
    let page = this.pageOf(tag);
    let slot = firstSlot(tag);
    while (true) {
      const at = page + (<usize> slot << 3);
      const entry = load<u32>(at);
      if (entry == 0) break;
      if (load<u32>(at, 4) == tag) {
        if (equal32(this.rows.at(entry - 1), digest)) return entry - 1;
      }
      slot = nextSlot(slot);
    }
    while (load<u32>(page) >= USED_MAX) {
      if (!this.split(page, tag)) return NO_ROW;
      page = this.pageOf(tag);
    }
    if (!reserve(1)) return NO_ROW;
    const row = this.rows.length;
    copy32(this.rows.push(), digest);
    this.put(page, tag, row + 1);
    return row;
  }

  /**
   * Finds the row from now on, which is prepared and holds a digest that no
   * other row has. False where the memory has no room for it.
   */
  adopt(row: u32): bool {
    const tag = tagOf(this.rows.at(row));
    let page = this.pageOf(tag);
    while (load<u32>(page) >= USED_MAX) {
      if (!this.split(page, tag)) return false;
      page = this.pageOf(tag);
    }
    this.put(page, tag, row + 1);
    return true;
  }

  /**
   * Forgets the rows from `length` on, the last first. What the index answers
   * is then as if they had never been.
   */
  cut(length: u32): void {
    for (let row = this.rows.length; row > length; row--) {
      this.remove(this.rows.at(row - 1), row);
      this.rows.clear(row - 1);
    }
    this.rows.cut(length);
  }

  private pageOf(tag: u32): usize {
    const index = this.depth == 0 ? 0 : tag >> (32 - this.depth);
    return load<u32>(this.directory + (<usize> index << 2));
  }

  private put(page: usize, tag: u32, entry: u32): void {
    let slot = firstSlot(tag);
    while (load<u32>(page + (<usize> slot << 3)) != 0) slot = nextSlot(slot);
    const at = page + (<usize> slot << 3);
    store<u32>(at, entry, 0);
    store<u32>(at, tag, 4);
    store<u32>(page, load<u32>(page) + 1);
  }

  /** Gives half of the page's share of hashes to a new page, if there is one. */
  private split(page: usize, tag: u32): bool {
    const bits = load<u32>(page, 4);
    if (bits == DEPTH_MAX || !reserve(1)) return false;
    if (bits == this.depth) this.double();
    const fresh = take();
    memory.copy(SPLIT, page, PAGE_OCTETS);
    memory.fill(page, 0, PAGE_OCTETS);
    store<u32>(page, bits + 1, 4);
    store<u32>(fresh, bits + 1, 4);
    for (let slot: u32 = 1; slot < SLOTS; slot++) {
      const at = SPLIT + (<usize> slot << 3);
      const entry = load<u32>(at);
      if (entry == 0) continue;
      const other = load<u32>(at, 4);
      const upper = (other >> (31 - bits)) & 1;
      this.put(upper == 0 ? page : fresh, other, entry);
    }
    // The upper half of the directory's run for this page names the new one.
    const run: u32 = 1 << (this.depth - bits);
    const index = (tag >> (32 - this.depth)) & ~(run - 1);
    for (let i = index + (run >> 1); i < index + run; i++) {
      store<u32>(this.directory + (<usize> i << 2), <u32> fresh);
    }
    return true;
  }

  private double(): void {
    const entries: u32 = 1 << this.depth;
    const wider = heap.alloc(<usize> entries << 3);
    for (let i: u32 = 0; i < entries; i++) {
      const page = load<u32>(this.directory + (<usize> i << 2));
      store<u32>(wider + (<usize> i << 3), page, 0);
      store<u32>(wider + (<usize> i << 3), page, 4);
    }
    heap.free(this.directory);
    this.directory = wider;
    this.depth++;
  }

  /** Takes one entry out and closes the gap behind it. */
  private remove(digest: usize, entry: u32): void {
    const tag = tagOf(digest);
    const page = this.pageOf(tag);
    let gap = firstSlot(tag);
    while (load<u32>(page + (<usize> gap << 3)) != entry) gap = nextSlot(gap);
    let slot = nextSlot(gap);
    while (true) {
      const at = page + (<usize> slot << 3);
      if (load<u32>(at) == 0) break;
      const home = firstSlot(load<u32>(at, 4));
      // The entry may move to the gap unless its home lies after the gap.
      const stays = gap <= slot
        ? gap < home && home <= slot
        : gap < home || home <= slot;
      if (!stays) {
        store<u64>(page + (<usize> gap << 3), load<u64>(at));
        gap = slot;
      }
      slot = nextSlot(slot);
    }
    store<u64>(page + (<usize> gap << 3), 0);
    store<u32>(page, load<u32>(page) - 1);
  }
}
