/** Opening, and sealing when there is nothing else: `karyon:kernel/background`. */
import { Progress } from "./gen/background";
import { shouldYield } from "./gen/scheduling";
import { IDLE_MS } from "./limits";
import { beginOpening, idleStore, isStepFull, openPiece } from "./store";

export function step(): Progress {
  beginOpening();
  while (openPiece()) {
    if (shouldYield() || isStepFull()) return Progress.more();
  }
  idleStore();
  return Progress.idle(IDLE_MS);
}
