/**
 * Function bodies: read strictly, and copied with what costs.ts plans for them.
 */
import { FUNCTIONS_MAX, LOCALS_MAX } from "../limits.ts";
import type { Instruments } from "./checks.ts";
import { BodyPlan, type Insertion } from "./costs.ts";
import { type Flow, FlowRecord } from "./flow.ts";
import { readInstruction, type Scope } from "./instructions.ts";
import { placesOfChecks } from "./places.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import { skipValueType } from "./types.ts";
import { Writer } from "./writer.ts";

/** One body and what is written into it: octets from the start of the module. */
interface Body extends Flow {
  readonly from: number;
  readonly to: number;
  readonly insertions: readonly Insertion[];
  readonly charges: number;
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
  const imported = scope.functions - count;
  const bodies = words.map((own) =>
    readBody(reader.range(reader.u32()), scope, instruments, own, imported)
  );
  const { check } = instruments;
  const places = check === undefined ? [] : placesOfChecks(bodies);
  const writer = new Writer(reader.end - reader.at + 64);
  writer.u32(count + added.length);
  let checks = 0;
  bodies.forEach((body, index) => {
    const own = places[index] ?? [];
    checks += body.charges + own.length;
    const insertions = [...body.insertions];
    for (const at of own) insertions.push({ at, octets: check as Uint8Array });
    writeBody(reader, writer, {
      ...body,
      insertions: insertions.sort((one, other) => one.at - other.at),
    });
  });
  for (const body of added) writer.octets(body);
  return { content: writer.done(), checks };
}

function readBody(
  body: Reader,
  scope: Scope,
  instruments: Instruments,
  words: number,
  imported: number,
): Body {
  const from = body.at;
  const locals = skipLocals(body);
  const plan = new BodyPlan(
    instruments,
    scope,
    body.at,
    words + locals.words,
    locals.total,
  );
  const record = new FlowRecord(imported);
  const { charge, check, descend } = instruments;
  const isPlanned = charge !== undefined || descend !== undefined;
  for (let depth = 1; depth > 0;) {
    const at = body.at;
    const opcode = readInstruction(body, scope);
    const { name, immediate } = opcode;
    if (immediate === "block" || immediate === "try-table") depth += 1;
    else if (name === "end" || name === "delegate") depth -= 1;
    const octets = body.slice(at, body.at);
    if (isPlanned) plan.see(opcode, at, octets);
    if (check !== undefined) record.see(opcode, at, octets);
  }
  if (!body.isDone) throw body.malformed("octets behind the end of a body");
  return {
    from,
    to: body.at,
    insertions: plan.done(),
    charges: plan.charges,
    steps: record.steps,
    locals: locals.total,
  };
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

function writeBody(
  reader: Reader,
  writer: Writer,
  { from, to, insertions }: Body,
): void {
  let size = to - from;
  for (const { octets } of insertions) size += octets.length;
  writer.u32(size);
  let copied = from;
  for (const { at, octets } of insertions) {
    writer.octets(reader.slice(copied, at));
    writer.octets(octets);
    copied = at;
  }
  writer.octets(reader.slice(copied, to));
}
