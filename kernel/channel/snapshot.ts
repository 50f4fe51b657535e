/**
 * Whole versions from one writer to several readers, none of whom ever waits.
 *
 * A read gives the newest version that was published before the read began, or
 * a newer one, and it stays whole until the same reader reads again. There are
 * two buffers more than readers, so the writer always has a free one: each
 * reader holds at most one, one is current. Which reader took which version is
 * known because taking sets the reader's bit in the word that names the current
 * buffer (after Larsson, Gidenstam, Ha, Papatriantafilou and Tsigas, 2009).
 *
 * Any end may die at any point and be succeeded: an unpublished version was
 * never there, a dead reader holds one buffer until its successor reads.
 *
 * Deliberately absent: old versions, parts of a version, and telling readers
 * that there is a new one (a channel does that).
 */
import { SNAPSHOT_OCTETS_MAX, SNAPSHOT_READERS_MAX } from "../limits.ts";
import type { Words } from "./words.ts";

const LINE = 32;
const MAGIC = 0;
const READERS = 1;
/** Octets of the largest version. */
const CAPACITY = 2;
const WRITER = 3;
/** The current buffer in the high octet, a bit for each reader that took it. */
export const CURRENT = LINE;
/** For each reader: one more than the buffer that it held last. */
export const HELD = 2 * LINE;
/** For each reader: the generation that reads. */
const HOLDER = 3 * LINE;
export const BUFFERS = 4 * LINE;
/** Before a version: its number in two words, its length, one unused. */
export const VERSION_WORDS = 4;

const MAGIC_VALUE = 0x4b534e01;
const BITS = 24;
const SPARE = 2;

export type SnapshotRefusal = "not-a-snapshot" | "held" | "corrupt";

function bufferWords(capacity: number): number {
  return VERSION_WORDS + Math.ceil(capacity / 8) * 2;
}

/** How much memory a snapshot takes, in words. */
export function snapshotWords(readers: number, capacity: number): number {
  return BUFFERS + (readers + SPARE) * bufferWords(capacity);
}

/** Makes a snapshot of version 0, without octets, in memory that is all zero. */
export function makeSnapshot(
  words: Words,
  readers: number,
  capacity: number,
): void {
  if (
    !isShape(readers, capacity) ||
    words.length < snapshotWords(readers, capacity)
  ) {
    throw new RangeError(
      `a snapshot has 1 to ${SNAPSHOT_READERS_MAX} readers and at most ${SNAPSHOT_OCTETS_MAX} octets, and fits its memory`,
    );
  }
  words.store(READERS, readers);
  words.store(CAPACITY, capacity);
  words.store(MAGIC, MAGIC_VALUE);
}

function isShape(readers: number, capacity: number): boolean {
  return readers >= 1 && readers <= SNAPSHOT_READERS_MAX && capacity >= 0 &&
    capacity <= SNAPSHOT_OCTETS_MAX;
}

interface Shape {
  readonly readers: number;
  readonly capacity: number;
  /** Words of one buffer. */
  readonly size: number;
}

function shapeOf(words: Words): Shape | SnapshotRefusal {
  if (words.length < BUFFERS || words.load(MAGIC) !== MAGIC_VALUE) {
    return "not-a-snapshot";
  }
  const readers = words.load(READERS);
  const capacity = words.load(CAPACITY);
  return isShape(readers, capacity) &&
      words.length >= snapshotWords(readers, capacity)
    ? { readers, capacity, size: bufferWords(capacity) }
    : "corrupt";
}

/** The generation that writes, or that reads as `reader`; 0 if none does. */
export function holderOf(words: Words, reader?: number): number {
  return words.load(reader === undefined ? WRITER : HOLDER + reader);
}

function claim(
  words: Words,
  at: number,
  generation: number,
  before: number,
): boolean {
  if (generation <= 0 || (generation | 0) !== generation) {
    throw new RangeError("a generation is a positive 32-bit number");
  }
  return words.compareExchange(at, before, generation) === before;
}

/**
 * The writing end: `begin`, fill, `publish`.
 *
 * Steps: one access per reader to begin; to publish at most one try more than
 * there are readers, of at most two accesses more.
 */
export class SnapshotWriter {
  fault: string | undefined;
  /** The version that was published last. */
  version: number;
  private current: number;
  /** The buffer that is being filled. */
  private free = -1;

