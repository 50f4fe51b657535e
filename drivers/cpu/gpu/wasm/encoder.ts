/** WebAssembly's binary format, as far as programs need it. */

export type ValueType = "i32" | "f32";

const CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d };

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export function unsigned(value: number, to: number[]): void {
  let left = value >>> 0;
  do {
    const octet = left & 0x7f;
    left >>>= 7;
    to.push(left === 0 ? octet : octet | 0x80);
  } while (left !== 0);
}

export function signed(value: number, to: number[]): void {
  for (let left = value | 0;;) {
    const octet = left & 0x7f;
    left >>= 7;
    if ((left === 0 && (octet & 0x40) === 0) || (left === -1 && octet & 0x40)) {
      to.push(octet);
      return;
    }
    to.push(octet | 0x80);
  }
}

function named(text: string, to: number[]): void {
  const octets = new TextEncoder().encode(text);
  unsigned(octets.length, to);
  to.push(...octets);
}

/** A function's code, without its end. */
export interface Code {
  readonly locals: readonly ValueType[];
  readonly octets: readonly number[];
}

interface Imported {
  readonly name: string;
  readonly type: number;
}

/** Functions, globals and exports of one module; its memory is given to it. */
export class ModuleEncoder {
  readonly #types: string[] = [];
  readonly #signatures: Signature[] = [];
  readonly #imports: Imported[] = [];
  readonly #functions: Array<{ type: number; code: Code | undefined }> = [];
  readonly #exports: Array<{ name: string; index: number }> = [];
  #globals = 0;
  #importsClosed = false;

  #type(signature: Signature): number {
    const text = `${signature.params}>${signature.results}`;
    const known = this.#types.indexOf(text);
    if (known >= 0) return known;
    this.#signatures.push(signature);
    return this.#types.push(text) - 1;
  }

  /** All of them come before the first function. */
  importFunction(name: string, signature: Signature): number {
    if (this.#importsClosed) throw new Error("functions follow imports");
    const type = this.#type(signature);
    return this.#imports.push({ name, type }) - 1;
  }

  /** Its code may be given later. */
  declare(signature: Signature): number {
    this.#importsClosed = true;
    const type = this.#type(signature);
    return this.#imports.length +
      this.#functions.push({ type, code: undefined }) - 1;
  }

  define(index: number, code: Code): void {
    const one = this.#functions[index - this.#imports.length];
    if (one === undefined) throw new Error("it was not declared");
    one.code = code;
  }

  /** A variable of 32 bits, zero at first. */
  global(): number {
    return this.#globals++;
  }

  exportFunction(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  encode(): Uint8Array<ArrayBuffer> {
    const out = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    this.#section(out, 1, this.#signatures, (signature, to) => {
      to.push(0x60);
      for (const list of [signature.params, signature.results]) {
        unsigned(list.length, to);
        for (const type of list) to.push(CODES[type]);
      }
    });
    this.#importSection(out);
    this.#section(out, 3, this.#functions, (one, to) => unsigned(one.type, to));
    this.#section(
      out,
      6,
      Array.from({ length: this.#globals }),
      (_, to) => to.push(CODES.i32, 1, 0x41, 0, 0x0b),
    );
    this.#section(out, 7, this.#exports, ({ name, index }, to) => {
      named(name, to);
      to.push(0);
      unsigned(index, to);
    });
    this.#section(out, 10, this.#functions, ({ code }, to) => {
      if (code === undefined) throw new Error("a function has no code");
      const body: number[] = [];
      unsigned(code.locals.length, body);
      for (const type of code.locals) body.push(1, CODES[type]);
      unsigned(body.length + code.octets.length + 1, to);
      append(to, body);
      append(to, code.octets);
      to.push(0x0b);
    });
    return Uint8Array.from(out);
  }

  #importSection(out: number[]): void {
    const all = [undefined, ...this.#imports];
    this.#section(out, 2, all, (one, to) => {
      named("host", to);
      named(one?.name ?? "memory", to);
      if (one === undefined) to.push(2, 0, 0);
      else {
        to.push(0);
        unsigned(one.type, to);
      }
    });
  }

  #section<A>(
    out: number[],
    id: number,
    items: readonly A[],
    write: (item: A, to: number[]) => void,
  ): void {
    const body: number[] = [];
    unsigned(items.length, body);
    for (const item of items) write(item, body);
    out.push(id);
    unsigned(body.length, out);
    append(out, body);
  }
}

/** Lists may be longer than a call takes arguments. */
function append(to: number[], from: readonly number[]): void {
  for (const octet of from) to.push(octet);
}
