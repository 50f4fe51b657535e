/**
 * Runs a format of one record per line over a stream.
 *
 * Gives a batch as soon as the next record would not fit; so batches depend on
 * the octets of the source only, never on how they arrive. Memory is one draft,
 * one line and one chunk.
 */
import {
  type Batch,
  formatPosition,
  type ImportOptions,
  parsePosition,
} from "./batch.ts";
import { DraftWriter } from "./draft.ts";
import { LINE_OCTETS_MAX } from "./limits.ts";
import { LineCutter } from "./lines.ts";
import { type Fault, ImportRefusal, Tally } from "./refusal.ts";

/** One record per line. */
export interface LineFormat {
  /** The most links that one line gives. */
  readonly linksMax: number;
  /** The most draft octets that a line gives beside its own length. */
  readonly overheadOctets: number;
  /** Writes the line's links, or says what is wrong with it. */
  read(
    octets: Uint8Array,
    start: number,
    end: number,
    writer: DraftWriter,
  ): Fault | undefined;
}

/** Batches of the links that `format` finds in `source`. */
export async function* importLines(
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
  format: LineFormat,
): AsyncGenerator<Batch> {
  const from = parsePosition(options.resume);
  const run = new LineRun(from.offset, from.line, options, format);
  for await (const chunk of guarded(source)) yield* run.feed(chunk);
  yield* run.feed(undefined);
  if (run.writer.links > 0) yield run.take(run.cutter.offset, run.cutter.line);
}

/** The source's own failures as refusals. */
export async function* guarded(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof ImportRefusal) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportRefusal(`the source cannot be read: ${reason}`);
  }
}

class LineRun {
  readonly writer = new DraftWriter();
  readonly cutter: LineCutter;
  readonly #tally: Tally;
  readonly #skipBad: boolean;

  constructor(
    offset: number,
    line: number,
    options: ImportOptions,
    readonly format: LineFormat,
  ) {
    this.cutter = new LineCutter(offset, line);
    this.#tally = options.tally ?? new Tally();
    this.#skipBad = options.skipBad ?? false;
  }

  /** Reads a chunk; gives each batch that it fills. */
  *feed(chunk: Uint8Array | undefined): Generator<Batch> {
    const { cutter, format, writer } = this;
    cutter.feed(chunk);
    while (cutter.next()) {
      if (cutter.overlong) {
        this.#bad({ reason: `longer than ${LINE_OCTETS_MAX} octets` });
        continue;
      }
      const length = cutter.end - cutter.start;
      if (length === 0) continue;
      if (
        !writer.fits(length + format.overheadOctets, format.linksMax)
      ) {
        yield this.take(cutter.lineOffset, cutter.line - 1);
      }
      const at = writer.at;
      const links = writer.links;
      const fault = format.read(
        cutter.octets,
        cutter.start,
        cutter.end,
        writer,
      );
      if (fault !== undefined) {
        writer.rollback(at, links);
        this.#bad(fault);
      }
    }
    this.#tally.octets = cutter.offset;
    this.#tally.lines = cutter.line;
  }

  take(offset: number, line: number): Batch {
    const links = this.writer.links;
    this.#tally.links += links;
    const position = formatPosition({ offset, line, given: 0 });
    return { draft: this.writer.take(), links, position, line, offset };
  }

  #bad(fault: Fault): void {
    this.#tally.bad({ ...fault, line: this.cutter.line }, this.#skipBad);
  }
}
