/**
 * The contract: a running total with a limit.
 */
import { Result } from "../../sdk/assembly/result";
import { Refusal } from "./gen/tally";
import { setSum, sum, TOTAL_MAX } from "./state";

export function add(by: u64): Result<u64, Refusal> {
  if (by > TOTAL_MAX - sum()) {
    return Result.err<u64, Refusal>(Refusal.over(TOTAL_MAX));
  }
  setSum(sum() + by);
  return Result.ok<u64, Refusal>(sum());
}

export function total(): u64 {
  return sum();
}
