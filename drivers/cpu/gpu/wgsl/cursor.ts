/** Where a parser is in its tokens, and how deep. */
import { type Token, tokensOf } from "./lexer.ts";
import { type Place, refuse } from "./refused.ts";
import { KEYWORDS } from "./words.ts";

/** Of expressions, blocks and types, one inside of the other. */
export const DEPTH_MAX = 127;

export class Cursor {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#tokens = tokensOf(source);
  }

  get next(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error("there are no tokens");
    return token;
  }

  get after(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  get place(): Place {
    return this.next.place;
  }

  take(): Token {
    const token = this.next;
    this.#at += 1;
    return token;
  }

  /** Whether the next token is this symbol or keyword. */
  is(text: string): boolean {
    const { kind } = this.next;
    return this.next.text === text && kind !== "number" && kind !== "end";
  }

  /** Takes it if it is there. */
  takes(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at += 1;
    return true;
  }

  expect(text: string, where: string): Token {
    if (this.is(text)) return this.take();
    refuse(
      this.place,
      `there is ${shown(this.next)} where ${where} has ${text}`,
      `write ${text} here`,
    );
  }

  name(what: string): Token {
    const token = this.next;
    if (token.kind === "name" && !KEYWORDS.has(token.text)) return this.take();
    refuse(
      token.place,
      `there is ${shown(token)} where ${what} has its name`,
      "write a name here",
    );
  }

  /** Takes one `>`, also of a longer symbol. */
  closeTemplate(): void {
    const token = this.next;
    if (token.kind === "symbol" && token.text.startsWith(">")) {
      if (token.text === ">") this.#at += 1;
      else {
        const { line, column } = token.place;
        this.#tokens[this.#at] = {
          kind: "symbol",
          text: token.text.slice(1),
          place: { line, column: column + 1 },
        };
      }
    } else this.expect(">", "a list that < begins");
  }

  /** Goes one deeper while it parses. */
  nested<A>(parse: () => A): A {
    if (this.#depth >= DEPTH_MAX) {
      refuse(
        this.place,
        `this stands in more than ${DEPTH_MAX} others`,
        "give parts of it names",
      );
    }
    this.#depth += 1;
    try {
      return parse();
    } finally {
      this.#depth -= 1;
    }
  }
}

export function shown({ kind, text }: Token): string {
  return kind === "end" ? "the end of the source" : JSON.stringify(text);
}
