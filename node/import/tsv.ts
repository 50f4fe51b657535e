/**
 * Links from lines of `from<TAB>to[<TAB>amount[<TAB>valence]]`.
 *
 * An end is a text in UTF-8, which becomes the particle's content octet for
 * octet, or `cid:` and 66 hexadecimal digits. Amount (default 1) is a decimal
 * integer below 2^48, valence (default 0) is -1, 0 or 1. A carriage return
 * before the newline, empty lines and a byte order mark are passed over; the
 * last line may lack its newline.
 *
 * Deliberately absent: quoting, comments, trimming. A text that contains a tab
 * or a newline, or begins with `cid:`, cannot be written in this format.
 */
import type { Batch, ImportOptions } from "./batch.ts";
import type { DraftWriter } from "./draft.ts";
import { importLines, type LineFormat } from "./line_format.ts";
import {
  AMOUNT_LIMIT,
  IDENTITY_OCTETS,
  LINK_OVERHEAD_OCTETS,
} from "./limits.ts";
import type { Fault } from "./refusal.ts";
import { utf8Fault } from "./utf8.ts";

const TAB = 0x09;
const DIGIT_0 = 0x30;
const HASH_BLAKE3 = 1;
const PREFIX_OCTETS = 4; // "cid:"
const CID_TEXT_OCTETS = PREFIX_OCTETS + 2 * IDENTITY_OCTETS;
/** Octets in front of an end's own: tag and length. */
const END_HEAD_OCTETS = 5;
/** Digits of the largest amount; longer ones are refused unread. */
const AMOUNT_DIGITS_MAX = 15;

/** Batches of the links in a tab-separated source. */
export function importTsv(
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): AsyncGenerator<Batch> {
  return importLines(source, options, new TsvReader());
}

class TsvReader implements LineFormat {
  readonly linksMax = 1;
  readonly overheadOctets = LINK_OVERHEAD_OCTETS;
  /** All octets of the line's texts, or-ed: bit 7 tells that one is not ASCII. */
  #seen = 0;
  #fault: Fault | undefined;

  read(
    line: Uint8Array,
    start: number,
    end: number,
    writer: DraftWriter,
  ): Fault | undefined {
    this.#seen = 0;
    this.#fault = undefined;
    const fromEnd = this.#end(line, start, start, end, writer);
    if (fromEnd >= end) return fieldCount(1);
    if (fromEnd === start) return { reason: "`from` is empty", column: 1 };
    const toStart = fromEnd + 1;
    const toEnd = this.#end(line, start, toStart, end, writer);
    if (toEnd === toStart) {
      return { reason: "`to` is empty", column: toStart - start + 1 };
    }
    if (this.#fault !== undefined) return this.#fault;
    if (this.#seen >= 0x80) {
      const bad = utf8Fault(line, start, end);
      if (bad >= 0) return { reason: "not UTF-8", column: bad - start + 1 };
    }
    if (toEnd < end) return readNumbers(line, start, toEnd + 1, end, writer);
    writer.finish();
    return undefined;
  }

  /** Copies the field at `at` into the draft; returns where it ends. */
  #end(
    line: Uint8Array,
    lineStart: number,
    at: number,
    end: number,
    writer: DraftWriter,
  ): number {
    const out = writer.octets;
    const head = writer.at;
    let to = head + END_HEAD_OCTETS;
    let seen = 0;
    let i = at;
    for (; i < end; i++) {
      const octet = line[i] as number;
      if (octet === TAB) break;
      out[to++] = octet;
      seen |= octet;
    }
    this.#seen |= seen;
    if (startsWithCid(line, at, i)) {
      const column = at - lineStart + 1;
      this.#fault ??= readCid(line, at, i, column, out, head);
      to = head + END_HEAD_OCTETS + IDENTITY_OCTETS;
    } else {
      const length = i - at;
      out[head] = 0;
      out[head + 1] = length & 0xff;
      out[head + 2] = (length >> 8) & 0xff;
      out[head + 3] = length >> 16;
      out[head + 4] = 0;
    }
    writer.at = to;
    return i;
  }
}

