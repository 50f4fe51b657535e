/**
 * The contract `karyon:kernel/background`: keeps the index up with the graph.
 */
import { IDLE_FULL_MS } from "./limits";
import { AGAIN, feedStep } from "./feed";
import { isRunning } from "./lifecycle";
import { Progress } from "./gen/background";

export function step(): Progress {
  if (!isRunning()) return Progress.idle(IDLE_FULL_MS);
  const wait = feedStep();
  return wait == AGAIN ? Progress.more() : Progress.idle(wait);
}
