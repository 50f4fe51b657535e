/**
 * JSON with places: every value remembers its line and column.
 *
 * A caller gets the value and a way from a path to a place, or all that is
 * wrong with the text. Stricter than JSON.parse: a repeated key is a fault,
 * and so is nesting deeper than `JSON_DEPTH_MAX`.
 */
import { JSON_DEPTH_MAX } from "../limits.ts";

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

export type Path = ReadonlyArray<string | number>;

export interface Placed {
  readonly value: unknown;
  /** The place of the value at `path`, or of its nearest parent. */
  placeOf(path: Path): Place;
}

/** The text is not JSON. */
export class JsonFault extends Error {
  constructor(readonly place: Place, readonly reason: string) {
    super(`${place.line}:${place.column}: ${reason}`);
  }
}

const NUMBER = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** The whole string; what stands in it is JSON.parse's to judge. */
const STRING = /"(?:[^"\\]|\\.)*"/y;
const WORDS: ReadonlyArray<readonly [string, boolean | null]> = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** Parses `text`; throws `JsonFault` at the first thing that is not JSON. */
export function parsePlaced(text: string): Placed {
  const reader = new Reader(text);
  const value = reader.document();
  return {
    value,
    placeOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const at = reader.places.get(pathKey(path.slice(0, length)));
        if (at !== undefined) return reader.place(at);
      }
      return reader.place(0);
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}

class Reader {
  readonly places = new Map<string, number>();
  readonly #path: Array<string | number> = [];
  /** Where each line begins; a text with many faults asks for many places. */
  #lines: readonly number[] | undefined;
  #at = 0;

  constructor(readonly text: string) {}

  document(): unknown {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.text.length) this.#fail("text after the end of JSON");
    return value;
  }

  place(at: number): Place {
    this.#lines ??= lineStarts(this.text);
    let first = 0;
    for (let past = this.#lines.length; past - first > 1;) {
      const middle = (first + past) >>> 1;
      if ((this.#lines[middle] ?? 0) <= at) first = middle;
      else past = middle;
    }
    return { line: first + 1, column: at - (this.#lines[first] ?? 0) + 1 };
  }

  #value(): unknown {
    if (this.#path.length > JSON_DEPTH_MAX) {
      this.#fail(`nested deeper than ${JSON_DEPTH_MAX}`);
    }
    this.places.set(pathKey(this.#path), this.#at);
    const first = this.text[this.#at];
    if (first === "{") return this.#object();
    if (first === "[") return this.#array();
    if (first === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const digits = this.#match(NUMBER);
    if (digits !== undefined) return Number(digits);
    this.#fail(first === undefined ? "JSON ends early" : "not a JSON value");
  }

  #object(): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.#at += 1;
    this.#space();
    while (this.text[this.#at] !== "}") {
      if (entries.size > 0) this.#expect(",");
      if (this.text[this.#at] !== '"') {
        this.#fail("a key in quotes belongs here");
      }
      const keyAt = this.#at;
      const key = this.#string();
      if (entries.has(key)) {
        this.#at = keyAt;
        this.#fail(`the key ${JSON.stringify(key)} stands here twice`);
      }
      this.#space();
      this.#expect(":");
      this.#path.push(key);
      entries.set(key, this.#value());
      this.#path.pop();
      this.#space();
    }
    this.#at += 1;
    return Object.fromEntries(entries);
  }

  #array(): unknown[] {
    const values: unknown[] = [];
    this.#at += 1;
    this.#space();
    while (this.text[this.#at] !== "]") {
      if (values.length > 0) this.#expect(",");
      this.#path.push(values.length);
      values.push(this.#value());
      this.#path.pop();
      this.#space();
    }
    this.#at += 1;
    return values;
  }

  #string(): string {
    const at = this.#at;
    const quoted = this.#match(STRING);
    try {
      if (quoted !== undefined) return String(JSON.parse(quoted));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    this.#at = at;
    this.#fail("the string is not closed or not JSON");
  }

  #expect(mark: string): void {
    if (this.text[this.#at] !== mark) this.#fail(`"${mark}" belongs here`);
    this.#at += 1;
    this.#space();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.text[this.#at] ?? "")) this.#at += 1;
  }

  #fail(reason: string): never {
    throw new JsonFault(this.place(this.#at), reason);
  }
}
