/**
 * Links from edge lists as the GAP benchmark suite has them.
 *
 * `el`: two vertices on a line; `wel`: two vertices and a weight, which becomes the
 * amount. A vertex is a decimal integer below 2^53 without leading zeros; its particle
 * is that text. Fields are apart by spaces or tabs. Empty lines and lines
 * that begin with `#` or `%`, comments of SNAP and Matrix Market, are passed over.
 *
 * Deliberately absent: negative and broken weights, which are no amounts; an
 * undirected list is taken as it stands, one link for each line.
 */
import type { Batch, ImportOptions } from "./batch.ts";
import type { DraftWriter } from "./draft.ts";
import { importLines, type LineFormat } from "./line_format.ts";
import { AMOUNT_LIMIT, LINK_OVERHEAD_OCTETS } from "./limits.ts";
import type { Fault } from "./refusal.ts";

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const HASH = 0x23;
const PERCENT = 0x25;
const DIGIT_0 = 0x30;

/** Digits of 2^53; longer numbers are refused unread. */
const DIGITS_MAX = 16;
const VERTEX_LIMIT = Number.MAX_SAFE_INTEGER;

/** Batches of the links in an edge list; `weighted`: each line has a weight. */
export function importEdges(
  source: AsyncIterable<Uint8Array>,
  weighted: boolean,
  options: ImportOptions = {},
): AsyncGenerator<Batch> {
  return importLines(source, options, new EdgeReader(weighted));
}

class EdgeReader implements LineFormat {
  readonly linksMax = 1;
  readonly overheadOctets = LINK_OVERHEAD_OCTETS;
  readonly #fields: number;

  constructor(weighted: boolean) {
    this.#fields = weighted ? 3 : 2;
  }

  read(
    line: Uint8Array,
    start: number,
    end: number,
    writer: DraftWriter,
  ): Fault | undefined {
    let at = afterBlanks(line, start, end);
    if (at === end || line[at] === HASH || line[at] === PERCENT) return;
    let amount = 1;
    for (let field = 0; field < this.#fields; field++) {
      if (at === end) return this.#wants(field);
      const to = afterWord(line, at, end);
      const isVertex = field < 2;
      const value = wholeNumber(line, at, to);
      const limit = isVertex ? VERTEX_LIMIT : AMOUNT_LIMIT;
      if (value === undefined || value >= limit) {
        const what = isVertex
          ? "a vertex is not an integer from 0 to 2^53 - 2 without leading zeros"
          : "the weight is not an integer from 0 to 2^48 - 1";
        return { reason: what, column: at - start + 1 };
      }
      if (isVertex) writeText(line, at, to, writer);
      else amount = value;
      at = afterBlanks(line, to, end);
    }
    if (at < end) return this.#wants(this.#fields + 1);
    writer.finish(amount);
    return undefined;
  }

  #wants(found: number): Fault {
    const more = found > this.#fields ? "more" : `${found}`;
    return { reason: `wants ${this.#fields} numbers, found ${more}` };
  }
}

function isBlank(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB || octet === CARRIAGE_RETURN;
}

function afterBlanks(line: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(line[at])) at++;
  return at;
}

function afterWord(line: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && !isBlank(line[at])) at++;
  return at;
}

function wholeNumber(
  line: Uint8Array,
  from: number,
  to: number,
): number | undefined {
  const length = to - from;
  if (length > DIGITS_MAX || (length > 1 && line[from] === DIGIT_0)) return;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (line[at] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** An end that is a text: tag 0, length, octets. */
function writeText(
  line: Uint8Array,
  from: number,
  to: number,
  writer: DraftWriter,
): void {
  const { octets, at } = writer;
  octets[at] = 0;
  octets[at + 1] = to - from;
  octets[at + 2] = octets[at + 3] = octets[at + 4] = 0;
  for (let i = from; i < to; i++) octets[at + 5 + i - from] = line[i] ?? 0;
  writer.at = at + 5 + to - from;
}
