/**
 * Random contracts: WIT text with named and nested types of every kind, and functions over them.
 */
import { PRIMS } from "../../decode/model.ts";
import type { Chance } from "./chance.ts";

/** Words that trip a careless generator: keywords of WIT, JavaScript and AssemblyScript, long and short names. */
const WORDS = [
  "a",
  "b",
  "x1",
  "long-name-here",
  "type",
  "record",
  "string",
  "default",
  "new",
  "this",
  "constructor",
  "i32",
  "class",
  "of",
  "load",
  "HTTP-code",
  "value",
  "error",
  "tag",
  "val",
  "length",
  "p",
  "v0",
  "m",
  "abi",
  "prototype",
];

/** A contract under construction. */
export class RandomWit {
  /** Definitions of named types, in order of need. */
  readonly declared: string[] = [];
  readonly names: string[] = [];

  constructor(readonly chance: Chance) {}

  /** Words without repetition, escaped in case WIT has them as keywords. */
  words(count: number): string[] {
    const left = [...WORDS];
    const out: string[] = [];
    for (let at = 0; at < count; at++) {
      const [word] = left.splice(this.chance.below(left.length || 1), 1);
      out.push(`%${word ?? `w${at}`}`);
    }
    return out;
  }

  /** A type; `depth` bounds nesting. */
  type(depth: number): string {
    const { chance } = this;
    if (depth <= 0 || chance.once(4)) return chance.pick(PRIMS);
    if (this.names.length > 0 && chance.once(5)) return chance.pick(this.names);
    const inner = () => this.type(depth - 1);
    switch (chance.below(9)) {
      case 0:
      case 1:
        return `list<${inner()}>`;
      case 2: {
        const held = inner();
        // jco's glue mixes up the levels of three options in each other; `roundtrip_test.ts` tries those without it.
        return held.startsWith("option<option") ? held : `option<${held}>`;
      }
      case 3:
        return this.#result(depth);
      case 4:
        return `tuple<${
          Array.from({ length: 1 + chance.below(4) }, inner).join(", ")
        }>`;
      case 5:
        return this.record(depth);
      case 6:
        return this.variant(depth);
      case 7:
        return this.enumeration(1 + chance.below(6));
      default:
        return this.flags(1 + chance.below(32));
    }
  }

  #result(depth: number): string {
    const ok = this.chance.once(4) ? undefined : this.type(depth - 1);
    const err = this.chance.once(4) ? undefined : this.type(depth - 1);
    if (err !== undefined) return `result<${ok ?? "_"}, ${err}>`;
    return ok === undefined ? "result" : `result<${ok}>`;
  }

  #declare(kind: string, body: readonly string[]): string {
    const name = `${kind}-${this.names.length}`;
    this.declared.push(`${kind} ${name} { ${body.join(", ")} }`);
    this.names.push(name);
    return name;
  }

  record(depth: number): string {
    const fields = this.words(1 + this.chance.below(5))
      .map((word) => `${word}: ${this.type(depth - 1)}`);
    return this.#declare("record", fields);
  }

  variant(depth: number): string {
    const cases = this.words(1 + this.chance.below(5)).map((word) =>
      this.chance.once(3) ? word : `${word}(${this.type(depth - 1)})`
    );
    return this.#declare("variant", cases);
  }

  enumeration(cases: number): string {
    return this.#declare("enum", this.words(cases));
  }

  flags(bits: number): string {
    return this.#declare("flags", this.words(bits));
  }
}
