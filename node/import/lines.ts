/**
 * Cuts a stream of chunks into lines, without decoding or copying most of them.
 *
 * A line that lies whole in a chunk is shown in place; only one that crosses
 * chunks is copied. A line over `LINE_OCTETS_MAX` is shown once as overlong as
 * soon as that is known, and never held. How the stream is cut into chunks
 * makes no difference to the lines.
 */
import { LINE_OCTETS_MAX } from "./limits.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const NOTHING = new Uint8Array(0);

export class LineCutter {
  /** The current line is `octets[start, end)`, without newline; a view. */
  octets: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  /** Number of the current line, from 1. */
  line: number;
  /** Place of the current line's first octet in the source. */
  lineOffset: number;
  /** Place after the current line and its newline. */
  offset: number;
  /** The current line is too long; it is not shown. */
  overlong = false;

  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #ended = false;
  #carry = new Uint8Array(4096);
  #carried = 0;
  /** Inside a line that was already shown as overlong. */
  #discarding = false;

  /** `offset` octets and `line` lines of the source come before the first chunk. */
  constructor(offset: number, line: number) {
    this.offset = offset;
    this.lineOffset = offset;
    this.line = line;
  }

  /** Takes the next chunk, once `next` said false; `undefined` is the end. */
  feed(chunk: Uint8Array | undefined): void {
    this.#chunk = chunk ?? NOTHING;
    this.#at = 0;
    this.#ended = chunk === undefined;
  }

  /** Moves to the next line; false where the chunk is used up. */
  next(): boolean {
    while (true) {
      const found = this.#chunk.indexOf(NEWLINE, this.#at);
      if (found >= 0) {
        if (this.#upTo(found)) return true;
        continue;
      }
      return this.#rest();
    }
  }

  /** Ends a line at `found`; false where it was the end of an overlong one. */
  #upTo(found: number): boolean {
    const from = this.#at;
    this.#at = found + 1;
    this.offset += found + 1 - from;
    if (this.#discarding) {
      this.#discarding = false;
      return false;
    }
    this.line++;
    this.lineOffset = this.offset - (found + 1 - from) - this.#carried;
    this.overlong = this.#carried + found - from > LINE_OCTETS_MAX;
    if (this.overlong) {
      this.#carried = 0;
    } else if (this.#carried === 0) {
      this.#show(this.#chunk, from, found);
    } else {
      this.#keep(from, found);
      const length = this.#carried;
      this.#carried = 0;
      this.#show(this.#carry, 0, length);
    }
    return true;
  }

  /** Keeps what is left of the chunk for the next one. */
  #rest(): boolean {
    const from = this.#at;
    const length = this.#chunk.length - from;
    this.#at = this.#chunk.length;
    this.offset += length;
    if (this.#discarding) return false;
    if (this.#carried + length > LINE_OCTETS_MAX) {
      this.line++;
      this.lineOffset = this.offset - length - this.#carried;
      this.overlong = true;
      this.#carried = 0;
      this.#discarding = true;
      return true;
    }
    this.#keep(from, this.#chunk.length);
    if (!this.#ended || this.#carried === 0) return false;
    this.line++;
    this.lineOffset = this.offset - this.#carried;
    this.overlong = false;
    const all = this.#carried;
    this.#carried = 0;
    this.#show(this.#carry, 0, all);
    return true;
  }

  #keep(from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(
        Math.min(LINE_OCTETS_MAX, Math.max(needed, this.#carry.length * 2)),
      );
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(this.#chunk.subarray(from, to), this.#carried);
    this.#carried = needed;
  }

  #show(octets: Uint8Array, start: number, end: number): void {
    this.octets = octets;
    this.start = this.lineOffset === 0 && hasMark(octets, start, end)
      ? start + 3
      : start;
    this.end = end > this.start && octets[end - 1] === RETURN ? end - 1 : end;
  }
}

/** Whether a byte order mark stands at `start`. */
function hasMark(octets: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && octets[start] === 0xef &&
    octets[start + 1] === 0xbb && octets[start + 2] === 0xbf;
}
