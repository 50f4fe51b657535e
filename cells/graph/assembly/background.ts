/** Opening, folding, trees of a past height, and sealing when there is nothing else: `karyon:kernel/background`. */
import { Progress } from "./gen/background";
import { shouldYield } from "./gen/scheduling";
import { foldPiece } from "./fold";
import { expireOn } from "./let_go";
import { IDLE_MS, STEP_PIECES_MAX } from "./limits";
import { pastPiece } from "./past";
import {
  beginOpening,
  checkpointOn,
  idleStore,
  isStepFull,
  openPiece,
  Phase,
  phase,
} from "./store";

export function step(): Progress {
  beginOpening();
  while (openPiece()) {
    if (shouldYield() || isStepFull()) return Progress.more();
  }
  if (phase == Phase.Open) {
    // One round a step: while links stream in, the next one has more to do.
    while (foldPiece()) {
      if (shouldYield()) return Progress.more();
    }
    while (pastPiece()) {
      if (shouldYield()) return Progress.more();
    }
  }
  let pieces: u32 = 0;
  while (checkpointOn()) {
    if (shouldYield() || ++pieces == STEP_PIECES_MAX) return Progress.more();
  }
  while (expireOn()) {
    if (shouldYield()) return Progress.more();
  }
  idleStore();
  return Progress.idle(IDLE_MS);
}