function startsWithCid(line: Uint8Array, at: number, end: number): boolean {
  return end - at >= PREFIX_OCTETS && line[at] === 0x63 &&
    line[at + 1] === 0x69 && line[at + 2] === 0x64 && line[at + 3] === 0x3a;
}

/** Writes the identity in `line[at, end)` as an end at `head`. */
function readCid(
  line: Uint8Array,
  at: number,
  end: number,
  column: number,
  out: Uint8Array,
  head: number,
): Fault | undefined {
  if (end - at !== CID_TEXT_OCTETS) {
    const reason = `\`cid:\` wants ${2 * IDENTITY_OCTETS} digits, found ${
      end - at - PREFIX_OCTETS
    }`;
    return { reason, column };
  }
  out[head] = 1;
  out[head + 1] = IDENTITY_OCTETS;
  out[head + 2] = out[head + 3] = out[head + 4] = 0;
  for (let i = 0; i < IDENTITY_OCTETS; i++) {
    const digits = at + PREFIX_OCTETS + 2 * i;
    const high = hexDigit(line[digits] as number);
    const low = hexDigit(line[digits + 1] as number);
    if (high < 0 || low < 0) {
      const offset = PREFIX_OCTETS + 2 * i + (high < 0 ? 0 : 1);
      return {
        reason: "not a hexadecimal digit in `cid:`",
        column: column + offset,
      };
    }
    out[head + END_HEAD_OCTETS + i] = high * 16 + low;
  }
  if (out[head + END_HEAD_OCTETS] !== HASH_BLAKE3) {
    return {
      reason: "unknown hash in `cid:`, it must begin with 01",
      column: column + PREFIX_OCTETS,
    };
  }
  return undefined;
}

function hexDigit(octet: number): number {
  if (octet >= DIGIT_0 && octet <= 0x39) return octet - DIGIT_0;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

/** Reads `amount[<TAB>valence]` at `at` and ends the link. */
function readNumbers(
  line: Uint8Array,
  start: number,
  at: number,
  end: number,
  writer: DraftWriter,
): Fault | undefined {
  let amountEnd = at;
  let amount = 0;
  let digits = true;
  while (amountEnd < end && line[amountEnd] !== TAB) {
    const digit = (line[amountEnd++] as number) - DIGIT_0;
    if (digit < 0 || digit > 9) digits = false;
    amount = amount * 10 + digit;
  }
  const length = amountEnd - at;
  if (
    !digits || length === 0 || length > AMOUNT_DIGITS_MAX ||
    amount >= AMOUNT_LIMIT
  ) {
    const reason = "`amount` is not an integer from 0 to 2^48 - 1";
    return { reason, column: at - start + 1 };
  }
  if (amountEnd === end) {
    writer.finish(amount);
    return undefined;
  }
  const valenceAt = amountEnd + 1;
  const extra = line.subarray(valenceAt, end).indexOf(TAB);
  if (extra >= 0) return fieldCount(countFields(line, start, end));
  const valence = readValence(line, valenceAt, end);
  if (valence === undefined) {
    const reason = "`valence` is not -1, 0 or 1";
    return { reason, column: valenceAt - start + 1 };
  }
  writer.finish(amount, valence);
  return undefined;
}

function readValence(
  line: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end - at === 1 && line[at] === DIGIT_0) return 0;
  if (end - at === 1 && line[at] === DIGIT_0 + 1) return 1;
  const minusOne = end - at === 2 && line[at] === 0x2d &&
    line[at + 1] === DIGIT_0 + 1;
  return minusOne ? -1 : undefined;
}

function fieldCount(found: number): Fault {
  return { reason: `wants 2 to 4 fields between tabs, found ${found}` };
}

function countFields(line: Uint8Array, start: number, end: number): number {
  let fields = 1;
  for (let i = start; i < end; i++) if (line[i] === TAB) fields++;
  return fields;
}
