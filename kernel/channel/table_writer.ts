/**
 * The writing end of a table: `set`, `delete`. It never waits.
 *
 * A change is there for all readers at once, with one store of a bucket; a
 * writer that dies has made it or not. An entry that no bucket names any more
 * is used again when no reader can still be looking at it; until then it
 * counts, so with readers that do not end the table is full earlier.
 *
 * Steps: `TABLE_PROBES_MAX` buckets and one access per reader for each change;
 * to attach, all buckets once.
 */
import { TABLE_PROBES_MAX } from "../limits.ts";
import {
  bucketAt,
  bucketOf,
  claimEnd,
  CLOCK,
  entryAt,
  entryOf,
  find,
  type Found,
  hashOf,
  keyAt,
  NOTHING,
  pinAt,
  TABLE_WRITER,
  type TableRefusal,
  type TableShape,
  tableShape,
  TOMBSTONE,
  valueAt,
} from "./table.ts";
import type { Words } from "./words.ts";

/** Entries that a change may get back: more than it retires. */
const BACK_PER_CHANGE = 2;

export class TableWriter {
  private readonly found: Found = { probe: -1, entry: -1 };
  private readonly free: number[] = [];
  /** Entries that readers may still look at, oldest first, in a ring. */
  private readonly retired: Int32Array;
  private readonly stamps: Int32Array;
  private first = 0;
  private waiting = 0;
  private clock: number;

  /** `before` is the generation that it succeeds and that runs no more. */
  static attach(
    words: Words,
    generation: number,
    before = 0,
  ): TableWriter | TableRefusal {
    const shape = tableShape(words);
    if (typeof shape === "string") return shape;
    return claimEnd(words, TABLE_WRITER, generation, before)
      ? new TableWriter(words, shape, generation)
      : "held";
  }

  private constructor(
    private readonly words: Words,
    private readonly shape: TableShape,
    readonly generation: number,
  ) {
    const { entries, buckets } = shape;
    this.retired = new Int32Array(entries);
    this.stamps = new Int32Array(entries);
    this.clock = words.load(CLOCK);
    const named = new Uint8Array(entries);
    for (let bucket = 0; bucket < buckets; bucket++) {
      const entry = entryOf(shape, words.load(bucketAt(shape, bucket)));
      if (entry >= 0) named[entry] = 1;
    }
    // Which of the others a reader looks at, the writer before took along.
    this.tick();
    for (let entry = 0; entry < entries; entry++) {
      if (named[entry] === 0) this.queue(entry);
    }
  }

  /**
   * Gives a key a value: `write` fills `length` octets from a word on. Refused
   * as full if no entry is free, or no bucket near enough.
   */
  set(
    key: Int32Array,
    length: number,
    write: (at: number) => void,
  ): "full" | undefined {
    const { words, shape } = this;
    if (
      key.length !== shape.keyWords || length < 0 || length > shape.valueOctets
    ) {
      throw new RangeError(
        `a key has ${shape.keyWords} words, a value at most ${shape.valueOctets} octets`,
      );
    }
    const hash = hashOf(key, shape.keyWords);
    const { found } = this;
    find(words, shape, key, hash, found);
    const probe = found.probe >= 0 ? found.probe : this.room(hash);
    if (probe < 0) return "full";
    this.takeBack();
    const entry = this.free.at(-1);
    if (entry === undefined) return "full";
    words.set(entryAt(shape, entry), length);
    words.put(keyAt(shape, entry), key, key.length);
    write(valueAt(shape, entry));
    // Only now: if `write` throws, nothing has happened.
    this.free.pop();
    words.store(bucketAt(shape, hash + probe), bucketOf(entry, hash));
    if (found.entry >= 0) this.retire(found.entry);
    return undefined;
  }

  /** Says whether the key had a value. */
  delete(key: Int32Array): boolean {
    const { words, shape, found } = this;
    const hash = hashOf(key, shape.keyWords);
    find(words, shape, key, hash, found);
    if (found.entry < 0) return false;
    words.store(bucketAt(shape, hash + found.probe), TOMBSTONE);
    this.retire(found.entry);
    this.takeBack();
    return true;
  }

  /** The nearest bucket that names nothing. */
  private room(hash: number): number {
    const probes = Math.min(TABLE_PROBES_MAX, this.shape.buckets);
    for (let probe = 0; probe < probes; probe++) {
      const bucket = this.words.load(bucketAt(this.shape, hash + probe));
      if (bucket === NOTHING || bucket === TOMBSTONE) return probe;
    }
    return -1;
  }

  /** Called when no bucket names the entry any more. */
  private retire(entry: number): void {
    this.tick();
    this.queue(entry);
  }

  private tick(): void {
    this.clock = (this.clock + 1) | 0 || 1;
    this.words.store(CLOCK, this.clock);
  }

  private queue(entry: number): void {
    const at = (this.first + this.waiting) % this.retired.length;
    this.retired[at] = entry;
    this.stamps[at] = this.clock;
    this.waiting++;
  }

  /** Frees what no reader began to look for before it was retired. */
  private takeBack(): void {
    if (this.waiting === 0) return;
    const oldest = this.oldestPin();
    for (let left = BACK_PER_CHANGE; left > 0 && this.waiting > 0; left--) {
      const stamp = this.stamps[this.first] as number;
      if (oldest !== 0 && ((oldest - stamp) | 0) < 0) return;
      this.free.push(this.retired[this.first] as number);
      this.first = (this.first + 1) % this.retired.length;
      this.waiting--;
    }
  }

  /** The clock of the reader that began first, or 0 if none looks. */
  private oldestPin(): number {
    let oldest = 0;
    for (let reader = 0; reader < this.shape.readers; reader++) {
      const pin = this.words.load(pinAt(reader));
      if (pin === 0) continue;
      if (oldest === 0 || ((pin - oldest) | 0) < 0) oldest = pin;
    }
    return oldest;
  }

  detach(): void {
    this.words.compareExchange(TABLE_WRITER, this.generation, 0);
  }
}
