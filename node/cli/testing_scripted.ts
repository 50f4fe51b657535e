/** Fixed answers for a `Room`: reports by their text, and no statements. */
import { Effect } from "effect";
import { Refusal } from "../api.ts";
import type { AvatarCommands } from "./avatar_words.ts";
import type { CheckedReport } from "./composition.ts";

const noStatement = () =>
  Effect.fail(new Refusal({ kind: "invalid", message: "no statement" }));
export const noAvatars: AvatarCommands = {
  draw: noStatement,
  sign: noStatement,
  check: noStatement,
};

/** A report whose text says what it differs in. */
export function checkedReport(text: string): CheckedReport {
  return {
    driver: "memory/block",
    contract: "block",
    platform: "simulated",
    seed: 1,
    result: text.includes("failed") ? "FAILED" : "PASSED",
    passed: 1,
    warned: 0,
    failed: text.includes("failed") ? 1 : 0,
    left_out: 0,
    signers: [{ id: "01ff", name: "alice" }],
    driver_here: text.includes("changed") ? "changed" : "same",
    suite_here: "same",
  };
}
