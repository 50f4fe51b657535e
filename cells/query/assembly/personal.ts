/**
 * Focus from a few particles: the rank cell's figures with names to the numbers.
 */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { briefsOf, numberOf, outOfBounds, rankAbsent } from "./asking";
import { SOURCES_MAX, TOP_MAX } from "./limits";
import { Brief, PersonalOutcome, PersonalView, Refusal } from "./gen/answers";
import * as rank from "./gen/personal";

type Cid = StaticArray<u8>;

export function personal(
  sources: Array<Cid>,
  subject: Option<Cid>,
  limit: u32,
): Result<PersonalOutcome, Refusal> {
  const count = sources.length;
  if (limit == 0 || limit > TOP_MAX) {
    return refuse(outOfBounds("limit", limit, TOP_MAX));
  }
  const known = numbersOf(sources);
  if (!known.isOk) return refuse(known.error);
  const numbers = known.value;
  // The sources' focus is asked for, too; the particle comes last.
  const asked = new Array<u32>();
  for (let i = 0; i < count; i++) asked.push(numbers[i]);
  if (subject.isSome) {
    const number = numberOf(subject.value);
    if (!number.isOk) return refuse(number.error);
    asked.push(number.value);
  }
  const particles = StaticArray.fromArray<u32>(asked);
  const answer = rank.ask(numbers, particles, limit);
  if (!answer.isOk) return refuse(rankAbsent(answer.error));
  const outcome = answer.value;
  if (outcome.tag == rank.OutcomeTag.Computed) {
    return named(particles, count, outcome.computedValue);
  }
  if (outcome.tag == rank.OutcomeTag.Preparing) {
    return Result.ok<PersonalOutcome, Refusal>(
      PersonalOutcome.preparing(outcome.preparingValue),
    );
  }
  if (outcome.tag == rank.OutcomeTag.NoMemory) {
    return refuse(
      Refusal.unavailable("rank: its memory is too small for a focus from particles"),
    );
  }
  if (outcome.tag == rank.OutcomeTag.Unranked) {
    return refuse(Refusal.unavailable("rank: a source has no published focus yet"));
  }
  return refuse(Refusal.unavailable("rank: it refused the sources"));
}

/** The numbers of 1 to SOURCES_MAX sources. */
export function numbersOf(sources: Array<Cid>): Result<StaticArray<u32>, Refusal> {
  const count = sources.length;
  if (count == 0 || <u32>count > SOURCES_MAX) {
    return Result.err<StaticArray<u32>, Refusal>(outOfBounds("sources", count, SOURCES_MAX));
  }
  const numbers = new StaticArray<u32>(count);
  for (let i = 0; i < count; i++) {
    const number = numberOf(sources[i]);
    if (!number.isOk) return Result.err<StaticArray<u32>, Refusal>(number.error);
    numbers[i] = number.value;
  }
  return Result.ok<StaticArray<u32>, Refusal>(numbers);
}

/** The first `count` of `particles` are the sources. */
function named(
  particles: StaticArray<u32>,
  count: i32,
  figures: rank.PersonalFocus,
): Result<PersonalOutcome, Refusal> {
  const asked = particles.length;
  if (figures.focus.length != asked) {
    return refuse(Refusal.unavailable("rank: its answer has not what was asked for"));
  }
  const most = figures.top.length;
  const numbers = new StaticArray<u32>(asked + most);
  const focuses = new StaticArray<f64>(asked + most);
  for (let i = 0; i < asked; i++) {
    numbers[i] = particles[i];
    focuses[i] = figures.focus[i];
  }
  for (let i = 0; i < most; i++) {
    numbers[asked + i] = figures.top[i].particle;
    focuses[asked + i] = figures.top[i].focus;
  }
  const briefs = briefsOf(numbers, focuses);
  if (!briefs.isOk) return refuse(briefs.error);
  const all = briefs.value;
  const subject = asked > count ? Option.some<Brief>(all[count]) : Option.none<Brief>();
  return Result.ok<PersonalOutcome, Refusal>(
    PersonalOutcome.computed(
      new PersonalView(figures, all.slice(0, count), subject, all.slice(asked)),
    ),
  );
}

function refuse(refusal: Refusal): Result<PersonalOutcome, Refusal> {
  return Result.err<PersonalOutcome, Refusal>(refusal);
}
