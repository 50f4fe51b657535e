/**
 * Full-text search: relevance, weighted by what the graph attends to.
 *
 * score = BM25 (relevance.ts) * (1 + ln(1 + f n) / ln(1 + n)) for a particle
 * of focus f among n ranked ones: f n is its focus as a multiple of the mean.
 * No focus leaves relevance as it is, all focus doubles it; so a particle
 * never passes one that is more than twice as relevant. Without any ranks f = 0.
 *
 * The particle whose whole content is the query comes first: it gets the best
 * score of the others on top of its own. It is found by its identity, so also
 * while its content is not in the index yet.
 */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import {
  FOCUS_PER_CALL_MAX,
  HITS_MAX,
  QUERY_OCTETS_MAX,
  QUERY_TERMS_MAX,
} from "./limits";
import {
  briefsOf,
  focusOf,
  graphAbsent,
  identityOf,
  outOfBounds,
  ranksStanding,
} from "./asking";
import { bagTerms, fillBag } from "./bag";
import {
  bestParticle,
  bestScore,
  clearBest,
  offer,
  sortBest,
  worstKept,
} from "./best";
import { particleAt, scoreAddress } from "./contents";
import { contentsTaken } from "./feed";
import {
  clearScores,
  mostFrequent,
  scoreContents,
  scoredCount,
  scoredPlace,
  scoreOfQuery,
} from "./relevance";
import { Hit, Hits, Refusal } from "./gen/answers";
import { count, find } from "./gen/reads";

/** What all focus multiplies relevance by. */
const FOCUS_FACTOR_MAX: f64 = 2;
/** Allows for rounding where a bound is derived from another score. */
const ROUNDING: f64 = 1 - 1e-9;

/** Particles whose focus is not asked for yet, and their relevance: kept, as
 * every search would leave them behind as garbage. */
const waitingParticles: StaticArray<u32> = new StaticArray<u32>(
  FOCUS_PER_CALL_MAX,
);
const waitingScores: StaticArray<f64> = new StaticArray<f64>(
  FOCUS_PER_CALL_MAX,
);

export function searchIndex(
  query: ArrayBuffer,
  limit: u32,
): Result<Hits, Refusal> {
  const fault = fillQuery(query);
  if (fault.length > 0) return refuse(Refusal.invalid(fault));
  if (limit == 0 || limit > HITS_MAX) {
    return refuse(outOfBounds("limit", limit, HITS_MAX));
  }
  const census = count();
  if (!census.isOk) return refuse(graphAbsent(census.error));
  const id = identityOf(changetype<usize>(query), query.byteLength);
  const exact = find(id);
  if (!exact.isOk) return refuse(graphAbsent(exact.error));
  scoreContents();
  const standing = ranksStanding();
  const ranked = standing == null ? 0 : standing.particles;
  const exactScored = chooseBest(exact.value, ranked, limit);
  clearScores();
  let matches = scoredCount;
  if (exact.value.isSome && !exactScored) matches++;
  const taken = contentsTaken();
  const contents = census.value.contents;
  return describeBest(
    exact.value,
    ranked,
    limit,
    max(matches, mostFrequent),
    contents > taken ? contents - taken : 0,
  );
}

/** Puts the query's terms into the bag; else says what is wrong with it. */
function fillQuery(query: ArrayBuffer): string {
  if (query.byteLength > QUERY_OCTETS_MAX) {
    return `query: ${query.byteLength} octets; at most ${QUERY_OCTETS_MAX}`;
  }
  fillBag(changetype<usize>(query), query.byteLength);
  if (bagTerms == 0) return "query: it has no term (a letter or digit)";
  if (bagTerms > QUERY_TERMS_MAX) {
    return `query: ${bagTerms} terms; at most ${QUERY_TERMS_MAX}`;
  }
  return "";
}

/**
 * Offers every scored content but the exact one with its final score; returns
 * whether the exact one was among them. Focus is asked for only where it can
 * matter: a content below half the `limit`-th relevance cannot come up.
 */
function chooseBest(exact: Option<u32>, ranked: u32, limit: u32): bool {
  clearBest(limit);
  for (let i: u32 = 0; i < scoredCount; i++) {
    const place = scoredPlace(i);
    offer(particleAt(place), load<f64>(scoreAddress(place)));
  }
  const least = worstKept() / FOCUS_FACTOR_MAX * ROUNDING;
  clearBest(limit);
  let exactScored = false;
  let waiting = 0;
  for (let i: u32 = 0; i < scoredCount; i++) {
    const place = scoredPlace(i);
    const particle = particleAt(place);
    const score = load<f64>(scoreAddress(place));
    if (exact.isSome && exact.value == particle) exactScored = true;
    else if (score >= least) {
      unchecked(waitingParticles[waiting] = particle);
      unchecked(waitingScores[waiting++] = score);
    }
    if (waiting == FOCUS_PER_CALL_MAX) {
      offerWeighted(waitingParticles, ranked);
      waiting = 0;
    }
  }
  offerWeighted(
    waitingParticles.slice<StaticArray<u32>>(0, waiting),
    ranked,
  );
  return exactScored;
}

/** Offers the first of those that wait, as many as there are `particles`. */
function offerWeighted(particles: StaticArray<u32>, ranked: u32): void {
  if (particles.length == 0) return;
  const focuses: StaticArray<f64> | null = ranked > 0
    ? focusOf(particles)
    : null;
  for (let i = 0; i < particles.length; i++) {
    const focus: f64 = focuses == null ? 0 : focuses[i];
    const score = waitingScores[i] * focusFactor(focus, ranked);
    offer(particles[i], score);
  }
}

function focusFactor(focus: f64, ranked: u32): f64 {
  if (ranked == 0) return 1;
  const n = <f64>ranked;
  return 1 +
    (FOCUS_FACTOR_MAX - 1) *
      min<f64>(1, Math.log(1 + focus * n) / Math.log(1 + n));
}

/** Reads the chosen particles' identities and texts, the exact one first. */
function describeBest(
  exact: Option<u32>,
  ranked: u32,
  limit: u32,
  matches: u32,
  pending: u32,
): Result<Hits, Refusal> {
  const first = exact.isSome ? 1 : 0;
  const chosen = sortBest();
  const total = min(chosen + first, <i32>limit);
  const particles = new StaticArray<u32>(total);
  if (exact.isSome) particles[0] = exact.value;
  for (let i = first; i < total; i++) particles[i] = bestParticle(i - first);
  const focuses = focusOf(particles);
  const briefs = briefsOf(particles, focuses);
  if (!briefs.isOk) return refuse(briefs.error);
  const hits = new Array<Hit>();
  for (let i = 0; i < total; i++) {
    let score: f64;
    if (i >= first) score = bestScore(i - first);
    else {
      score = scoreOfQuery() * focusFactor(focuses[0], ranked);
      if (chosen > 0) score += bestScore(0);
    }
    hits.push(new Hit(briefs.value[i], score));
  }
  return Result.ok<Hits, Refusal>(new Hits(hits, matches, pending));
}

function refuse(refusal: Refusal): Result<Hits, Refusal> {
  return Result.err<Hits, Refusal>(refusal);
}
