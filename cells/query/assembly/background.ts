/**
 * The contract `karyon:kernel/background`: keeps the index up with the graph, and
 * a copy of the ranks up with rank.
 */
import { IDLE_FULL_MS, RANKS_EVERY_US } from "./limits";
import { AGAIN, feedStep } from "./feed";
import { ranksStep } from "./last_ranks";
import { isRunning } from "./lifecycle";
import { Progress } from "./gen/background";

const RANKS_IDLE_MS: u32 = <u32>(RANKS_EVERY_US / 1000);

export function step(): Progress {
  if (!isRunning()) return Progress.idle(IDLE_FULL_MS);
  const wait = feedStep();
  if (ranksStep() || wait == AGAIN) return Progress.more();
  return Progress.idle(min(wait, RANKS_IDLE_MS));
}
