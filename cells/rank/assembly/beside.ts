/**
 * What is computed beside the publications, over the matrices of the last one.
 *
 * Explanations, personal focuses, karma and the slowest mode: stages that begin and end
 * in REST, of which one runs between two looks at the record.
 */
import { beginKarma, dropKarma, forgetKarma, isKarmaWanted, karmaPiece } from "./karma";
import { flowPiece } from "./flow";
import { beginMode, forgetMode, interruptMode, isModeAwaited, modePiece } from "./modes";
import { beginRun, forgetRuns, interruptRun, isAwaited, runPiece } from "./runs";
import { EARN, FLOW, MODE, REST, RUN } from "./stages";

export function isBeside(stage: u32): bool {
  return stage == FLOW || stage == RUN || stage == EARN || stage == MODE;
}

/** Begins what is wanted next; answers its stage, or REST. */
export function beginBeside(nowUs: u64): u32 {
  if (beginKarma(nowUs)) return EARN;
  if (beginRun(nowUs)) return RUN;
  return beginMode(nowUs) ? MODE : REST;
}

/** One piece; true when the stage is over. */
export function besidePiece(stage: u32, nowUs: u64): bool {
  if (stage == FLOW) return flowPiece(nowUs);
  if (stage == RUN) return runPiece(nowUs);
  if (stage == EARN) return karmaPiece(nowUs);
  return modePiece();
}

/** Whether something waits that needs the matrices. */
export function isBesideAwaited(nowUs: u64): bool {
  return isKarmaWanted() || isAwaited(nowUs) || isModeAwaited(nowUs);
}

export function interruptBeside(): void {
  interruptRun();
  interruptMode();
  dropKarma();
}

/** The record is another one. */
export function forgetBeside(): void {
  forgetRuns();
  forgetMode();
  forgetKarma();
}
