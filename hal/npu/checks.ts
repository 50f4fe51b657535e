/**
 * What is refused before a driver sees it, chosen in the order of the contract.
 *
 * All drivers share these checks, so that a caller cannot tell them apart by
 * what they refuse. `gone`, `wrong-deadline` and `full` are the session's.
 */
import type {
  Launch,
  Limits,
  Model,
  Port,
  Refusal,
  Work,
} from "../npu_contract.ts";
import { misfit, octetsOf, type Symbols } from "./tensors.ts";

/** What is loaded, as far as judging needs it. */
export interface Models {
  /** Loaded or being loaded. */
  readonly count: number;
  find(name: bigint): Model | undefined;
}

/** Either why not, or how many octets the answer's tensors have at most. */
export type Judged =
  | { readonly tag: "refused"; readonly refusal: Refusal }
  | { readonly tag: "fine"; readonly answerOctets: number };

const refused = (refusal: Refusal): Judged => ({ tag: "refused", refusal });

export function judge(work: Work, limits: Limits, models: Models): Judged {
  if (work.tag === "run") return judgeRun(work.val, limits, models);
  if (work.val.length > limits.modelMax) return over("model-max");
  if (models.count >= limits.modelsMax) return over("models-max");
  return { tag: "fine", answerOctets: 0 };
}

const over = (limit: string) => refused({ tag: "over-limit", val: limit });

function judgeRun(launch: Launch, limits: Limits, models: Models): Judged {
  const { inputs, outputs } = launch;
  const model = models.find(launch.model);
  if (model === undefined) return refused({ tag: "unknown" });
  if (Math.max(inputs.length, outputs.length) > limits.tensorsMax) {
    return over("tensors-max");
  }
  if (inputs.some(({ shape }) => shape.length > limits.rankMax)) {
    return over("rank-max");
  }
  const octets = inputs.reduce((sum, one) => sum + one.octets.length, 0);
  if (octets > limits.transferMax) return over("transfer-max");
  const symbols: Symbols = new Map();
  const wrong = misfit(model.inputs, inputs, symbols);
  if (wrong !== undefined) return refused({ tag: "wrong-input", val: wrong });
  const ports = asked(model, outputs);
  if (typeof ports === "string") {
    return refused({ tag: "wrong-output", val: ports });
  }
  const answerOctets = octetsOf(ports, symbols, limits.transferMax);
  return { tag: "fine", answerOctets };
}

/** The outputs of those names, or the name that is wrong. */
export function asked(
  { outputs }: Model,
  names: readonly string[],
): Port[] | string {
  const ports: Port[] = [];
  for (const name of names) {
    const port = outputs.find((one) => one.name === name);
    if (port === undefined || ports.includes(port)) return name;
    ports.push(port);
  }
  return ports.length === 0 ? "" : ports;
}
