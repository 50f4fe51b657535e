/** One case of the onnx package on one NPU: loaded, run, compared. */
import type { Npu, Outcome, Work } from "../../../../hal/npu_contract.ts";
import { PATIENT_US, shown } from "../case.ts";
import { type Files, type OnnxCase, tensorIn } from "./case.ts";
import { difference } from "./compare.ts";

/** How it ended; the text says what was seen. */
export interface Ended {
  readonly end:
    | "passed"
    /** The driver took the model, and gave something else. */
    | "mismatch"
    /** It did not take the model, and says why. */
    | "refused"
    /** It took the model, and did not carry it out. */
    | "not-run"
    /** It ended in another way than the contract has for it. */
    | "broken";
  readonly what: string;
}

const PASSED: Ended = { end: "passed", what: "" };

export function runCase(npu: Npu, one: OnnxCase, files: Files): Ended {
  const made = outcomeOf(npu, { tag: "load", val: files("model.onnx") });
  if (made.tag === "rejected") {
    return made.val === ""
      ? { end: "broken", what: "refused without a reason" }
      : { end: "refused", what: made.val };
  }
  if (made.tag !== "made") return broken(made);
  try {
    for (const [set] of one.data.entries()) {
      const ended = runSet(npu, made.val, one, set, files);
      if (ended.end !== "passed") return ended;
    }
    return PASSED;
  } finally {
    npu.unload(made.val);
  }
}

function runSet(
  npu: Npu,
  model: bigint,
  one: OnnxCase,
  set: number,
  files: Files,
): Ended {
  const { inputs = [], outputs = [] } = one.data[set] ?? {};
  const tensors = inputs.map(({ name }, at) =>
    tensorIn(name, files(`${set}_input_${at}.pb`))
  );
  const outcome = outcomeOf(npu, {
    tag: "run",
    val: { model, inputs: tensors, outputs: outputs.map(({ name }) => name) },
  });
  if (outcome.tag === "rejected") return { end: "not-run", what: outcome.val };
  if (outcome.tag !== "tensors") return broken(outcome);
  for (const [at, { name }] of outputs.entries()) {
    const got = outcome.val[at];
    if (got === undefined) return { end: "mismatch", what: `no ${name}` };
    const wanted = tensorIn(name, files(`${set}_output_${at}.pb`));
    const what = difference(got, wanted, one);
    if (what !== undefined) return { end: "mismatch", what };
  }
  return PASSED;
}

function broken(outcome: Outcome): Ended {
  return { end: "broken", what: shown(outcome).slice(0, 300) };
}

/** Does one thing, while nothing else is under way. */
function outcomeOf(npu: Npu, work: Work): Outcome {
  const answer = npu.submit(work, PATIENT_US);
  if (answer.tag === "err") {
    const { tag, val } = answer.val;
    return { tag: "rejected", val: `${tag}: ${val ?? ""}` };
  }
  const [completion] = npu.wait(1, PATIENT_US);
  if (completion?.ticket === answer.val) return completion.outcome;
  return { tag: "failed", val: "it did not complete" };
}
