/**
 * How an importer says no, and what it counts on the way.
 *
 * An importer throws `ImportRefusal` and nothing else. Every batch given before
 * it is whole and may be kept; nothing of the refused record was given.
 */
import { REPORTS_MAX } from "./limits.ts";

/** What is wrong with one record; `column` counts octets from 1. */
export interface Fault {
  readonly reason: string;
  readonly column?: number;
}

/** A malformed record, with its place. */
export interface BadRecord extends Fault {
  /** Line from 1; the line on which the trouble is. */
  readonly line: number;
  /** The file, where a source has several. */
  readonly file?: string;
}

/** Stops an import: which place, and why. */
export class ImportRefusal extends Error {
  override readonly name = "ImportRefusal";

  constructor(readonly reason: string, readonly place?: BadRecord) {
    super(place === undefined ? reason : describeBad(place));
  }
}

/** One line of text for people: `line 7, column 3: why`. */
export function describeBad(bad: BadRecord): string {
  const file = bad.file === undefined ? "" : `${bad.file}, `;
  const column = bad.column === undefined ? "" : `, column ${bad.column}`;
  return `${file}line ${bad.line}${column}: ${bad.reason}`;
}

/** Running counts of one import; the importer writes, the caller reads. */
export class Tally {
  /** Octets of the source consumed, the resumed part included. */
  octets = 0;
  /** Lines (notes of a folder) consumed, the resumed part included. */
  lines = 0;
  /** Links given in batches so far. */
  links = 0;
  /** Malformed records left out. */
  skipped = 0;
  /** The first `REPORTS_MAX` of them. */
  readonly reports: BadRecord[] = [];

  /** Leaves a record out, or stops the import where that was not asked for. */
  bad(place: BadRecord, skipBad: boolean): void {
    if (!skipBad) throw new ImportRefusal(place.reason, place);
    this.skipped++;
    if (this.reports.length < REPORTS_MAX) this.reports.push(place);
  }
}
