/**
 * The particles: those that are only an axon take 4 octets, the others 68.
 *
 * Most particles are axons that nothing leads to and that have no content.
 * What there is to know of such a **bare** axon is in its first link: the ends,
 * and the digest, which is the hash of both. So its entry is that link. As soon
 * as a link touches it, or a content comes, it gets a row (`expand`) and keeps
 * its number.
 *
 * An axon's ends have rows: the link that made it touches them.
 */
import { hash } from "../../sdk/assembly/blake3";
import { hashSoon } from "../../sdk/assembly/blake3_queue";
import { Buffer } from "../../sdk/assembly/buffer";
import { copy32, equal32 } from "../../sdk/assembly/bytes";
import { mixed, NO_ROW } from "../../sdk/assembly/digest_index";
import { reserve } from "../../sdk/assembly/pages";
import { Rows } from "../../sdk/assembly/rows";
import { nextCandidate, RESERVED, ROWS_MAX, Slots } from "../../sdk/assembly/slots";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import { LINK_FROM, LINK_TO, links } from "./link_table";
import { must } from "./must";

/** Content's row + 1, 0 while it is not here, or `STAGED`. */
export const ARRIVAL: usize = 32;
/** Newest link + 1 of each side, 0 for none. */
export const HEAD_OUT: usize = 36;
export const HEAD_IN: usize = 40;
export const COUNT_OUT: usize = 44;
export const COUNT_IN: usize = 48;
/** Ends + 1 where the particle is an axon. */
export const AXON_FROM: usize = 52;
export const AXON_TO: usize = 56;
/** The particle's number. */
const NUMBER: usize = 60;

/** An entry is a row, or this and the bare axon's first link. */
const BARE: u32 = 1 << 31;
const LINK_MASK: u32 = BARE - 1;
/** In the index there are rows, or this and a bare axon's number. */
const IS_NUMBER: u32 = 1 << 28;
const NUMBER_MASK: u32 = IS_NUMBER - 1;
must(IS_NUMBER + NUMBER_MASK <= ROWS_MAX);

/** What a bare axon has instead of a row: nothing writes here. */
const NOTHING: usize = memory.data(64, 16);
/** Both identities of an axon, some of them waiting to be hashed. */
const PAIR_OCTETS: usize = 80;
const PAIRS_MAX: u32 = 8;
const PAIRS: usize = memory.data(640, 16);
let pairNow: u32 = 0;
/** Digests that were asked for last. */
const DIGESTS: usize = memory.data(256, 16);
const DIGESTS_MAX: u32 = 8;
let digestNow: u32 = 0;

/** Digests that `near` looks at in one call. */
export const NEAR_MAX: u32 = 16;
/** Their places in the index, and what `near` adds up so that no load is left out. */
const NEAR: usize = memory.data(128, 16);
let nearSum: u32 = 0;

class Particles {
  /** Particle: where it is; 4 octets. */
  readonly entries: Rows = new Rows(2);
  /** Particle: digest (32), then the fields above; 64 octets. */
  readonly rows: Rows = new Rows(6);
  private readonly slots: Slots = new Slots();
  /** Ends of links that are staged, and the first one's index. */
  private staged: usize = 0;
  private stagedFirst: u32 = 0;
  /** Numbers and entries of those that got a row since `mark`. */
  private readonly expanded: Buffer = new Buffer();
  private expandedCount: u32 = 0;
  private rowsBefore: u32 = 0;
  /** Where the row of the particle is that was found last; 0 for a bare axon. */
  interned: usize = 0;

  @inline
  get length(): u32 {
    return this.entries.length;
  }

  /** The particle's row, for reading; of a bare axon one of zeros. */
  @inline
  at(particle: u32): usize {
    const entry = this.entry(particle);
    return (entry & BARE) == 0 ? this.rows.at(entry) : NOTHING;
  }

  @inline
  entry(particle: u32): u32 {
    return load<u32>(this.entries.at(particle));
  }

  /** The number of the row of a particle that has one. */
  @inline
  slot(particle: u32): u32 {
    return this.entry(particle);
  }

  isBare(particle: u32): bool {
    return (this.entry(particle) & BARE) != 0;
  }

  /** The number of the particle that has the row. */
  numberOf(slot: u32): u32 {
    return load<u32>(this.rows.at(slot), NUMBER);
  }

  /** While a checkpoint is read, nothing is staged and links do not count. */
  @inline
  private isCommitted(link: u32): bool {
    return link < links.length || this.staged == 0;
  }

  /** Ends of a bare axon, as a link has them. */
  private endsOf(entry: u32): usize {
    const link = entry & LINK_MASK;
    return this.isCommitted(link)
      ? links.at(link)
      : this.staged + (<usize> (link - this.stagedFirst) << 5);
  }

