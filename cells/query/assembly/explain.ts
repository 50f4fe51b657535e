/**
 * A particle's focus, explained: the rank cell's figures with names to the numbers.
 */
import { Result } from "../../sdk/assembly/result";
import { axonOf, briefsOf, numberOf, rankAbsent } from "./asking";
import { CONTRIBUTIONS_MAX } from "./limits";
import { Brief, Explained, ExplainedFrom, ExplainedOutcome, Refusal } from "./gen/answers";
import * as explanations from "./gen/explanations";
import * as focus from "./gen/personal";
import { numbersOf } from "./personal";

type Cid = StaticArray<u8>;

export function explain(id: Cid, limit: u32): Result<Explained, Refusal> {
  if (limit > CONTRIBUTIONS_MAX) return refuse(limitRefused(limit));
  const number = numberOf(id);
  if (!number.isOk) return refuse(number.error);
  const answer = explanations.explain(number.value, limit);
  if (!answer.isOk) return refuse(rankAbsent(answer.error));
  const outcome = answer.value;
  if (outcome.tag == explanations.OutcomeTag.Preparing) return refuse(Refusal.preparing());
  if (outcome.tag == explanations.OutcomeTag.NoMemory) {
    return refuse(Refusal.unavailable("rank: its memory is too small for explanations"));
  }
  if (outcome.tag == explanations.OutcomeTag.Unranked) {
    return refuse(Refusal.unavailable("rank: the particle has no published focus yet"));
  }
  return named(number.value, outcome.explainedValue);
}

export function explainFrom(
  sources: Array<Cid>,
  id: Cid,
  limit: u32,
): Result<ExplainedOutcome, Refusal> {
  if (limit > CONTRIBUTIONS_MAX) return refuseFrom(limitRefused(limit));
  const known = numbersOf(sources);
  if (!known.isOk) return refuseFrom(known.error);
  const numbers = known.value;
  const number = numberOf(id);
  if (!number.isOk) return refuseFrom(number.error);
  const answer = explanations.explainFrom(numbers, number.value, limit);
  if (!answer.isOk) return refuseFrom(rankAbsent(answer.error));
  const outcome = answer.value;
  if (outcome.tag == explanations.OutcomeFromTag.Preparing) {
    return Result.ok<ExplainedOutcome, Refusal>(
      ExplainedOutcome.preparing(outcome.preparingValue),
    );
  }
  if (outcome.tag != explanations.OutcomeFromTag.Explained) {
    return refuseFrom(refusalOf(outcome, number.value));
  }
  const found = named(number.value, outcome.explainedValue);
  if (!found.isOk) return refuseFrom(found.error);
  const own = focus.ask(numbers, numbers, 1);
  if (!own.isOk) return refuseFrom(rankAbsent(own.error));
  if (own.value.tag != focus.OutcomeTag.Computed) {
    return refuseFrom(Refusal.unavailable("rank: it has the focus no more that it explained"));
  }
  const briefs = briefsOf(numbers, own.value.computedValue.focus);
  if (!briefs.isOk) return refuseFrom(briefs.error);
  return Result.ok<ExplainedOutcome, Refusal>(
    ExplainedOutcome.explained(new ExplainedFrom(found.value, briefs.value)),
  );
}

function refusalOf(outcome: explanations.OutcomeFrom, particle: u32): Refusal {
  if (outcome.tag == explanations.OutcomeFromTag.NoMemory) {
    return Refusal.unavailable("rank: its memory is too small for a focus from particles");
  }
  if (outcome.tag == explanations.OutcomeFromTag.Apart) {
    return Refusal.invalid("from: no links join the particle to these; its focus from them is 0");
  }
  if (outcome.tag == explanations.OutcomeFromTag.Unranked) {
    const which = outcome.unrankedValue == particle ? "the particle" : "a source";
    return Refusal.unavailable(`rank: ${which} has no published focus yet`);
  }
  return Refusal.unavailable("rank: it refused the sources");
}

function limitRefused(limit: u32): Refusal {
  return Refusal.invalid(`limit: ${limit} is not from 0 to ${CONTRIBUTIONS_MAX}`);
}

function refuseFrom(refusal: Refusal): Result<ExplainedOutcome, Refusal> {
  return Result.err<ExplainedOutcome, Refusal>(refusal);
}

function named(
  particle: u32,
  figures: explanations.Explanation,
): Result<Explained, Refusal> {
  const count = figures.contributions.length;
  const numbers = new StaticArray<u32>(count + 1);
  const focuses = new StaticArray<f64>(count + 1);
  numbers[count] = particle;
  focuses[count] = figures.focus;
  for (let i = 0; i < count; i++) {
    numbers[i] = figures.contributions[i].particle;
    focuses[i] = figures.contributions[i].focus;
  }
  const briefs = briefsOf(numbers, focuses);
  if (!briefs.isOk) return refuse(briefs.error);
  const self = briefs.value.pop();
  const axons = new Array<Cid>();
  for (let i = 0; i < count; i++) {
    const other = briefs.value[i].id;
    axons.push(
      figures.contributions[i].inward
        ? axonOf(other, self.id)
        : axonOf(self.id, other),
    );
  }
  return Result.ok<Explained, Refusal>(
    new Explained(self, figures, briefs.value, axons),
  );
}

function refuse(refusal: Refusal): Result<Explained, Refusal> {
  return Result.err<Explained, Refusal>(refusal);
}
