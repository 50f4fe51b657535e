/**
 * The rank cell's background work: one computation after the other.
 */
import { Progress } from "./gen/background";
import { work } from "./machine";

export function step(): Progress {
  const restMs = work();
  return restMs == 0 ? Progress.more() : Progress.idle(restMs);
}
