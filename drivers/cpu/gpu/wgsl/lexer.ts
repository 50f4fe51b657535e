/**
 * Text to tokens, with the place of each.
 *
 * `>>`, `>=` and `>>=` come as they are written; the parser cuts them where a
 * list of a template ends.
 */
import { type Place, refuse } from "./refused.ts";
import { RESERVED } from "./words.ts";

export type Suffix = "" | "i" | "u" | "f";

export interface Token {
  readonly kind: "name" | "number" | "symbol" | "end";
  readonly text: string;
  readonly place: Place;
  /** Of a number: a bigint is a whole one. */
  readonly value?: bigint | number;
  readonly suffix?: Suffix;
}

const SPACE = /[\t \u200e\u200f]+/y;
const BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/y;
const NAME = /[\p{XID_Start}_]\p{XID_Continue}*/uy;
const HEX_FLOAT =
  /0[xX](?:([0-9a-fA-F]*)\.([0-9a-fA-F]+)|([0-9a-fA-F]+)\.)(?:[pP]([+-]?\d+))?([fh]?)|0[xX]([0-9a-fA-F]+)[pP]([+-]?\d+)([fh]?)/y;
const FLOAT =
  /(?:\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)([fh]?)|(?:0|[1-9]\d*)([fh])/y;
const INTEGER = /(0[xX][0-9a-fA-F]+|0|[1-9]\d*)([iu]?)/y;
const SYMBOL =
  /->|>>=|<<=|>>|<<|>=|<=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|[-+*/%&|^~!<>=(){}[\].,:;@]/y;
const COMMENT_END = /\/\*|\*\//g;
const LINE_END = /[\n\v\f\r\u0085\u2028\u2029]/g;
/** More digits than any number has that is taken. */
const DIGITS_MAX = 512;

/** All tokens, and one that says the end. */
export function tokensOf(source: string): Token[] {
  return new Lexer(source).tokens();
}

class Lexer {
  readonly #source: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(source: string) {
    this.#source = source;
  }

  tokens(): Token[] {
    const tokens: Token[] = [];
    for (;;) {
      this.#skip();
      if (this.#at >= this.#source.length) break;
      tokens.push(this.#token());
    }
    tokens.push({ kind: "end", text: "the end", place: this.#place() });
    return tokens;
  }

  #place(): Place {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source);
  }

  #skip(): void {
    for (;;) {
      const space = this.#match(SPACE);
      if (space !== null) this.#at += space[0].length;
      else if (!this.#break() && !this.#comment()) return;
    }
  }

  #break(): boolean {
    const found = this.#match(BREAK);
    if (found === null) return false;
    this.#at += found[0].length;
    this.#line += 1;
    this.#lineStart = this.#at;
    return true;
  }

  #comment(): boolean {
    if (this.#source.startsWith("//", this.#at)) {
      LINE_END.lastIndex = this.#at;
      const end = LINE_END.exec(this.#source)?.index ?? this.#source.length;
      const text = this.#source.slice(this.#at, end);
      if (text.includes("\0")) this.#wrongCharacter("\0");
      this.#at = end;
      return true;
    }
    if (!this.#source.startsWith("/*", this.#at)) return false;
    const place = this.#place();
    this.#at += 2;
    for (let open = 1; open > 0;) {
      COMMENT_END.lastIndex = this.#at;
      const found = COMMENT_END.exec(this.#source);
      if (found === null) {
        refuse(place, "the comment does not end", "close it with */");
      }
      this.#count(found.index);
      this.#at = found.index + 2;
      open += found[0] === "/*" ? 1 : -1;
    }
    return true;
  }

  /** Counts the lines up to there. */
  #count(end: number): void {
    while (this.#at < end) {
      if (this.#match(BREAK) === null) this.#at += 1;
      else this.#break();
    }
  }

  #token(): Token {
    const place = this.#place();
    const name = this.#match(NAME);
    if (name !== null) return this.#name(name[0], place);
    const number = this.#number(place);
    if (number !== undefined) return number;
    const symbol = this.#match(SYMBOL);
    if (symbol === null) {
      return this.#wrongCharacter(
        String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0),
      );
    }
    const [text] = symbol;
    this.#at += text.length;
    return { kind: "symbol", text, place };
  }

  #wrongCharacter(character: string): never {
    const code = character.codePointAt(0)?.toString(16).padStart(4, "0");
    refuse(this.#place(), `U+${code} begins no token`, "remove it");
  }

  #name(text: string, place: Place): Token {
    this.#at += text.length;
    if (text === "_") return { kind: "symbol", text, place };
    if (text.startsWith("__") || RESERVED.has(text)) {
      refuse(place, `${text} is a reserved word`, "choose another name");
    }
    return { kind: "name", text, place };
  }

  #number(place: Place): Token | undefined {
    const token = this.#hexFloat(place) ?? this.#float(place) ??
      this.#integer(place);
    if (token === undefined) return undefined;
    const next = this.#source[this.#at];
    if (token.text.length > DIGITS_MAX || /[\w.]/.test(next ?? "")) {
      refuse(place, "this is no number", "see the number literals of WGSL");
    }
    return token;
  }

  #hexFloat(place: Place): Token | undefined {
    const found = this.#match(HEX_FLOAT);
    if (found === null) return undefined;
    const [text, a, b = "", c, exponent, suffix, whole, power, suffix2] = found;
    const digits = `${whole ?? c ?? a ?? ""}${b}` || "0";
    const scale = Number(power ?? exponent ?? 0) - 4 * b.length;
    this.#at += text.length;
    if (digits.length > 64 || Math.abs(scale) > 2000) {
      refuse(place, "this number has too many digits", "write fewer");
    }
    const value = Number(BigInt(`0x${digits}`)) * 2 ** scale;
    return number(text, place, value, suffix ?? suffix2 ?? "");
  }

  #float(place: Place): Token | undefined {
    const found = this.#match(FLOAT);
    if (found === null) return undefined;
    const [text, suffix, whole] = found;
    this.#at += text.length;
    const letter = suffix || whole || "";
    const digits = letter === "" ? text : text.slice(0, -1);
    return number(text, place, Number(digits), letter);
  }

  #integer(place: Place): Token | undefined {
    const found = this.#match(INTEGER);
    if (found === null) return undefined;
    const [text, digits = "0", suffix = ""] = found;
    this.#at += text.length;
    return number(text, place, BigInt(digits), suffix);
  }
}

const LARGEST = 2 ** 128 - 2 ** 103;

function number(
  text: string,
  place: Place,
  value: bigint | number,
  suffix: string,
): Token {
  const wrong = (what: string) =>
    refuse(place, `${text} ${what}`, "write a number that fits");
  if (suffix === "h") {
    refuse(place, "f16 is not in this compiler's WGSL", "use f32");
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    wrong("is too large for a float");
  }
  if (suffix === "f" && Math.abs(Number(value)) >= LARGEST) {
    wrong("is too large for f32");
  }
  if (typeof value === "bigint") {
    const most = suffix === "u"
      ? 2n ** 32n
      : suffix === "i"
      ? 2n ** 31n
      : 2n ** 63n;
    if (value >= most) {
      wrong(`is too large for ${suffix === "" ? "an integer" : suffix + "32"}`);
    }
  }
  const own: Suffix = suffix === "i" || suffix === "u" || suffix === "f"
    ? suffix
    : "";
  return { kind: "number", text, place, value, suffix: own };
}
