/**
 * From the canonical text of a contract back to its functions and types.
 *
 * The inverse of `text.ts`: writing what this reads gives the same text. Names of types are lost, they are not in the text.
 *
 * Deliberately absent: resources. A text that has some is refused with `Malformed`.
 */
import {
  type Case,
  type Field,
  type Func,
  type Prim,
  PRIMS,
  type Type,
} from "./model.ts";
import { Malformed } from "./reader.ts";

const PRIM_NAMES: ReadonlySet<string> = new Set(PRIMS);

const isPrim = (word: string): word is Prim => PRIM_NAMES.has(word);

/** The functions of a contract, in the order of its lines. */
export function readSignature(signature: string): Func[] {
  if (signature === "") return [];
  return signature.split("\n").map((line) => new Line(line).func());
}

class Line {
  #at = 0;

  constructor(readonly text: string) {}

  func(): Func {
    const name = this.#name();
    this.#take(": func(");
    const params = this.#some(")", () => this.#field());
    const result = this.#found(" -> ") ? this.#type() : undefined;
    if (this.#at !== this.text.length) this.#fail("its end");
    return { name, params, result };
  }

  #fail(wanted: string): never {
    throw new Malformed(
      `a signature lacks ${wanted} at ${this.#at}: ${this.text.slice(0, 80)}`,
    );
  }

  #found(part: string): boolean {
    if (!this.text.startsWith(part, this.#at)) return false;
    this.#at += part.length;
    return true;
  }

  #take(part: string): void {
    if (!this.#found(part)) this.#fail(`"${part}"`);
  }

  #name(): string {
    const from = this.#at;
    while (/[A-Za-z0-9-]/.test(this.text[this.#at] ?? "")) this.#at++;
    if (this.#at === from) this.#fail("a name");
    return this.text.slice(from, this.#at);
  }

  /** Items up to a closing mark, with commas between. */
  #some<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.#found(close)) {
      if (items.length > 0) this.#take(", ");
      items.push(item());
    }
    return items;
  }

  #field(): Field {
    const name = this.#name();
    this.#take(": ");
    return { name, type: this.#type() };
  }

  #case(): Case {
    const name = this.#name();
    this.#take("(");
    const type = this.#maybe();
    this.#take(")");
    return { name, type };
  }

  #maybe(): Type | undefined {
    return this.#found("_") ? undefined : this.#type();
  }

  #type(): Type {
    const word = this.#name();
    if (isPrim(word)) return { kind: "prim", prim: word };
    switch (word) {
      case "record":
        this.#take("{");
        return { kind: "record", fields: this.#some("}", () => this.#field()) };
      case "variant":
        this.#take("{");
        return { kind: "variant", cases: this.#some("}", () => this.#case()) };
      case "enum":
      case "flags":
        this.#take("{");
        return { kind: word, names: this.#some("}", () => this.#name()) };
    }
    this.#take("<");
    const type = this.#generic(word);
    this.#take(">");
    return type;
  }

  #generic(word: string): Type {
    switch (word) {
      case "list":
        return { kind: "list", element: this.#type() };
      case "option":
        return { kind: "option", some: this.#type() };
      case "result": {
        const ok = this.#maybe();
        this.#take(", ");
        return { kind: "result", ok, err: this.#maybe() };
      }
      case "tuple": {
        const items = [this.#type()];
        while (this.#found(", ")) items.push(this.#type());
        return { kind: "tuple", items };
      }
    }
    this.#fail("a type without resources");
  }
}
