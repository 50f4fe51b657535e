/**
 * A hash table of row numbers that stores no keys: 6 octets a slot, 95% full.
 *
 * Extendible hashing over pages: a full page splits in two, nothing else
 * moves, so no insertion takes longer than one split (tens of microseconds).
 * A page has 1024 buckets of 64 octets, so that one line of the processor's
 * cache answers most questions. What a page's place in the directory says of a
 * hash is not stored, nor is what the bucket says: a slot keeps the 15 bits
 * behind those of its page, and one fewer after each split.
 *
 * `first` and `nextCandidate` give the rows that may have the hash: whoever
 * asks compares the keys. Deliberately absent: keys, see `digest_index.ts`.
 */
import { PAGE_OCTETS, reserve, take } from "./pages";

const BUCKET_SHIFT: u32 = 6;
const BUCKET_MASK: u32 = <u32> (PAGE_OCTETS >> BUCKET_SHIFT) - 1;
/** Slots of a bucket: tags (2 octets each), then entries (4 octets each). */
const SLOTS: u32 = 10;
const TAG_SHIFT: u32 = 1;
const ENTRIES: usize = 20;
/** Entries that found this bucket full and went on to a later one (u16). */
const PASSED: usize = 60;

/** A tag has as many bits to lose. */
const BITS_MAX: u32 = 15;
/** An entry is a row's number + 1, and buckets from its own one above that. */
const ROW_BITS: u32 = 29;
const ROW_MASK: u32 = (1 << ROW_BITS) - 1;
/** A page splits when an entry would be farther off: it is some 95% full. */
const STEPS_MAX: u32 = (1 << (32 - ROW_BITS)) - 1;
/** Rows have lower numbers: the memory ends before. */
export const ROWS_MAX: u32 = ROW_MASK;

/** Pages that a caller of `add` may have reserved for the row itself. */
export const RESERVED: i32 = 2;

/** A page's slots while it splits. */
const SPLIT: usize = heap.alloc(PAGE_OCTETS);

// @ts-ignore: decorator
@inline
function homeOf(hash: u64): u32 {
  return <u32> (hash >> 22) & BUCKET_MASK;
}

/**
 * What the directory says: a page's address, and the hash bits that it shares.
 * They are not in the pages, whose first lines would meet in the caches.
 */
type Place = u32;
const BITS_MASK: u32 = 15;

// @ts-ignore: decorator
@inline
function pageAt(place: Place): usize {
  return place & ~BITS_MASK;
}

/** The 16 bits behind the page's; the last one is not stored. */
// @ts-ignore: decorator
@inline
function tagOf(hash: u64, place: Place): u32 {
  return <u32> (hash >> (48 - (place & BITS_MASK))) & 0xffff;
}

/**
 * Of eight stored tags, those that may be the one asked for. A tag's lowest
 * bit that is set marks its end: what is below is not known. 0 is no tag.
 */
// @ts-ignore: decorator
@inline
function lanesOf(tags: v128, asked: v128): u32 {
  const unknown = v128.xor(tags, i16x8.sub(tags, i16x8.splat(1)));
  const differs = v128.andnot(v128.xor(tags, asked), unknown);
  const zero = i16x8.splat(0);
  const none = i16x8.eq(tags, zero);
  return i16x8.bitmask(v128.andnot(i16x8.eq(differs, zero), none));
}

/** Slots of the bucket at `at` that may have the tag, a bit each. */
// @ts-ignore: decorator
@inline
function slotsOf(at: usize, tag: u32): u32 {
  const asked = i16x8.splat(<i16> tag);
  // The last two tags are the last lanes of those that begin at the third.
  return lanesOf(v128.load(at), asked) |
    (lanesOf(v128.load(at, 4), asked) >> 6 << 8);
}

/** The first free slot of the bucket; `SLOTS` if there is none. */
// @ts-ignore: decorator
@inline
function freeSlot(at: usize): u32 {
  const zero = i16x8.splat(0);
  const free = i16x8.bitmask(i16x8.eq(v128.load(at), zero)) |
    (i16x8.bitmask(i16x8.eq(v128.load(at, 4), zero)) >> 6 << 8) | 1 << SLOTS;
  return ctz(free);
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, more: i32): void {
  store<u16>(at, <u16> (<i32> load<u16>(at) + more));
}

