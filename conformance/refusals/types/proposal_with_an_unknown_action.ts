/** Does not type-check: a proposal has one of eight actions. Name one of them. */
import type { Action } from "../../../kernel/governance/mod.ts";

// @ts-expect-error: there is no such action
export const action: Action = "reboot";
