/**
 * Reads one line of N-Triples, octet by octet.
 *
 * Strict: what the grammar does not allow is a fault with its column. Terms
 * come with escapes resolved and own their octets, or are views of the line.
 */
import type { Fault } from "./refusal.ts";
import { utf8Fault } from "./utf8.ts";

export interface Term {
  readonly kind: "iri" | "blank" | "literal";
  /** UTF-8: the IRI, the label after `_:`, or the literal's text. */
  readonly octets: Uint8Array;
}

export interface Triple {
  readonly subject: Term;
  readonly predicate: Term;
  readonly object: Term;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x3c;
const CLOSE = 0x3e;
const UNDERSCORE = 0x5f;
const COLON = 0x3a;
const DOT = 0x2e;
const HASH = 0x23;
const AT = 0x40;
const CARET = 0x5e;

/** Octets that an IRI must not contain, escaped or not, beside 00 to 20. */
const NOT_IN_IRI = new Set(Array.from('<>"{}|^`\\', (c) => c.charCodeAt(0)));
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const LANGUAGE = /^[A-Za-z]+(?:-[A-Za-z0-9]+)*/;
const LANGUAGE_OCTETS_MAX = 256;
const NAME_START =
  "A-Za-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}" +
  "\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{2070}-\\u{218F}" +
  "\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}" +
  "\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}_:";
const LABEL_FIRST = new RegExp(`^[${NAME_START}0-9]$`, "u");
const LABEL_REST = new RegExp(
  `^[${NAME_START}0-9\\-\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}]$`,
  "u",
);
/** Letter after a backslash -> what it stands for: t, b, n, r, f. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x74, 0x09],
  [0x62, 0x08],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x66, 0x0c],
]);
const ITSELF: ReadonlySet<number> = new Set([QUOTE, 0x27, BACKSLASH]);

/** The line's triple; undefined for a blank line or a comment. */
export function readTriple(
  line: Uint8Array,
  start: number,
  end: number,
): Triple | Fault | undefined {
  const bad = utf8Fault(line, start, end);
  if (bad >= 0) return { reason: "not UTF-8", column: bad - start + 1 };
  const reader = new Reader(line, start, end);
  try {
    return reader.triple();
  } catch (error) {
    if (error instanceof Unexpected) return error.fault;
    throw error;
  }
}

/** Leaves the grammar at the first fault; never leaves this file. */
class Unexpected extends Error {
  constructor(readonly fault: Fault) {
    super(fault.reason);
  }
}

class Reader {
  #at: number;

  constructor(
    readonly line: Uint8Array,
    readonly start: number,
    readonly end: number,
  ) {
    this.#at = start;
  }

