/**
 * Reading the record up to a goal, a scan at a time.
 *
 * What a scan answers is believed as far as it is checked here: its length, its
 * columns, and that every particle is below the goal's.
 */
import * as reads from "./gen/reads";
import { Absence } from "./gen/call";
import { SCAN_LINKS } from "./limits";
import { append, Columns, roomInChunk } from "./record";

/** What the running computation is about. */
export class Goal {
  static links: u32 = 0;
  static height: u64 = 0;
  static particles: u32 = 0;
  static neurons: u32 = 0;
}

/** How a piece ended, and why it could not go on. */
export const MORE: u32 = 0;
export const DONE: u32 = 1;
export const NO_MEMORY: u32 = 2;
export const NO_GRAPH: u32 = 3;
export const BAD_GRAPH: u32 = 4;

export class Pull {
  static trouble: string = "";
  /** Scans since the step began. */
  static scans: u32 = 0;
}

export function troubleOf(absence: Absence): string {
  return absence == Absence.Gone ? "graph: gone" : "graph: refused";
}

/** Reads the next links up to the goal. */
export function pullPiece(): u32 {
  if (Columns.links == Goal.links) return DONE;
  const left = Goal.links - Columns.links;
  const limit = min(min(left, SCAN_LINKS), roomInChunk());
  const answer = reads.scan(<u64>Columns.links, limit);
  ++Pull.scans;
  if (!answer.isOk) {
    Pull.trouble = troubleOf(answer.error);
    return NO_GRAPH;
  }
  const run = answer.value;
  let wrong = checkRun(run, limit);
  const highest = highestOf(run);
  if (wrong == "" && highest >= Goal.particles) {
    wrong = `a link names particle ${highest} of ${Goal.particles}`;
  }
  if (wrong != "") {
    Pull.trouble = `graph: ${wrong}`;
    return BAD_GRAPH;
  }
  if (!append(highest, run.origins, run.targets, run.weights)) return NO_MEMORY;
  return Columns.links == Goal.links ? DONE : MORE;
}

/** Says what is wrong with a scan's answer, or "". */
function checkRun(run: reads.Columns, limit: u32): string {
  const count = run.origins.length;
  if (count == 0 || <u32>count > limit) {
    return `scan of ${limit} links at ${Columns.links} gave ${count}`;
  }
  if (run.targets.length != count || run.weights.length != count) {
    return `scan at ${Columns.links} gave columns of unequal length`;
  }
  if (run.next != <u64>Columns.links + <u64>count) {
    return `scan at ${Columns.links} gave ${count} links and next ${run.next}`;
  }
  return "";
}

function highestOf(run: reads.Columns): u32 {
  let highest: u32 = 0;
  for (let i = 0; i < run.origins.length; ++i) {
    highest = max(highest, unchecked(run.origins[i]));
  }
  for (let i = 0; i < run.targets.length; ++i) {
    highest = max(highest, unchecked(run.targets[i]));
  }
  return highest;
}
