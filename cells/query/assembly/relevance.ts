/**
 * BM25 over the index for the query in the bag.
 *
 * score = sum over the query's distinct terms of
 *   idf * tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length)),
 *   idf = ln(1 + (N - n + 0.5) / (n + 0.5)), k1 = 1.2, b = 0.75
 * for N contents of which n have the term (Robertson and Zaragoza, "The
 * Probabilistic Relevance Framework: BM25 and Beyond", 2009; the 1 + in the
 * logarithm, which keeps frequent terms above 0, as in Lucene).
 *
 * Terms are read rarest first, and POSTINGS_SCORED_MAX postings in all: of a
 * query of very frequent terms the contents indexed first are scored.
 */
import { POSTINGS_SCORED_MAX, QUERY_TERMS_MAX } from "./limits";
import { takePages } from "./arena";
import { bagLength, bagTerm, bagTerms } from "./bag";
import {
  contentsCount,
  contentsLength,
  lengthAt,
  scoreAddress,
} from "./contents";
import { nextPosting, readPostings } from "./postings";
import { findTerm, Term } from "./terms";

const K1: f64 = 1.2;
const B: f64 = 0.75;

const idfs: StaticArray<f64> = new StaticArray<f64>(QUERY_TERMS_MAX);
const order: StaticArray<i32> = new StaticArray<i32>(QUERY_TERMS_MAX);

/** Places of the scored contents; room for POSTINGS_SCORED_MAX. */
let scored: usize = 0;
/** Contents scored. */
export let scoredCount: u32 = 0;
/** Contents that have the most frequent term of the query. */
export let mostFrequent: u32 = 0;

/** Due once, before the index takes the memory; false if there is none. */
export function prepareScoring(): bool {
  if (scored == 0) scored = takePages(<usize>POSTINGS_SCORED_MAX * 4);
  return scored != 0;
}

/** Scores the contents that have a term of the bag. */
export function scoreContents(): void {
  assert(scored != 0 && bagTerms > 0 && bagTerms <= QUERY_TERMS_MAX);
  scoredCount = 0;
  mostFrequent = 0;
  weighTerms();
  let postingsLeft = POSTINGS_SCORED_MAX;
  for (let i = 0; i < bagTerms; i++) {
    const wanted = unchecked(order[i]);
    const term = changetype<Term | null>(bagTerm(wanted).term);
    if (term == null) continue;
    mostFrequent = max(mostFrequent, term.contents);
    const count = min(postingsLeft, term.contents);
    scoreTerm(term, unchecked(idfs[wanted]), count);
    postingsLeft -= count;
  }
}

/** Place of the `index`-th scored content. */
// @ts-ignore: decorator
@inline
export function scoredPlace(index: u32): u32 {
  return load<u32>(scored + (<usize>index << 2));
}

/** Zeroes the scores again. Due after each `scoreContents`. */
export function clearScores(): void {
  for (let i: u32 = 0; i < scoredCount; i++) {
    store<f64>(scoreAddress(scoredPlace(i)), 0);
  }
}

/** The score of a content that is the query itself, indexed or not. */
export function scoreOfQuery(): f64 {
  const norm = normOf(bagLength);
  let score: f64 = 0;
  for (let i = 0; i < bagTerms; i++) {
    const wanted = unchecked(order[i]);
    const count = <f64>bagTerm(wanted).count;
    score += unchecked(idfs[wanted]) * count * (K1 + 1) / (count + norm);
  }
  return score;
}

/** Finds the terms and orders them by how many contents have them. */
function weighTerms(): void {
  const total = <f64>contentsCount;
  for (let i = 0; i < bagTerms; i++) {
    const wanted = bagTerm(i);
    const term = findTerm(wanted);
    wanted.term = changetype<usize>(term);
    const having: f64 = term == null ? 0 : <f64>term.contents;
    unchecked(idfs[i] = Math.log(1 + (total - having + 0.5) / (having + 0.5)));
    let at = i;
    while (at > 0 && unchecked(idfs[order[at - 1]]) < unchecked(idfs[i])) {
      unchecked(order[at] = order[at - 1]);
      at--;
    }
    unchecked(order[at] = i);
  }
}

function scoreTerm(term: Term, idf: f64, postings: u32): void {
  const mean = meanLength();
  const reader = readPostings(term);
  for (let i: u32 = 0; i < postings && nextPosting(reader); i++) {
    const at = scoreAddress(reader.place);
    const before = load<f64>(at);
    if (before == 0) {
      store<u32>(scored + (<usize>scoredCount << 2), reader.place);
      scoredCount++;
    }
    const count = <f64>reader.count;
    const norm = K1 * (1 - B + B * <f64>lengthAt(reader.place) / mean);
    store<f64>(at, before + idf * count * (K1 + 1) / (count + norm));
  }
}

function normOf(length: u32): f64 {
  return K1 * (1 - B + B * <f64>length / meanLength());
}

/** Of an empty index, any number: nothing is scored but the query itself. */
function meanLength(): f64 {
  return contentsCount == 0 ? 1 : <f64>contentsLength / <f64>contentsCount;
}
