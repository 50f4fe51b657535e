/**
 * Batches of links, as importers give them, and the place to go on from.
 *
 * A batch holds whole records in the draft encoding of
 * wit/cells/graph/encodings.md and belongs to whoever receives it. Applying
 * every batch once, in order, gives the same graph as one uninterrupted import.
 */
import { ImportRefusal, type Tally } from "./refusal.ts";

/** A run of links, ready for `ledger.compose`. */
export interface Batch {
  /** At most `DRAFT_LINKS_MAX` links and `DRAFT_OCTETS_MAX` octets. */
  readonly draft: Uint8Array;
  readonly links: number;
  /** Opaque: hand it back as `resume` to go on after this batch. */
  readonly position: string;
  /** The last line (note) that the batch reaches, from 1. */
  readonly line: number;
  /** Octets (notes) of the source that are done with this batch. */
  readonly offset: number;
}

/** What every importer is told. */
export interface ImportOptions {
  /** A batch's `position`; the source then starts at that position's offset. */
  readonly resume?: string;
  /** Count and report malformed records instead of stopping. */
  readonly skipBad?: boolean;
  /** Where the importer counts. */
  readonly tally?: Tally;
}

/** Where an import stands, between two links. */
export interface Position {
  /** Octets (notes) consumed. */
  readonly offset: number;
  /** Lines (notes) consumed. */
  readonly line: number;
  /** Links of the record at `offset` that were given already. */
  readonly given: number;
}

export const START: Position = { offset: 0, line: 0, given: 0 };

export function formatPosition(position: Position): string {
  return `${position.offset}:${position.line}:${position.given}`;
}

/** Reads a position back; refuses what no importer wrote. */
export function parsePosition(text: string | undefined): Position {
  if (text === undefined) return START;
  const parts = text.split(":");
  const numbers = parts.map(Number);
  const [offset, line, given] = numbers;
  const sound = parts.length === 3 &&
    parts.every((part) => /^(0|[1-9][0-9]{0,15})$/.test(part)) &&
    numbers.every(Number.isSafeInteger);
  if (
    !sound || offset === undefined || line === undefined || given === undefined
  ) {
    throw new ImportRefusal(`not a position of an import: "${text}"`);
  }
  return { offset, line, given };
}