  /** Where what the axon of two particles with rows is hashed from is. */
  private pairOf(from: u32, to: u32): usize {
    pairNow = (pairNow + 1) % PAIRS_MAX;
    const at = PAIRS + pairNow * PAIR_OCTETS;
    store<u8>(at, HASH_BLAKE3);
    copy32(at + 1, this.rows.at(this.slot(from)));
    store<u8>(at + IDENTITY_OCTETS, HASH_BLAKE3);
    copy32(at + IDENTITY_OCTETS + 1, this.rows.at(this.slot(to)));
    return at;
  }

  /** Where the axon's digest is, until some more have been asked for. */
  axonDigest(from: u32, to: u32): usize {
    digestNow = (digestNow + 1) % DIGESTS_MAX;
    const at = DIGESTS + (<usize> digestNow << 5);
    hash(this.pairOf(from, to), 2 * IDENTITY_OCTETS, at);
    return at;
  }

  /** Where the digest is, until some more have been asked for. */
  digest(particle: u32): usize {
    const entry = this.entry(particle);
    if ((entry & BARE) == 0) return this.rows.at(entry);
    const ends = this.endsOf(entry);
    return this.axonDigest(load<u32>(ends, LINK_FROM), load<u32>(ends, LINK_TO));
  }

  /** Writes the digest to `to`, at the latest when hashes are flushed. */
  writeDigest(particle: u32, to: usize): void {
    const entry = this.entry(particle);
    if ((entry & BARE) == 0) return copy32(to, this.rows.at(entry));
    const ends = this.endsOf(entry);
    const pair = this.pairOf(load<u32>(ends, LINK_FROM), load<u32>(ends, LINK_TO));
    hashSoon(pair, 2 * IDENTITY_OCTETS, to);
  }

  /** The origin + 1 of an axon, or 0. */
  axonFrom(particle: u32): u32 {
    const entry = this.entry(particle);
    if ((entry & BARE) == 0) return load<u32>(this.rows.at(entry), AXON_FROM);
    return load<u32>(this.endsOf(entry), LINK_FROM) + 1;
  }

  /** The target + 1 of an axon, or 0. */
  axonTo(particle: u32): u32 {
    const entry = this.entry(particle);
    if ((entry & BARE) == 0) return load<u32>(this.rows.at(entry), AXON_TO);
    return load<u32>(this.endsOf(entry), LINK_TO) + 1;
  }

  /**
   * What comes now can be taken back. Ends of links that are staged will be at
   * `ends`, 32 octets each, before their axons are asked for.
   */
  mark(ends: usize): void {
    this.staged = ends;
    this.stagedFirst = links.length;
    this.expandedCount = 0;
    this.rowsBefore = this.rows.length;
  }

  /** Indexes a particle that is read from a checkpoint, bare or with a row. */
  adopt(particle: u32, digest: usize, bare: bool): bool {
    const found = bare ? IS_NUMBER | particle : this.rows.length;
    return particle < NUMBER_MASK && this.slots.add(mixed(digest), found);
  }

  /** The bare axon, read from a checkpoint, gets a row that is reserved. */
  settle(particle: u32, from: u32, to: u32): void {
    const digest = this.axonDigest(from, to);
    this.slots.replace(mixed(digest), IS_NUMBER | particle, this.rows.length);
    this.addRow(particle, digest, from + 1, to + 1);
  }

  /** Gives the particle a row, whose page is reserved; ends are + 1. */
  addRow(particle: u32, digest: usize, from: u32 = 0, to: u32 = 0): void {
    this.setEntry(particle, this.rows.length);
    const row = this.rows.push();
    this.interned = row;
    copy32(row, digest);
    store<u32>(row, from, AXON_FROM);
    store<u32>(row, to, AXON_TO);
    store<u32>(row, particle, NUMBER);
  }

  @inline
  setEntry(particle: u32, entry: u32): void {
    store<u32>(this.entries.at(particle), entry);
  }

  /** Gives a bare axon a row; false where the memory has no room. */
  expand(particle: u32): bool {
    return !this.isBare(particle) ||
      this.expandTo(particle, this.digest(particle));
  }

  private expandTo(particle: u32, digest: usize): bool {
    if (!reserve(1)) return false;
    const entry = this.entry(particle);
    const ends = this.endsOf(entry);
    const at = <usize> this.expandedCount << 3;
    const note = this.expanded.need(at + 8) + at;
    this.expandedCount++;
    store<u32>(note, particle);
    store<u32>(note, entry, 4);
    // It becomes an axon when its first link is committed.
    this.slots.replace(mixed(digest), IS_NUMBER | particle, this.rows.length);
    const isAxon = this.isCommitted(entry & LINK_MASK);
    const from = isAxon ? load<u32>(ends, LINK_FROM) + 1 : 0;
    const to = isAxon ? load<u32>(ends, LINK_TO) + 1 : 0;
    this.addRow(particle, digest, from, to);
    return true;
  }

  /** The particle's number + 1, or 0 where none has the digest. */
  find(digest: usize): u32 {
    return this.among(mixed(digest), digest);
  }