  /** `before` is the generation that it succeeds and that runs no more. */
  static attach(
    words: Words,
    generation: number,
    before = 0,
  ): SnapshotWriter | SnapshotRefusal {
    const shape = shapeOf(words);
    if (typeof shape === "string") return shape;
    if (!claim(words, WRITER, generation, before)) return "held";
    const current = words.load(CURRENT) >>> BITS;
    if (current >= shape.readers + SPARE) {
      words.store(WRITER, before);
      return "corrupt";
    }
    return new SnapshotWriter(words, generation, shape, current);
  }

  private constructor(
    private readonly words: Words,
    private readonly generation: number,
    private readonly shape: Shape,
    current: number,
  ) {
    this.current = current;
    this.version = versionAt(words, bufferAt(shape, current));
  }

  /** The first word of a buffer that nobody reads, for the next version. */
  begin(): number | "corrupt" {
    if (this.fault !== undefined) return "corrupt";
    const { readers } = this.shape;
    let taken = 1 << this.current;
    for (let r = 0; r < readers; r++) {
      const held = this.words.load(HELD + r);
      if (held > 0) taken |= 1 << (held - 1);
    }
    // One bit per reader and the current one: two are left at least.
    let free = 0;
    while ((taken & (1 << free)) !== 0) free++;
    this.free = free;
    return bufferAt(this.shape, free) + VERSION_WORDS;
  }

  /** Makes what was filled the current version. */
  publish(length: number): "corrupt" | undefined {
    if (this.fault !== undefined) return "corrupt";
    if (this.free < 0 || length < 0 || length > this.shape.capacity) {
      throw new RangeError(`no version of ${length} octets was begun`);
    }
    const { words } = this;
    const at = bufferAt(this.shape, this.free);
    const version = this.version + 1;
    words.set(at, version >>> 0);
    words.set(at + 1, Math.floor(version / 2 ** 32));
    words.set(at + 2, length);
    // Each reader sets its bit once per version, so one of these is in time.
    for (let left = this.shape.readers; left >= 0; left--) {
      const seen = words.load(CURRENT);
      if (seen >>> BITS !== this.current) break;
      // Noted before the exchange: a writer that dies in between loses nothing.
      this.note(seen);
      const next = this.free << BITS;
      if (words.compareExchange(CURRENT, seen, next) === seen) {
        this.current = this.free;
        this.free = -1;
        this.version = version;
        return undefined;
      }
    }
    this.fault = "somebody else changed which version is current";
    return "corrupt";
  }

  /** Whoever took the current version gave back what it held before. */
  private note(seen: number): void {
    for (let r = 0; r < this.shape.readers; r++) {
      if ((seen & (1 << r)) === 0) continue;
      this.words.store(HELD + r, this.current + 1);
    }
  }

  detach(): void {
    this.words.compareExchange(WRITER, this.generation, 0);
  }
}

/** One reading end. */
export class SnapshotReader {
  /** Of the version that was read last. */
  version = 0;
  length = 0;
  private readonly bit: number;

  /** `reader` is its number, from 0; no two have the same at once. */
  static attach(
    words: Words,
    reader: number,
    generation: number,
    before = 0,
  ): SnapshotReader | SnapshotRefusal {
    const shape = shapeOf(words);
    if (typeof shape === "string") return shape;
    if (!(reader >= 0 && reader < shape.readers)) {
      throw new RangeError(`there are ${shape.readers} readers, from 0`);
    }
    return claim(words, HOLDER + reader, generation, before)
      ? new SnapshotReader(words, reader, generation, shape)
      : "held";
  }

  private constructor(
    private readonly words: Words,
    private readonly reader: number,
    private readonly generation: number,
    private readonly shape: Shape,
  ) {
    this.bit = 1 << reader;
  }

  /** The first word of the current version; gives the one before back. */
  read(): number | "corrupt" {
    const { words, bit, shape } = this;
    let seen = words.load(CURRENT);
    // With its bit set the version is held already.
    if ((seen & bit) === 0) seen = words.or(CURRENT, bit);
    const buffer = seen >>> BITS;
    if (buffer >= shape.readers + SPARE) return "corrupt";
    const at = bufferAt(shape, buffer);
    const length = words.get(at + 2);
    if (length < 0 || length > shape.capacity) return "corrupt";
    this.length = length;
    this.version = versionAt(words, at);
    return at + VERSION_WORDS;
  }

  detach(): void {
    this.words.compareExchange(HOLDER + this.reader, this.generation, 0);
  }
}

function bufferAt({ size }: Shape, buffer: number): number {
  return BUFFERS + buffer * size;
}

function versionAt(words: Words, at: number): number {
  return (words.get(at) >>> 0) + (words.get(at + 1) >>> 0) * 2 ** 32;
}
