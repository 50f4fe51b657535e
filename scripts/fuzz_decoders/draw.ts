/**
 * The octets of a case: always the same for the same target, seed and number.
 *
 * The first cases are the target's seeds as they are. After them, changes of a
 * seed, or pure chance.
 */
import {
  randomOctets,
  seeded,
} from "../../conformance/kernel/engine/chance.ts";
import { below, type Change, CHANGES, pick } from "./mutate.ts";
import { changeJson, changeLines } from "./mutate_text.ts";
import {
  type Chance,
  type Form,
  OCTETS_MAX,
  type Subject,
  type Target,
} from "./target.ts";

const CHANCE_OCTETS_MAX = 600;
/** Odds of one more change. */
const AGAIN = 0.5;
const PURE_CHANCE = 0.03;

const OF_FORM: Readonly<Record<Form, Change | undefined>> = {
  octets: undefined,
  json: changeJson,
  lines: changeLines,
};

export function drawn(
  target: Target,
  { seeds }: Pick<Subject, "seeds">,
  seed: number,
  index: number,
): Uint8Array {
  const first = seeds[index];
  if (first !== undefined) return first.slice();
  const chance = seeded(seed ^ Math.imul(index + 1, 0x9e37_79b1));
  if (chance() < PURE_CHANCE || seeds.length === 0) {
    return randomOctets(below(CHANCE_OCTETS_MAX, chance), chance);
  }
  const { octetsMax = OCTETS_MAX } = target;
  let octets = pick(seeds, chance).slice();
  do {
    octets = changed(target, octets, chance, seeds, octetsMax)
      .slice(0, octetsMax);
  } while (chance() < AGAIN);
  return octets;
}

function changed(
  { form, change }: Target,
  octets: Uint8Array,
  chance: Chance,
  seeds: readonly Uint8Array[],
  octetsMax: number,
): Uint8Array {
  if (change !== undefined && chance() < 0.5) return change(octets, chance);
  const known = OF_FORM[form];
  const one = known !== undefined && chance() < 0.75
    ? known
    : pick(CHANGES, chance);
  return one(octets, chance, seeds, octetsMax);
}