/** Buckets from `home` to the first with a free slot; above `STEPS_MAX`, none. */
function stepsFrom(page: usize, home: u32): u32 {
  let steps: u32 = 0;
  while (steps <= STEPS_MAX) {
    const bucket = (home + steps) & BUCKET_MASK;
    if (freeSlot(page + (bucket << BUCKET_SHIFT)) < SLOTS) break;
    steps++;
  }
  return steps;
}

/** Puts an entry in, so many buckets from its own one, which has room. */
function put(page: usize, home: u32, steps: u32, tag: u32, row: u32): void {
  const bucket = (home + steps) & BUCKET_MASK;
  const at = page + (bucket << BUCKET_SHIFT);
  const slot: usize = freeSlot(at);
  store<u16>(at + (slot << TAG_SHIFT), <u16> tag);
  store<u32>(at + (slot << 2), (row + 1) | (steps << ROW_BITS), ENTRIES);
  for (let i: u32 = 0; i < steps; i++) {
    const passed = (home + i) & BUCKET_MASK;
    addTo(page + (passed << BUCKET_SHIFT) + PASSED, 1);
  }
}

// Where the search that `first` began stands.
let searchPage: usize = 0;
let searchBucket: u32 = 0;
let searchSteps: u32 = 0;
let searchTag: u32 = 0;
let searchSlots: u32 = 0;
/** The slot that was given last. */
let searchSlot: usize = 0;

/** The next row's number + 1 that may have the hash; 0 if there is none. */
export function nextCandidate(): u32 {
  while (true) {
    const at = searchPage + (searchBucket << BUCKET_SHIFT);
    while (searchSlots != 0) {
      searchSlot = ctz(searchSlots);
      searchSlots &= searchSlots - 1;
      const entry = load<u32>(at + (searchSlot << 2), ENTRIES);
      if (entry >> ROW_BITS == searchSteps) return entry & ROW_MASK;
    }
    if (load<u16>(at, PASSED) == 0 || searchSteps == STEPS_MAX) return 0;
    searchSteps++;
    searchBucket = (searchBucket + 1) & BUCKET_MASK;
    searchSlots = slotsOf(
      searchPage + (searchBucket << BUCKET_SHIFT),
      searchTag,
    );
  }
}

export class Slots {
  /** Places of the pages by the upper `depth` bits of the hash. */
  private directory: usize = heap.alloc(4);
  private depth: u32 = 0;
  /** Pages that are free again, each with the next one's address, 0 at last. */
  private spare: usize = 0;

  constructor() {
    store<u32>(this.directory, <u32> take());
  }

  /** The first row's number + 1 that may have the hash; 0 if there is none. */
  first(hash: u64): u32 {
    const place = this.placeOf(hash);
    searchPage = pageAt(place);
    searchTag = tagOf(hash, place);
    searchBucket = homeOf(hash);
    searchSteps = 0;
    searchSlots = slotsOf(
      searchPage + (searchBucket << BUCKET_SHIFT),
      searchTag,
    );
    return nextCandidate();
  }

  /** Loads the bucket that `first` looks at, and no more: see `near` of the keys' owner. */
  @inline
  touch(hash: u64): u32 {
    const page = pageAt(this.placeOf(hash));
    return load<u32>(page + (homeOf(hash) << BUCKET_SHIFT));
  }

  /** Adds a row; false, with no effect, where the memory has no room for it. */
  add(hash: u64, row: u32): bool {
    assert(row < ROWS_MAX, "the memory ends before");
    const home = homeOf(hash);
    while (true) {
      const place = this.placeOf(hash);
      const page = pageAt(place);
      const steps = stepsFrom(page, home);
      if (steps <= STEPS_MAX) {
        put(page, home, steps, tagOf(hash, place) | 1, row);
        return true;
      }
      if (!this.split(place, hash)) return false;
    }
  }

  /** Where the bucket is that has the row; its slot is the one found last. */
  private bucketOf(hash: u64, row: u32): usize {
    let found = this.first(hash);
    while (found != row + 1) {
      assert(found != 0, "the row is there");
      found = nextCandidate();
    }
    return searchPage + (searchBucket << BUCKET_SHIFT);
  }

