/** Opening, folding, trees of a past height, and sealing when there is nothing else: `karyon:kernel/background`. */
import { Progress } from "./gen/background";
import { shouldYield } from "./gen/scheduling";
import { foldPiece, hasRound, streamsIn } from "./fold";
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
  let waits = false;
  if (phase == Phase.Open) {
    waits = streamsIn();
    // One round a step, so that what comes below has its turn, too.
    while (!waits && foldPiece()) {
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
  if (!waits) {
    if (phase == Phase.Open && hasRound()) return Progress.more();
    idleStore();
  }
  return Progress.idle(IDLE_MS);
}
