/**
 * A particle's focus, explained: the rank cell's figures with names to the numbers.
 */
import { Result } from "../../sdk/assembly/result";
import { axonOf, briefsOf, numberOf, rankAbsent } from "./asking";
import { CONTRIBUTIONS_MAX } from "./limits";
import { Brief, Explained, Refusal } from "./gen/answers";
import * as explanations from "./gen/explanations";

type Cid = StaticArray<u8>;

export function explain(id: Cid, limit: u32): Result<Explained, Refusal> {
  if (limit > CONTRIBUTIONS_MAX) {
    return refuse(Refusal.invalid(`limit: ${limit} is not from 0 to ${CONTRIBUTIONS_MAX}`));
  }
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
