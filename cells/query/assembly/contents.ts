/**
 * The indexed contents by place (order of indexing): particle, length, score.
 *
 * Pages never move, so growing costs the same however much there is. Scores
 * are scratch of one search, and zero between searches.
 */
import { CONTENTS_MAX } from "./limits";
import { takePages } from "./arena";

const PAGE_SHIFT: u32 = 14;
const PAGE_CONTENTS: u32 = 1 << PAGE_SHIFT;
const LENGTHS_AT: usize = PAGE_CONTENTS * 4;
const SCORES_AT: usize = PAGE_CONTENTS * 8;
const PAGE_OCTETS: usize = PAGE_CONTENTS * 16;

const pages: usize = memory.data(512, 8);

/** Contents in the index. */
export let contentsCount: u32 = 0;
/** Sum of their lengths in terms. */
export let contentsLength: u64 = 0;

/** Makes sure that the next `addContent` has a place. */
export function reserveContent(): bool {
  if (contentsCount >= CONTENTS_MAX) return false;
  const page = pages + <usize>(contentsCount >> PAGE_SHIFT) * 4;
  if (load<usize>(page) == 0) store<usize>(page, takePages(PAGE_OCTETS));
  return load<usize>(page) != 0;
}

/** Adds a content of `length` terms and returns its place. */
export function addContent(particle: u32, length: u32): u32 {
  const place = contentsCount++;
  contentsLength += length;
  const at = pageOf(place) + <usize>(place & (PAGE_CONTENTS - 1)) * 4;
  store<u32>(at, particle);
  store<u32>(at + LENGTHS_AT, length);
  return place;
}

// @ts-ignore: decorator
@inline
export function particleAt(place: u32): u32 {
  return load<u32>(
    pageOf(place) + <usize>(place & (PAGE_CONTENTS - 1)) * 4,
  );
}

// @ts-ignore: decorator
@inline
export function lengthAt(place: u32): u32 {
  return load<u32>(
    pageOf(place) + <usize>(place & (PAGE_CONTENTS - 1)) * 4 + LENGTHS_AT,
  );
}

/** Address of the content's score, an f64. */
// @ts-ignore: decorator
@inline
export function scoreAddress(place: u32): usize {
  return pageOf(place) + SCORES_AT +
    <usize>(place & (PAGE_CONTENTS - 1)) * 8;
}

// @ts-ignore: decorator
@inline
function pageOf(place: u32): usize {
  return load<usize>(pages + <usize>(place >> PAGE_SHIFT) * 4);
}

assert(CONTENTS_MAX / PAGE_CONTENTS * 4 <= 512);
