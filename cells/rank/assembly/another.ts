/**
 * Whether the graph that answers has the record that was read.
 *
 * A record only grows: one that lost links or particles is another. A graph that was
 * away may have come back with another one of any size, so the last links that are
 * known are read again once; everything that was computed from them goes on then.
 */
import * as reads from "./gen/reads";
import { KNOWN_LINKS } from "./limits";
import { Columns, originOf, targetOf, weightOf } from "./record";

export class Away {
  /** The graph did not answer since its record was compared last. */
  static was: bool = false;
}

export function isAnother(census: reads.Census): bool {
  if (Columns.links == 0) return false;
  if (census.links < <u64>Columns.links || census.particles <= Columns.highest) return true;
  return Away.was && !endsAsKnown();
}

/** Where it does not answer, that is not known yet: it is asked again. */
function endsAsKnown(): bool {
  const count = min(Columns.links, KNOWN_LINKS);
  const first = Columns.links - count;
  const answer = reads.scan(<u64>first, count);
  if (!answer.isOk) return true;
  const run = answer.value;
  const given = <u32>min(min(run.origins.length, run.targets.length), run.weights.length);
  if (given == 0 || given > count) return false;
  Away.was = false;
  for (let i: u32 = 0; i < given; ++i) {
    const link = first + i;
    if (unchecked(run.origins[i]) != originOf(link) || unchecked(run.targets[i]) != targetOf(link)) return false;
    if (unchecked(run.weights[i]) != weightOf(link)) return false;
  }
  return true;
}
