/**
 * Reads scripts of the official test suite: lists, words and strings.
 *
 * A node knows where it stands, so a module's text can be handed on as it is.
 * Annotations and comments are passed over.
 */
export interface List {
  readonly items: readonly Node[];
  readonly from: number;
  readonly to: number;
}

/** A word, a string as its octets, or a list. */
export type Node = string | Uint8Array | List;

export function isList(node: Node | undefined): node is List {
  return typeof node === "object" && "items" in node;
}

/** The first word of a list. */
export function headOf(node: Node | undefined): string {
  const head = isList(node) ? node.items[0] : undefined;
  return typeof head === "string" ? head : "";
}

const ENCODER = new TextEncoder();
const SPACE = /[ \t\r\n\f]/;
const WORD_END = /[\s()";]/;
const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  t: 9,
  n: 10,
  r: 13,
  '"': 34,
  "'": 39,
  "\\": 92,
};

/** The octets that the text between two quotes stands for. */
export function octetsOf(text: string): Uint8Array {
  const octets: number[] = [];
  for (let at = 0; at < text.length;) {
    if (text[at] !== "\\") {
      const point = text.codePointAt(at) ?? 0;
      const character = String.fromCodePoint(point);
      octets.push(...ENCODER.encode(character));
      at += character.length;
      continue;
    }
    const next = text[at + 1] ?? "";
    const simple = SIMPLE_ESCAPES[next];
    if (simple !== undefined) {
      octets.push(simple);
      at += 2;
    } else if (next === "u") {
      const end = text.indexOf("}", at);
      const point = parseInt(text.slice(at + 3, end).replaceAll("_", ""), 16);
      octets.push(...ENCODER.encode(String.fromCodePoint(point)));
      at = end + 1;
    } else {
      octets.push(parseInt(text.slice(at + 1, at + 3), 16));
      at += 3;
    }
  }
  return Uint8Array.from(octets);
}

/** The top-level lists of a script; throws if it is not one. */
export function readScript(text: string): List[] {
  const reader = new ScriptReader(text);
  return reader.items("").filter(isList);
}

class ScriptReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Nodes up to `end`, which is passed, or to the end of the text. */
  items(end: "" | ")"): Node[] {
    const items: Node[] = [];
    for (;;) {
      this.#skip();
      const next = this.#text[this.#at];
      if (next === undefined) {
        if (end === "") return items;
        throw new Error("a list has no end");
      }
      if (next === ")") {
        if (end === "") throw new Error(`a list too many ends at ${this.#at}`);
        this.#at += 1;
        return items;
      }
      const node = this.#node(next);
      if (!headOf(node).startsWith("@")) items.push(node);
    }
  }

  #node(next: string): Node {
    const from = this.#at;
    if (next === "(") {
      this.#at += 1;
      const items = this.items(")");
      return { items, from, to: this.#at };
    }
    if (next === '"') return octetsOf(this.#quoted());
    this.#at += 1;
    while (!WORD_END.test(this.#text[this.#at] ?? " ")) this.#at += 1;
    return this.#text.slice(from, this.#at);
  }

  #quoted(): string {
    const from = this.#at + 1;
    this.#at = from;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at += 1;
    return this.#text.slice(from, this.#at - 1);
  }

  #skip(): void {
    for (;;) {
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (two === ";;") this.#skipLine();
      else if (two === "(;") this.#skipComment();
      else if (two !== "" && SPACE.test(two[0] ?? "")) this.#at += 1;
      else return;
    }
  }

  #skipLine(): void {
    while (!/[\r\n]/.test(this.#text[this.#at] ?? "\n")) this.#at += 1;
  }

  #skipComment(): void {
    let depth = 0;
    do {
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (two === "(;") depth += 1;
      if (two === ";)") depth -= 1;
      this.#at += two === "(;" || two === ";)" ? 2 : 1;
    } while (depth > 0 && this.#at < this.#text.length);
  }
}
