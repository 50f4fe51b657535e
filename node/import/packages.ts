/**
 * Links from a Debian `Packages` index.
 *
 * Each package is a particle whose content is its name. A stanza gives a link
 * from its package to each package in `Depends` and `Pre-Depends` (of
 * alternatives the first; versions, architectures and profiles left out; each
 * once per stanza), and one to the first line of its `Description`. A stanza
 * whose package appeared before counts again: another architecture asserts its
 * own dependencies. A malformed stanza is refused or skipped whole.
 */
import {
  type Batch,
  formatPosition,
  type ImportOptions,
  parsePosition,
} from "./batch.ts";
import { DraftWriter } from "./draft.ts";
import {
  LINE_OCTETS_MAX,
  LINK_OVERHEAD_OCTETS,
  STANZA_OCTETS_MAX,
} from "./limits.ts";
import { guarded } from "./line_format.ts";
import { LineCutter } from "./lines.ts";
import { Tally } from "./refusal.ts";
import { Stanza } from "./stanza.ts";

/** Batches of the links in a package index. */
export async function* importPackages(
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): AsyncGenerator<Batch> {
  const run = new PackagesRun(options);
  for await (const chunk of guarded(source)) yield* run.feed(chunk);
  yield* run.feed(undefined);
  yield* run.end();
}

class PackagesRun {
  readonly #writer = new DraftWriter();
  readonly #cutter: LineCutter;
  readonly #tally: Tally;
  readonly #skipBad: boolean;
  /** The stanza that the current line belongs to. */
  #stanza: Stanza | undefined;
  /** Links of the first stanza that an earlier run gave. */
  #given: number;

  constructor(options: ImportOptions) {
    const { offset, line, given } = parsePosition(options.resume);
    this.#cutter = new LineCutter(offset, line);
    this.#tally = options.tally ?? new Tally();
    this.#skipBad = options.skipBad ?? false;
    this.#given = given;
  }

  *feed(chunk: Uint8Array | undefined): Generator<Batch> {
    const cutter = this.#cutter;
    cutter.feed(chunk);
    while (cutter.next()) {
      if (!cutter.overlong && isBlank(cutter)) yield* this.#close();
      else this.#line();
    }
    this.#tally.octets = cutter.offset;
    this.#tally.lines = cutter.line;
  }

  /** Gives what is left once the source has ended. */
  *end(): Generator<Batch> {
    yield* this.#close();
    if (this.#writer.links > 0) {
      yield this.#take(this.#cutter.offset, this.#cutter.line, 0);
    }
  }

  #line(): void {
    const cutter = this.#cutter;
    const stanza = this.#stanza ??= new Stanza(cutter.lineOffset, cutter.line);
    if (cutter.overlong) {
      stanza.refuse(cutter.line, `longer than ${LINE_OCTETS_MAX} octets`);
    } else if (cutter.offset - stanza.offset > STANZA_OCTETS_MAX) {
      const reason = `stanza is longer than ${STANZA_OCTETS_MAX} octets`;
      stanza.refuse(cutter.line, reason);
    } else {
      stanza.line(cutter.line, cutter.octets, cutter.start, cutter.end);
    }
    // Without `skipBad` this ends the import at the line, not at the stanza's end.
    if (stanza.bad !== undefined && !this.#skipBad) {
      this.#tally.bad(stanza.bad, false);
    }
  }

  /** Gives the links of the stanza that just ended. */
  *#close(): Generator<Batch> {
    const stanza = this.#stanza;
    if (stanza === undefined) return;
    this.#stanza = undefined;
    const given = this.#given;
    this.#given = 0;
    const links = stanza.links();
    if (stanza.bad !== undefined) {
      this.#tally.bad(stanza.bad, this.#skipBad);
      return;
    }
    const writer = this.#writer;
    for (let i = given; i < links.targets.length; i++) {
      const target = links.targets[i] as Uint8Array;
      const octets = LINK_OVERHEAD_OCTETS + links.name.length + target.length;
      if (!writer.fits(octets, 1)) {
        yield this.#take(stanza.offset, stanza.line0 - 1, i);
      }
      writer.content(links.name);
      writer.content(target);
      writer.finish();
    }
  }

  #take(offset: number, line: number, given: number): Batch {
    const links = this.#writer.links;
    this.#tally.links += links;
    const position = formatPosition({ offset, line, given });
    return { draft: this.#writer.take(), links, position, line, offset };
  }
}

/** Only spaces and tabs: the end of a stanza. */
function isBlank(cutter: LineCutter): boolean {
  const { octets, start, end } = cutter;
  for (let i = start; i < end; i++) {
    if (octets[i] !== 0x20 && octets[i] !== 0x09) return false;
  }
  return true;
}
