/**
 * Plans what is written into one body, instruction by instruction.
 *
 * Fuel is charged by stretches (FUEL.md). A stretch begins where code may begin
 * to run: at the function's start, behind `loop`, in each arm of an `if`, and
 * behind the end of a block. Whatever runs has been charged since it last ran,
 * because its stretch begins before it and only a `loop` is branched back to.
 *
 * Deliberately absent: checks, whose places depend on the module (places.ts).
 */
import type { Instruments } from "./checks.ts";
import { frameOctets } from "./depth.ts";
import type { Scope } from "./instructions.ts";
import { type Opcode, PREFIXES } from "./opcodes.ts";
import { Reader } from "./reader.ts";

/** Calls that come back; a tail call leaves no frame. */
export const CALLS: ReadonlySet<string> = new Set([
  "call",
  "call_indirect",
  "call_ref",
]);
export const TAIL_CALLS: ReadonlySet<string> = new Set([
  "return_call",
  "return_call_indirect",
  "return_call_ref",
]);

/** They cost nothing: no engine makes an instruction of them. */
export const FREE: ReadonlySet<string> = new Set([
  "block",
  "loop",
  "else",
  "end",
  "try",
  "try_table",
  "catch",
  "catch_all",
  "delegate",
]);

/** Locals are set to zero at each call; so many cost one unit. */
const LOCALS_PER_UNIT = 16;

/** Sixteenths of a unit per octet, table entry or array item, and page. */
const PER_OCTET = 1;
const PER_ENTRY = 16;
const PER_PAGE = 65_536;

/** Instructions whose last operand says how much they move. */
export const MEASURED: ReadonlyMap<string, number> = new Map([
  ["memory.init", PER_OCTET],
  ["memory.copy", PER_OCTET],
  ["memory.fill", PER_OCTET],
  ["memory.grow", PER_PAGE],
  ["table.init", PER_ENTRY],
  ["table.copy", PER_ENTRY],
  ["table.fill", PER_ENTRY],
  ["table.grow", PER_ENTRY],
  ["array.new", PER_ENTRY],
  ["array.new_default", PER_ENTRY],
  ["array.new_data", PER_ENTRY],
  ["array.new_elem", PER_ENTRY],
  ["array.fill", PER_ENTRY],
  ["array.copy", PER_ENTRY],
  ["array.init_data", PER_ENTRY],
  ["array.init_elem", PER_ENTRY],
]);

/** Octets to write in front of octet `at` of the module. */
export interface Insertion {
  readonly at: number;
  readonly octets: Uint8Array;
}

/** A stretch of code that is charged at once. */
interface Stretch {
  readonly at: number;
  cost: number;
}

type Planned = Stretch | Insertion;

/** An open block: what its end does to the stretch. */
interface Open {
  readonly name: string;
  readonly outer: Stretch;
}

export class BodyPlan {
  readonly #instruments: Instruments;
  readonly #scope: Scope;
  readonly #frame: number;
  readonly #planned: Planned[] = [];
  readonly #open: Open[] = [];
  #stretch: Stretch;
  charges = 0;

  /** `words` are those of parameters, results and locals. */
  constructor(
    instruments: Instruments,
    scope: Scope,
    entry: number,
    words: number,
    locals: number,
  ) {
    this.#instruments = instruments;
    this.#scope = scope;
    this.#frame = frameOctets(words);
    this.#stretch = {
      at: entry,
      cost: Math.ceil(locals / LOCALS_PER_UNIT),
    };
    this.#planned.push(this.#stretch);
  }

  /** `octets` are those of the instruction, which lies at `at`. */
  see({ name }: Opcode, at: number, octets: Uint8Array): void {
    const next = at + octets.length;
    const isCall = CALLS.has(name);
    if (!FREE.has(name)) this.#stretch.cost += 1;
    this.#measure(name, at, octets);
    if (isCall) this.#insert(at, this.#instruments.descend?.(this.#frame));
    if (isCall) this.#insert(next, this.#instruments.ascend?.(this.#frame));
    this.#insert(next, this.#instruments.settle?.(name));
    this.#follow(name, next);
  }

  /** In the order of their places. */
  done(): readonly Insertion[] {
    const { charge } = this.#instruments;
    const written: Insertion[] = [];
    for (const planned of this.#planned) {
      if ("octets" in planned) written.push(planned);
      else if (charge !== undefined && planned.cost > 0) {
        written.push({ at: planned.at, octets: charge(planned.cost) });
        this.charges += 1;
      }
    }
    return written;
  }

  #insert(at: number, octets: Uint8Array | undefined): void {
    if (octets !== undefined) this.#planned.push({ at, octets });
  }

  #begin(at: number): void {
    this.#stretch = { at, cost: 0 };
    this.#planned.push(this.#stretch);
  }

  /** Where stretches begin and end. */
  #follow(name: string, next: number): void {
    switch (name) {
      case "block":
      case "try":
      case "try_table":
        this.#open.push({ name, outer: this.#stretch });
        return;
      case "if":
      case "loop":
        this.#open.push({ name, outer: this.#stretch });
        return this.#begin(next);
      case "else":
      case "catch":
      case "catch_all":
        return this.#begin(next);
      case "end":
      case "delegate": {
        const open = this.#open.pop();
        if (open === undefined) return;
        if (open.name === "if" || open.name === "loop") {
          this.#stretch = open.outer;
        } else this.#begin(next);
      }
    }
  }

  #measure(name: string, at: number, octets: Uint8Array): void {
    const sixteenths = MEASURED.get(name);
    const { measure } = this.#instruments;
    if (sixteenths === undefined || measure === undefined) return;
    const is64 = this.#isLength64(name, octets);
    this.#insert(at, measure(sixteenths, is64));
  }

  /** Whether the length operand of an instruction is an i64. */
  #isLength64(name: string, octets: Uint8Array): boolean {
    if (name.startsWith("array.") || name.endsWith(".init")) return false;
    const { memory64, table64 } = this.#scope;
    const widths = name.startsWith("memory.") ? memory64 : table64;
    const reader = new Reader(octets);
    if (PREFIXES.has(reader.byte())) reader.u32();
    let is64 = true;
    while (!reader.isDone) {
      const isThis64 = widths[reader.u32()] === true;
      is64 &&= isThis64;
    }
    return is64;
  }
}
