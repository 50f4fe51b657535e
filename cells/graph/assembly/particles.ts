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
import { nextCandidate, Slots } from "../../sdk/assembly/slots";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import { LINK_FROM, LINK_TO, links } from "./link_table";

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

class Particles {
  /** Particle: where it is; 4 octets. */
  readonly entries: Rows = new Rows(2);
  /** Particle: digest (32), then the fields above; 64 octets. */
  readonly rows: Rows = new Rows(6);
  readonly slots: Slots = new Slots();
  /** Ends of links that are staged, and the first one's index. */
  private staged: usize = 0;
  private stagedFirst: u32 = 0;
  /** Numbers and entries of those that got a row since `mark`. */
  private readonly expanded: Buffer = new Buffer();
  private expandedCount: u32 = 0;
  private rowsBefore: u32 = 0;

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
      : this.staged + (<usize> (link - this.stagedFirst) << 4);
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
   * `ends`, 16 octets each, before their axons are asked for.
   */
  mark(ends: usize): void {
    this.staged = ends;
    this.stagedFirst = links.length;
    this.expandedCount = 0;
    this.rowsBefore = this.rows.length;
  }

  /** Gives the particle a row, whose page is reserved; ends are + 1. */
  addRow(particle: u32, digest: usize, from: u32 = 0, to: u32 = 0): void {
    this.setEntry(particle, this.rows.length);
    const row = this.rows.push();
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

  private among(place: u64, digest: usize): u32 {
    let found = this.slots.first(place);
    while (found != 0) {
      // While a checkpoint is read, there are more than count.
      const counts = found <= this.length;
      if (counts && equal32(this.digest(found - 1), digest)) break;
      found = nextCandidate();
    }
    return found;
  }

  /**
   * The particle's number, a new one if none has the digest; it has a row.
   * `NO_ROW` where the memory has no room for one.
   */
  intern(digest: usize): u32 {
    const place = mixed(digest);
    const found = this.among(place, digest);
    if (found != 0) {
      const bare = this.isBare(found - 1);
      return bare && !this.expandTo(found - 1, digest) ? NO_ROW : found - 1;
    }
    if (!this.slots.makeRoom(place) || !reserve(2)) return NO_ROW;
    const particle = this.length;
    this.entries.push();
    this.addRow(particle, digest);
    this.slots.insert(place, particle);
    return particle;
  }

  /** The number of a link's axon; bare if it is new. As `intern` else. */
  internAxon(digest: usize, from: u32, to: u32, link: u32): u32 {
    const place = mixed(digest);
    let found = this.slots.first(place);
    while (found != 0) {
      const entry = this.entry(found - 1);
      if ((entry & BARE) == 0) {
        if (equal32(this.rows.at(entry), digest)) return found - 1;
      } else {
        const ends = this.endsOf(entry);
        const meets = load<u32>(ends, LINK_FROM) == from &&
          load<u32>(ends, LINK_TO) == to;
        if (meets) return found - 1;
      }
      found = nextCandidate();
    }
    if (!this.slots.makeRoom(place) || !reserve(1)) return NO_ROW;
    const particle = this.length;
    store<u32>(this.entries.push(), BARE | link);
    this.slots.insert(place, particle);
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
      this.slots.remove(mixed(this.digest(i - 1)), i - 1);
    }
    for (let i = this.expandedCount; i > 0; i--) {
      const note = this.expanded.start + (<usize> (i - 1) << 3);
      store<u32>(this.entries.at(load<u32>(note)), load<u32>(note, 4));
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