  /**
   * Loads what `find` and `intern` are about to load for the `count` digests from
   * `first` on, `stride` octets apart. Most of a lookup in a large index is waiting for
   * memory, and many loads that do not depend on each other wait at the same time.
   */
  near(first: usize, stride: usize, count: u32): void {
    let sum: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const place = mixed(first + i * stride);
      store<u64>(NEAR + (<usize> i << 3), place);
      sum += this.slots.touch(place);
    }
    for (let i: u32 = 0; i < count; i++) {
      const found = this.slots.first(load<u64>(NEAR + (<usize> i << 3)));
      if (found == 0) continue;
      const row = found - 1;
      sum += (row & IS_NUMBER) == 0
        ? load<u32>(this.rows.at(row))
        : this.entry(row & NUMBER_MASK);
    }
    nearSum += sum;
  }

  private among(place: u64, digest: usize): u32 {
    let found = this.slots.first(place);
    while (found != 0) {
      const number = this.meets(found - 1, digest);
      if (number != 0) return number;
      found = nextCandidate();
    }
    return 0;
  }

  /** The number + 1 of what the index has, if its digest is this one; else 0. */
  @inline
  private meets(found: u32, digest: usize): u32 {
    let number: u32;
    if ((found & IS_NUMBER) == 0) {
      const row = this.rows.at(found);
      if (!equal32(row, digest)) return 0;
      this.interned = row;
      number = load<u32>(row, NUMBER);
    } else {
      number = found & NUMBER_MASK;
      // While a checkpoint is read, none counts.
      if (number >= this.length) return 0;
      if (!equal32(this.digest(number), digest)) return 0;
      this.interned = 0;
    }
    return number < this.length ? number + 1 : 0;
  }

  /**
   * The particle's number, a new one if none has the digest; it has a row, which
   * is at `interned`. `NO_ROW` where the memory has no room for one.
   */
  intern(digest: usize): u32 {
    const place = mixed(digest);
    const found = this.among(place, digest);
    if (found != 0) {
      const bare = this.interned == 0;
      return bare && !this.expandTo(found - 1, digest) ? NO_ROW : found - 1;
    }
    const particle = this.length;
    if (particle >= NUMBER_MASK || !reserve(RESERVED)) return NO_ROW;
    if (!this.slots.add(place, this.rows.length)) return NO_ROW;
    this.entries.push();
    this.addRow(particle, digest);
    return particle;
  }

  /** The number of a link's axon; bare if it is new. As `intern` else. */
  internAxon(digest: usize, from: u32, to: u32, link: u32): u32 {
    const place = mixed(digest);
    let found = this.slots.first(place);
    while (found != 0) {
      found--;
      if ((found & IS_NUMBER) == 0) {
        const row = this.rows.at(found);
        if (equal32(row, digest)) return load<u32>(row, NUMBER);
      } else {
        const number = found & NUMBER_MASK;
        const ends = this.endsOf(this.entry(number));
        const meets = load<u32>(ends, LINK_FROM) == from &&
          load<u32>(ends, LINK_TO) == to;
        if (meets) return number;
      }
      found = nextCandidate();
    }
    const particle = this.length;
    if (particle >= NUMBER_MASK || !reserve(RESERVED)) return NO_ROW;
    if (!this.slots.add(place, IS_NUMBER | particle)) return NO_ROW;
    store<u32>(this.entries.push(), BARE | link);
    return particle;
  }

  /** Whether the link, which is committed now, made the particle an axon. */
  becomesAxon(particle: u32, link: u32): bool {
    const entry = this.entry(particle);
    if ((entry & BARE) != 0) return (entry & LINK_MASK) == link;
    return load<u32>(this.rows.at(entry), AXON_FROM) == 0;
  }

  /** Takes back what came since `mark`, down to so many particles. */
  cut(length: u32): void {
    for (let i = this.length; i > length; i--) {
      const entry = this.entry(i - 1);
      const found = (entry & BARE) == 0 ? entry : IS_NUMBER | (i - 1);
      this.slots.remove(mixed(this.digest(i - 1)), found);
    }
    for (let i = this.expandedCount; i > 0; i--) {
      const note = this.expanded.start + (<usize> (i - 1) << 3);
      const particle = load<u32>(note);
      if (particle >= length) continue;
      const row = this.entry(particle);
      const place = mixed(this.rows.at(row));
      this.slots.replace(place, row, IS_NUMBER | particle);
      this.setEntry(particle, load<u32>(note, 4));
    }
    this.expandedCount = 0;
    for (let i = this.rows.length; i > this.rowsBefore; i--) {
      this.rows.clear(i - 1);
    }
    this.rows.cut(this.rowsBefore);
    this.entries.cut(length);
  }

  /** No particle is left. */
  wipe(): void {
    this.slots.clear();
    this.rows.wipe();
    this.entries.wipe();
  }
}

export const particles = new Particles();