  triple(): Triple | undefined {
    this.#space();
    if (this.#at === this.end || this.#next() === HASH) return undefined;
    const subject = this.#next() === UNDERSCORE
      ? this.#blank()
      : this.#iri("a subject (an IRI or a blank node)");
    this.#space();
    const predicate = this.#iri("a predicate (an IRI)");
    this.#space();
    const object = this.#object();
    this.#space();
    if (this.#next() !== DOT) this.#fail("wants `.` after the object");
    this.#at++;
    this.#space();
    if (this.#at < this.end && this.#next() !== HASH) {
      this.#fail("wants the end of the line after `.`");
    }
    return { subject, predicate, object };
  }

  #object(): Term {
    const next = this.#next();
    if (next === QUOTE) return this.#literal();
    if (next === UNDERSCORE) return this.#blank();
    return this.#iri("an object (an IRI, a blank node or a literal)");
  }

  #iri(what: string): Term {
    if (this.#next() !== OPEN) this.#fail(`wants ${what}`);
    const from = this.#at++;
    const octets = this.#until(CLOSE, "an IRI");
    if (!ABSOLUTE.test(ascii(octets.subarray(0, 64)))) {
      this.#at = from;
      this.#fail("not an absolute IRI");
    }
    return { kind: "iri", octets };
  }

  #literal(): Term {
    this.#at++;
    const octets = this.#until(QUOTE, "a literal");
    if (this.#next() === AT) {
      this.#at++;
      const rest = this.line.subarray(
        this.#at,
        Math.min(this.end, this.#at + LANGUAGE_OCTETS_MAX),
      );
      const match = LANGUAGE.exec(ascii(rest));
      if (match === null) return this.#fail("wants a language after `@`");
      this.#at += match[0].length;
    } else if (this.#next() === CARET) {
      this.#at++;
      if (this.#next() !== CARET) this.#fail("wants `^^` before a datatype");
      this.#at++;
      this.#iri("a datatype (an IRI)");
    }
    return { kind: "literal", octets };
  }

  #blank(): Term {
    this.#at++;
    if (this.#next() !== COLON) this.#fail("wants `_:` and a label");
    const from = ++this.#at;
    let end = from;
    while (this.#at < this.end) {
      const { text, length } = character(this.line, this.#at);
      const first = this.#at === from;
      if (!(first ? LABEL_FIRST : LABEL_REST).test(text)) {
        if (first || text !== ".") break;
      }
      this.#at += length;
      // A dot at the end is not part of the label.
      if (text !== ".") end = this.#at;
    }
    if (end === from) this.#fail("wants a label after `_:`");
    this.#at = end;
    return { kind: "blank", octets: this.line.subarray(from, end) };
  }

  /** Octets up to `close`, with escapes resolved. */
  #until(close: number, what: string): Uint8Array {
    const from = this.#at;
    // Made at the first escape; an escape is longer than what it stands for.
    let out: Uint8Array | undefined;
    let length = 0;
    while (true) {
      const octet = this.#next();
      if (octet === close) break;
      if (octet < 0) this.#fail(`${what} is not closed`);
      if (octet === BACKSLASH) {
        out ??= this.line.slice(from, this.end);
        for (const each of this.#escape(close === QUOTE)) {
          if (close === CLOSE) this.#mustFitIri(each);
          out[length++] = each;
        }
        continue;
      }
      if (close === CLOSE) this.#mustFitIri(octet);
      else if (octet === 0x0d) this.#fail("a bare carriage return");
      if (out !== undefined) out[length] = octet;
      length++;
      this.#at++;
    }
    const end = this.#at++;
    return out?.subarray(0, length) ?? this.line.subarray(from, end);
  }

  #mustFitIri(octet: number): void {
    if (octet <= 0x20 || NOT_IN_IRI.has(octet)) {
      this.#fail("a character that an IRI must not contain");
    }
  }

  /** The octets of the escape at a backslash. */
  #escape(inLiteral: boolean): number[] {
    const at = this.#at;
    const letter = this.line[at + 1] ?? 0;
    const digits = letter === 0x75 ? 4 : letter === 0x55 ? 8 : 0;
    if (digits > 0 && at + 2 + digits <= this.end) {
      const hex = ascii(this.line.subarray(at + 2, at + 2 + digits));
      const code = /^[0-9A-Fa-f]+$/.test(hex) ? parseInt(hex, 16) : -1;
      const scalar = code >= 0 && code <= 0x10ffff &&
        (code < 0xd800 || code > 0xdfff);
      if (!scalar) this.#fail("an escape that is no character");
      this.#at += 2 + digits;
      return Array.from(new TextEncoder().encode(String.fromCodePoint(code)));
    }
    const code = ITSELF.has(letter) ? letter : ESCAPES.get(letter);
    if (!inLiteral || code === undefined || at + 2 > this.end) {
      this.#fail("an unknown escape");
    }
    this.#at += 2;
    return [code];
  }

  #next(): number {
    return this.#at < this.end ? this.line[this.#at] as number : -1;
  }

  #space(): void {
    while (this.#next() === 0x20 || this.#next() === 0x09) this.#at++;
  }

  #fail(reason: string): never {
    throw new Unexpected({ reason, column: this.#at - this.start + 1 });
  }
}

/** The character at `at` of valid UTF-8, and its octets. */
function character(
  line: Uint8Array,
  at: number,
): { text: string; length: number } {
  const lead = line[at] ?? 0;
  if (lead < 0x80) return { text: String.fromCharCode(lead), length: 1 };
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    line.subarray(at, at + length),
  );
  return { text, length };
}

function ascii(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}