  /** Gives a row that is there another number. */
  replace(hash: u64, row: u32, by: u32): void {
    const at = this.bucketOf(hash, row) + (searchSlot << 2);
    store<u32>(at, (by + 1) | (searchSteps << ROW_BITS), ENTRIES);
  }

  /** Takes a row out that is there. */
  remove(hash: u64, row: u32): void {
    const at = this.bucketOf(hash, row);
    store<u16>(at + (searchSlot << TAG_SHIFT), 0);
    store<u32>(at + (searchSlot << 2), 0, ENTRIES);
    for (let i: u32 = 1; i <= searchSteps; i++) {
      const passed = (searchBucket - i) & BUCKET_MASK;
      addTo(searchPage + (passed << BUCKET_SHIFT) + PASSED, -1);
    }
  }

  /** Takes every row out. */
  clear(): void {
    const entries: u32 = 1 << this.depth;
    for (let i: u32 = 0; i < entries;) {
      const place: Place = load<u32>(this.directory + (<usize> i << 2));
      const page = pageAt(place);
      i += 1 << (this.depth - (place & BITS_MASK));
      memory.fill(page, 0, PAGE_OCTETS);
      store<u32>(page, <u32> this.spare);
      this.spare = page;
    }
    this.depth = 0;
    store<u32>(this.directory, <u32> this.takePage());
  }

  private placeOf(hash: u64): Place {
    const index = this.depth == 0 ? 0 : <u32> (hash >> (64 - this.depth));
    return load<u32>(this.directory + (<usize> index << 2));
  }

  private takePage(): usize {
    const page = this.spare;
    if (page == 0) return take();
    this.spare = load<u32>(page);
    store<u32>(page, 0);
    return page;
  }

  /** Gives half of the page's share of hashes to a new page, if there is one. */
  private split(place: Place, hash: u64): bool {
    const bits = place & BITS_MASK;
    if (bits == BITS_MAX) return false;
    if (this.spare == 0 && !reserve(1 + RESERVED)) return false;
    if (bits == this.depth) this.double();
    const page = pageAt(place);
    const fresh = this.takePage();
    memory.copy(SPLIT, page, PAGE_OCTETS);
    memory.fill(page, 0, PAGE_OCTETS);
    for (let bucket: u32 = 0; bucket <= BUCKET_MASK; bucket++) {
      divide(bucket, page, fresh);
    }
    // The upper half of the directory's run for this page names the new one.
    const run: u32 = 1 << (this.depth - bits);
    const index = <u32> (hash >> (64 - this.depth)) & ~(run - 1);
    for (let i = index; i < index + run; i++) {
      const half = i < index + (run >> 1) ? page : fresh;
      store<u32>(this.directory + (<usize> i << 2), <u32> half | (bits + 1));
    }
    return true;
  }

  private double(): void {
    const entries: u32 = 1 << this.depth;
    const wider = heap.alloc(<usize> entries << 3);
    for (let i: u32 = 0; i < entries; i++) {
      const place = load<u32>(this.directory + (<usize> i << 2));
      store<u32>(wider + (<usize> i << 3), place, 0);
      store<u32>(wider + (<usize> i << 3), place, 4);
    }
    heap.free(this.directory);
    this.directory = wider;
    this.depth++;
  }
}

/** Puts the entries of a bucket that splits where they are now. */
function divide(bucket: u32, page: usize, fresh: usize): void {
  const at = SPLIT + (bucket << BUCKET_SHIFT);
  for (let slot: usize = 0; slot < SLOTS; slot++) {
    const tag: u32 = load<u16>(at + (slot << TAG_SHIFT));
    if (tag == 0) continue;
    const entry = load<u32>(at + (slot << 2), ENTRIES);
    const home = (bucket - (entry >> ROW_BITS)) & BUCKET_MASK;
    const to = tag >> 15 == 0 ? page : fresh;
    const steps = stepsFrom(to, home);
    assert(steps <= STEPS_MAX, "half a page fits into a page");
    put(to, home, steps, (tag << 1) & 0xffff, (entry & ROW_MASK) - 1);
  }
}
