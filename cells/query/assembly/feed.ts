/**
 * Pulls new contents from the graph into the index, a bounded piece at a time.
 *
 * A piece that a step did not finish is kept for the next one, so where a step
 * yields changes nothing about the index. Each content is taken once, in the
 * graph's order of arrival. While the graph does not answer the index stays as
 * it is; once it is full nothing more is asked for.
 */
import {
  CONTENT_WORK_OCTETS,
  IDLE_ABSENT_MS,
  IDLE_FULL_MS,
  IDLE_MS,
  OCTETS_PER_YIELD_CHECK,
  PIECE_OCTETS,
  PIECES_PER_STEP_MAX,
} from "./limits";
import { absenceText } from "./asking";
import { Indexing, indexContent, indexFull } from "./index";
import { Level, write } from "./gen/log";
import { arrivals, Texts } from "./gen/reads";
import { shouldYield } from "./gen/scheduling";
import { contentsCount } from "./contents";
import { termsCount, termsCrowded } from "./terms";

/** What `feedStep` answers where there is more to do at once. */
export const AGAIN: u32 = 0;

let piece: Texts | null = null;
/** Items of the piece that are done. */
let pieceDone: i32 = 0;
/** Arrival index of the piece's first content. */
let pieceStart: u32 = 0;
/** Why the graph could not be asked; empty while it can. */
let feedFault: string = "";
let caughtUp: bool = false;

/** Contents of the graph that were looked at so far. */
export function contentsTaken(): u32 {
  return pieceStart + <u32>pieceDone;
}

/** What weakens the index; empty where nothing does. */
export function feedWeakness(): string {
  if (indexFull.length > 0) {
    return `index full: ${indexFull}; ${contentsCount} contents are searched`;
  }
  if (feedFault.length > 0) return `index not fed: ${feedFault}`;
  if (termsCrowded > 0) return `${termsCrowded} terms not in the index`;
  return "";
}

/** One step; the milliseconds to wait for the next, or AGAIN. */
export function feedStep(): u32 {
  for (let pieces = 0; pieces < PIECES_PER_STEP_MAX; pieces++) {
    if (indexFull.length > 0) return IDLE_FULL_MS;
    if (piece == null) {
      const wait = fetchPiece();
      if (wait != AGAIN) return wait;
    }
    if (!indexPiece()) return AGAIN;
  }
  return AGAIN;
}

/** Asks for the next piece; the milliseconds to wait if there is none. */
function fetchPiece(): u32 {
  const answer = arrivals(pieceStart, PIECE_OCTETS);
  if (!answer.isOk) {
    return feedFailed(absenceText("graph", answer.error));
  }
  const texts = answer.value;
  if (texts.next - pieceStart < <u32>texts.items.length) {
    return feedFailed("graph: its arrivals do not go forward");
  }
  if (feedFault.length > 0) write(Level.Info, "index is fed again");
  feedFault = "";
  if (texts.items.length == 0) {
    pieceStart = texts.next;
    if (!caughtUp) {
      caughtUp = true;
      write(
        Level.Info,
        `index holds ${contentsCount} contents, ${termsCount} terms`,
      );
    }
    return IDLE_MS;
  }
  piece = texts;
  pieceDone = 0;
  return AGAIN;
}

function feedFailed(fault: string): u32 {
  if (feedFault != fault) write(Level.Warn, `index not fed: ${fault}`);
  feedFault = fault;
  return IDLE_ABSENT_MS;
}

/** Indexes what is left of the piece; false if told to yield before its end. */
function indexPiece(): bool {
  const texts = piece!;
  const items = texts.items;
  let work: u32 = 0;
  while (pieceDone < items.length) {
    if (work >= OCTETS_PER_YIELD_CHECK) {
      if (shouldYield()) return false;
      work = 0;
    }
    const item = items[pieceDone];
    const octets = item.octets.length;
    const made = indexContent(
      item.particle,
      changetype<usize>(item.octets),
      octets,
    );
    if (made == Indexing.Full) {
      piece = null;
      write(Level.Warn, feedWeakness());
      return false;
    }
    pieceDone++;
    work += <u32>octets + CONTENT_WORK_OCTETS;
  }
  pieceStart = texts.next;
  pieceDone = 0;
  piece = null;
  return !shouldYield();
}
