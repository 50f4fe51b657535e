/**
 * Function bodies: where the checks go.
 *
 * A check stands behind each `loop`, so a branch to it passes the check again,
 * and at the start of each function that calls anything, so recursion does. A
 * function without loop and call ends by itself.
 */
import { FUNCTIONS_MAX, LOCALS_MAX } from "../limits.ts";
import { readInstruction, type Scope } from "./instructions.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import { skipValueType } from "./types.ts";
import { Writer } from "./writer.ts";

/** What can lead back into a function that is still running. */
const CALLS: ReadonlySet<string> = new Set([
  "call",
  "call_indirect",
  "call_ref",
  "return_call",
  "return_call_indirect",
  "return_call_ref",
]);

/** Where one body wants checks: octets from the start of the module. */
interface Places {
  readonly from: number;
  readonly to: number;
  readonly checks: readonly number[];
}

/** What the code section became. */
export interface CodeSection {
  readonly content: Uint8Array;
  readonly checks: number;
}

/**
 * Copies the bodies with `check` at each place and `added` bodies behind them.
 * Without a check the bodies are read just as strictly and copied as they are.
 */
export function rewriteCode(
  reader: Reader,
  scope: Scope,
  defined: number,
  check: Uint8Array | undefined,
  added: readonly Uint8Array[],
): CodeSection {
  const start = reader.at;
  const count = reader.count(FUNCTIONS_MAX, "function bodies");
  if (count !== defined) {
    throw reader.malformed(`${count} bodies for ${defined} functions`, start);
  }
  const writer = new Writer(reader.end - reader.at + 64);
  writer.u32(count + added.length);
  let checks = 0;
  for (let index = 0; index < count; index++) {
    const size = reader.u32();
    const places = findPlaces(reader.range(size), scope);
    writeBody(reader, writer, places, check);
    checks += check === undefined ? 0 : places.checks.length;
  }
  for (const body of added) writer.octets(body);
  return { content: writer.done(), checks };
}

function findPlaces(body: Reader, scope: Scope): Places {
  const from = body.at;
  skipLocals(body);
  const entry = body.at;
  const checks: number[] = [];
  let hasCall = false;
  for (let depth = 1; depth > 0;) {
    const { name, immediate } = readInstruction(body, scope);
    if (immediate === "block" || immediate === "try-table") depth += 1;
    else if (name === "end" || name === "delegate") depth -= 1;
    else if (CALLS.has(name)) hasCall = true;
    if (name === "loop") checks.push(body.at);
  }
  if (!body.isDone) throw body.malformed("octets behind the end of a body");
  if (hasCall) checks.unshift(entry);
  return { from, to: body.at, checks };
}

function skipLocals(body: Reader): void {
  const start = body.at;
  let total = 0;
  for (let left = body.count(LOCALS_MAX, "runs of locals"); left > 0; left--) {
    total += body.u32();
    if (total > LOCALS_MAX) {
      throw new ModuleRefusal(
        "too-large",
        start,
        `more than ${LOCALS_MAX} locals`,
      );
    }
    skipValueType(body);
  }
}

function writeBody(
  reader: Reader,
  writer: Writer,
  places: Places,
  check: Uint8Array | undefined,
): void {
  const added = check === undefined ? 0 : check.length * places.checks.length;
  writer.u32(places.to - places.from + added);
  let copied = places.from;
  if (check !== undefined) {
    for (const place of places.checks) {
      writer.octets(reader.slice(copied, place));
      writer.octets(check);
      copied = place;
    }
  }
  writer.octets(reader.slice(copied, places.to));
}
