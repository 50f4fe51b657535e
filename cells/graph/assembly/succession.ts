/** Taking over a device that another generation uses: `karyon:kernel/succession`. */
import { Result, UNIT, Unit } from "../../sdk/assembly/result";
import { Progress } from "./gen/succession";
import { shouldYield } from "./gen/scheduling";
import { IDLE_MS } from "./limits";
import {
  beginOpening,
  followPiece,
  isStepFull,
  Phase,
  phase,
  storeFault,
  takeStore,
} from "./store";

export function follow(): Progress {
  beginOpening();
  while (followPiece()) {
    if (shouldYield() || isStepFull()) return Progress.more();
  }
  return Progress.idle(IDLE_MS);
}

export function succeed(): Result<Unit, string> {
  // The first end may be one of octets that were read before the last append.
  while (followPiece()) {}
  while (followPiece()) {}
  const refusal = phase == Phase.Failed ? storeFault : takeStore();
  return refusal.length > 0
    ? Result.err<Unit, string>(refusal)
    : Result.ok<Unit, string>(UNIT);
}
