/**
 * Function bodies: read strictly, and copied with what costs.ts plans for them.
 */
import { FUNCTIONS_MAX, LOCALS_MAX } from "../limits.ts";
import type { Instruments } from "./checks.ts";
import { BodyPlan, type Insertion } from "./costs.ts";
import { readInstruction, type Scope } from "./instructions.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import { skipValueType } from "./types.ts";
import { Writer } from "./writer.ts";

/** One body and what is written into it: octets from the start of the module. */
interface Places {
  readonly from: number;
  readonly to: number;
  readonly insertions: readonly Insertion[];
  readonly checks: number;
}

/** What the code section became. */
export interface CodeSection {
  readonly content: Uint8Array;
  readonly checks: number;
}

/** What is written into all bodies, and what is known of each. */
export interface CodeOptions {
  readonly instruments: Instruments;
  /** Words of parameters and results of each defined function. */
  readonly words: readonly number[];
  /** Bodies behind the module's own, each with its size. */
  readonly added: readonly Uint8Array[];
}

/**
 * Copies the bodies with the instruments in place and `added` behind them.
 * Without instruments they are read just as strictly and copied as they are.
 */
export function rewriteCode(
  reader: Reader,
  scope: Scope,
  { instruments, words, added }: CodeOptions,
): CodeSection {
  const start = reader.at;
  const count = reader.count(FUNCTIONS_MAX, "function bodies");
  if (count !== words.length) {
    throw reader.malformed(
      `${count} bodies for ${words.length} functions`,
      start,
    );
  }
  const writer = new Writer(reader.end - reader.at + 64);
  writer.u32(count + added.length);
  let checks = 0;
  for (let index = 0; index < count; index++) {
    const size = reader.u32();
    const body = reader.range(size);
    const places = findPlaces(body, scope, instruments, words[index] ?? 0);
    writeBody(reader, writer, places);
    checks += places.checks;
  }
  for (const body of added) writer.octets(body);
  return { content: writer.done(), checks };
}

function findPlaces(
  body: Reader,
  scope: Scope,
  instruments: Instruments,
  words: number,
): Places {
  const from = body.at;
  const locals = skipLocals(body);
  const plan = new BodyPlan(
    instruments,
    scope,
    body.at,
    words + locals.words,
    locals.total,
  );
  for (let depth = 1; depth > 0;) {
    const at = body.at;
    const opcode = readInstruction(body, scope);
    const { name, immediate } = opcode;
    if (immediate === "block" || immediate === "try-table") depth += 1;
    else if (name === "end" || name === "delegate") depth -= 1;
    plan.see(opcode, at, body.slice(at, body.at));
  }
  if (!body.isDone) throw body.malformed("octets behind the end of a body");
  const insertions = plan.done();
  return { from, to: body.at, insertions, checks: plan.checks };
}

function skipLocals(body: Reader): { total: number; words: number } {
  const start = body.at;
  let total = 0;
  let words = 0;
  for (let left = body.count(LOCALS_MAX, "runs of locals"); left > 0; left--) {
    const count = body.u32();
    total += count;
    if (total > LOCALS_MAX) {
      throw new ModuleRefusal(
        "too-large",
        start,
        `more than ${LOCALS_MAX} locals`,
      );
    }
    words += count * skipValueType(body);
  }
  return { total, words };
}

function writeBody(reader: Reader, writer: Writer, places: Places): void {
  let size = places.to - places.from;
  for (const { octets } of places.insertions) size += octets.length;
  writer.u32(size);
  let copied = places.from;
  for (const { at, octets } of places.insertions) {
    writer.octets(reader.slice(copied, at));
    writer.octets(octets);
    copied = at;
  }
  writer.octets(reader.slice(copied, places.to));
}
