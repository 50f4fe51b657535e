/**
 * A reading end of a table: `begin`, any number of `get`, `end`.
 *
 * Each `get` finds what the key had at one moment during the call. What it
 * found stays whole until `end`. Two gets may see the table at two moments.
 * A reader that does not end keeps the writer from using entries again, so the
 * writer runs full; it never waits.
 *
 * Steps: 2 atomic accesses for `begin`, 1 for `end`, 1 per bucket for `get`.
 */
import {
  claimEnd,
  CLOCK,
  entryAt,
  find,
  type Found,
  hashOf,
  pinAt,
  type TableRefusal,
  type TableShape,
  tableShape,
  valueAt,
} from "./table.ts";
import type { Words } from "./words.ts";

export class TableReader {
  /** Octets of the value that was found last. */
  length = 0;
  private readonly found: Found = { probe: -1, entry: -1 };
  private readonly pin: number;
  private looking = false;

  /**
   * `reader` is its number, from 0; `before` the generation that it succeeds
   * and that runs no more.
   */
  static attach(
    words: Words,
    reader: number,
    generation: number,
    before = 0,
  ): TableReader | TableRefusal {
    const shape = tableShape(words);
    if (typeof shape === "string") return shape;
    if (!(reader >= 0 && reader < shape.readers)) {
      throw new RangeError(`there are ${shape.readers} readers, from 0`);
    }
    const pin = pinAt(reader);
    if (!claimEnd(words, pin + 1, generation, before)) return "held";
    // What the one before looked at is not looked at any more.
    words.store(pin, 0);
    return new TableReader(words, shape, generation, pin);
  }

  private constructor(
    private readonly words: Words,
    private readonly shape: TableShape,
    private readonly generation: number,
    pin: number,
  ) {
    this.pin = pin;
  }

  /** From here to `end` nothing that is found is used again. */
  begin(): void {
    if (this.looking) throw new RangeError("a reader begins once, then ends");
    this.looking = true;
    // An old clock only holds more back; one that is 0 would hold nothing.
    this.words.store(this.pin, this.words.load(CLOCK) || 1);
  }

  end(): void {
    this.looking = false;
    this.words.store(this.pin, 0);
  }

  /** The first word of the key's value; `length` says how long it is. */
  get(key: Int32Array): number | "absent" | "corrupt" {
    const { words, shape, found } = this;
    if (!this.looking || key.length !== shape.keyWords) {
      throw new RangeError(
        `a key has ${shape.keyWords} words and is looked for after begin`,
      );
    }
    find(words, shape, key, hashOf(key, shape.keyWords), found);
    if (found.entry < 0) return "absent";
    const length = words.get(entryAt(shape, found.entry));
    if (length < 0 || length > shape.valueOctets) return "corrupt";
    this.length = length;
    return valueAt(shape, found.entry);
  }

  detach(): void {
    this.end();
    this.words.compareExchange(this.pin + 1, this.generation, 0);
  }
}
