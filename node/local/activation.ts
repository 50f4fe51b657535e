/** When a proposal takes effect, in the words of `NodeApi`. */
import { type Activation, timeText } from "../../kernel/governance/mod.ts";
import type { ActivationReport } from "../api.ts";

export function activationReport(activation: Activation): ActivationReport {
  switch (activation.at) {
    case "once":
      return { at: "once" };
    case "time":
      return { at: "time", time: timeText(activation.ms) };
    case "height":
      return { at: "height", height: `${activation.height}` };
  }
}
