/**
 * What explanations of the publication need: computed once for each, and only if somebody asks.
 *
 * Rely on: `Flow.passing` is ready only while the matrices are those of the publication.
 */
import { HOLD_MS } from "./limits";
import { Passing } from "./passing";
import { Published } from "./published";

export class Flow {
  static passing: Passing = new Passing();
  /** Somebody asked, and has no answer yet. */
  static asked: bool = false;
  /** It did not fit the memory; asked again after the next publication. */
  static short: bool = false;
}

/** Whether a publication that is explained waits on for whoever asked. */
export function holds(nowUs: u64): bool {
  if (nowUs < Flow.passing.sinceUs + HOLD_MS * 1000) return true;
  Flow.asked = false;
  return false;
}

/** False where memory ran out. */
export function beginFlow(): bool {
  Flow.short = !Flow.passing.begin(Published.vector, Published.numbers);
  if (Flow.short) Flow.asked = false;
  return !Flow.short;
}

export function dropFlow(): void {
  Flow.short = false;
  Flow.passing.drop();
}

/** One piece; true when it is ready. */
export function flowPiece(nowUs: u64): bool {
  return Flow.passing.piece(nowUs);
}
