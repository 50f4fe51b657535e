/**
 * What a body does, as far as the places of checks depend on it.
 *
 * A body becomes a list of steps: blocks and branches, calls, and what is done
 * between them, in units of one instruction. Nobody has to read it again.
 *
 * Deliberately absent: values. Which way a branch goes is never known.
 */
import { CALLS, MEASURED, TAIL_CALLS } from "./costs.ts";
import { type Opcode, PREFIXES } from "./opcodes.ts";
import { Reader } from "./reader.ts";

/** Most units of one step, so that a check fits in between. */
const STEP_UNITS = 1_024;

export type Step =
  | { readonly kind: "work"; readonly at: number; units: number }
  /** An instruction that moves as much as it is told. */
  | { readonly kind: "bulk"; readonly at: number }
  /** `next` is behind the instruction. */
  | { readonly kind: "block" | "loop" | "if" | "else"; readonly next: number }
  | { readonly kind: "try" | "catch" | "end" | "leave" }
  | {
    readonly kind: "branch";
    readonly labels: readonly number[];
    /** Whether the code behind it may run. */
    readonly goesOn: boolean;
  }
  | Call;

export interface Call {
  readonly kind: "call";
  readonly at: number;
  /** The body that runs; without one it is known only then, or is a host's. */
  readonly callee: number | undefined;
  readonly isTail: boolean;
  /** Behind it stands `unreachable`: nothing comes back through it. */
  isLast: boolean;
}

export interface Flow {
  readonly steps: readonly Step[];
  readonly locals: number;
}

/** What an instruction is here; one that is none of these is plain work. */
type Role = Exclude<Step["kind"], "work"> | "tail-call";

function entries(role: Role, names: Iterable<string>): [string, Role][] {
  return [...names].map((name) => [name, role]);
}

export const ROLES: ReadonlyMap<string, Role> = new Map([
  ...entries("call", CALLS),
  ...entries("tail-call", TAIL_CALLS),
  ...entries("bulk", MEASURED.keys()),
  ...entries("block", ["block"]),
  ...entries("loop", ["loop"]),
  ...entries("if", ["if"]),
  ...entries("else", ["else"]),
  ...entries("try", ["try", "try_table"]),
  ...entries("catch", ["catch", "catch_all"]),
  ...entries("end", ["end", "delegate"]),
  ...entries("leave", ["return", "unreachable", "throw", "throw_ref"]),
  ...entries("leave", ["rethrow"]),
  ...entries("branch", ["br", "br_if", "br_table", "br_on_null"]),
  ...entries("branch", ["br_on_non_null", "br_on_cast", "br_on_cast_fail"]),
]);

/** Takes the instructions of one body, in their order. */
export class FlowRecord {
  readonly steps: Step[] = [];
  readonly #imported: number;

  /** `imported` functions come before the first body. */
  constructor(imported: number) {
    this.#imported = imported;
  }

  /** `octets` are those of the instruction, which lies at `at`. */
  see({ name }: Opcode, at: number, octets: Uint8Array): void {
    const kind = ROLES.get(name);
    switch (kind) {
      case undefined:
        return this.#work(at);
      case "call":
        return this.#call(at, name === "call", false, octets);
      case "tail-call":
        return this.#call(at, name === "return_call", true, octets);
      case "branch":
        this.#work(at);
        return this.#branch(name, operands(octets));
      case "bulk":
        this.steps.push({ kind, at });
        return this.#work(at);
      case "if":
        this.#work(at);
      // falls through
      case "block":
      case "loop":
      case "else":
        this.steps.push({ kind, next: at + octets.length });
        return;
      case "leave": {
        const last = this.steps.at(-1);
        const isTrap = name === "unreachable";
        if (isTrap && last?.kind === "call" && !last.isTail) last.isLast = true;
      }
    }
    this.steps.push({ kind });
  }

  #call(at: number, isDirect: boolean, isTail: boolean, octets: Uint8Array) {
    const body = isDirect ? operands(octets).u32() - this.#imported : -1;
    const callee = body < 0 ? undefined : body;
    this.steps.push({ kind: "call", at, callee, isTail, isLast: false });
  }

  #work(at: number): void {
    const last = this.steps[this.steps.length - 1];
    if (last?.kind === "work" && last.units < STEP_UNITS) last.units += 1;
    else this.steps.push({ kind: "work", at, units: 1 });
  }

  #branch(name: string, reader: Reader): void {
    if (name.startsWith("br_on_cast")) reader.byte();
    const labels: number[] = [];
    let left = name === "br_table" ? reader.u32() : 0;
    for (; left >= 0; left--) labels.push(reader.u32());
    const goesOn = name !== "br" && name !== "br_table";
    this.steps.push({ kind: "branch", labels, goesOn });
  }
}

/** A reader behind the opcode. */
function operands(octets: Uint8Array): Reader {
  const reader = new Reader(octets);
  if (PREFIXES.has(reader.byte())) reader.u32();
  return reader;
}
