/**
 * Which contents have a term, and how often: one growing list per term.
 *
 * A list is a chain of chunks, each twice as large as the one before up to
 * CHUNK_OCTETS_MAX. A chunk is: address of the next, address of its end of
 * data, postings. A posting is the distance from the content before, doubled,
 * plus one if the term occurs once, else followed by the count; numbers are
 * LEB128. A term that one content has, and most have one, needs no chunk.
 */
import { allocate } from "./arena";
import { Term } from "./terms";

const CHUNK_OCTETS_MIN: usize = 24;
const CHUNK_OCTETS_MAX: usize = 4096;
const CHUNK_HEADER_OCTETS: usize = 8;

/** Octets of all chunks. */
export let postingsOctets: u32 = 0;

/** Octets of the chunk that `addPosting` of this would need, often 0. */
export function postingCost(term: Term, place: u32, count: u32): usize {
  if (term.contents == 0) return 0;
  if (term.contents == 1) return CHUNK_OCTETS_MIN;
  return term.write + postingOctets(place - term.last, count) <= term.end
    ? 0
    : chunkAfter(term);
}

/** Adds a content after all that have the term; what it costs is reserved. */
export function addPosting(term: Term, place: u32, count: u32): void {
  if (term.contents == 0) {
    term.head = count;
  } else {
    const cost = postingCost(term, place, count);
    if (term.contents == 1) {
      const first = <u32>term.head;
      addChunk(term, cost);
      writePosting(term, term.last + 1, first);
    } else if (cost != 0) addChunk(term, cost);
    writePosting(term, place - term.last, count);
  }
  term.last = place;
  term.contents++;
}

/** Walks one term's postings in the order of places. */
@unmanaged
export class PostingReader {
  left: u32;
  place: u32;
  count: u32;
  at: usize;
  chunk: usize;
}

const theReader: usize = memory.data(32, 8);

/** The one reader, set before the term's first posting. */
export function readPostings(term: Term): PostingReader {
  const reader = changetype<PostingReader>(theReader);
  reader.left = term.contents;
  if (term.contents == 1) {
    reader.place = term.last;
    reader.count = <u32>term.head;
    reader.chunk = 0;
    return reader;
  }
  reader.place = <u32>-1;
  reader.chunk = term.head;
  reader.at = term.head + CHUNK_HEADER_OCTETS;
  return reader;
}

/** Moves to the next posting; false after the last. */
// @ts-ignore: decorator
@inline
export function nextPosting(reader: PostingReader): bool {
  if (reader.left == 0) return false;
  reader.left--;
  if (reader.chunk == 0) return true;
  if (reader.at == load<usize>(reader.chunk, 4)) {
    reader.chunk = load<usize>(reader.chunk);
    reader.at = reader.chunk + CHUNK_HEADER_OCTETS;
  }
  const code = readNumber(reader);
  reader.place += code >> 1;
  reader.count = code & 1 ? 1 : readNumber(reader);
  return true;
}

// @ts-ignore: decorator
@inline
function readNumber(reader: PostingReader): u32 {
  let at = reader.at;
  let octet = <u32>load<u8>(at++);
  let value = octet & 0x7f;
  for (let shift: u32 = 7; octet >= 0x80; shift += 7) {
    octet = <u32>load<u8>(at++);
    value |= (octet & 0x7f) << shift;
  }
  reader.at = at;
  return value;
}

function chunkAfter(term: Term): usize {
  return min((term.end - term.tail) << 1, CHUNK_OCTETS_MAX);
}

function addChunk(term: Term, octets: usize): void {
  const chunk = allocate(octets);
  assert(chunk != 0);
  postingsOctets += <u32>octets;
  if (term.contents == 1) term.head = chunk;
  else store<usize>(term.tail, chunk);
  term.tail = chunk;
  term.write = chunk + CHUNK_HEADER_OCTETS;
  term.end = chunk + octets;
  store<usize>(chunk, 0);
  store<usize>(chunk, term.write, 4);
}

function writePosting(term: Term, distance: u32, count: u32): void {
  term.write = writeNumber(term.write, (distance << 1) | u32(count == 1));
  if (count != 1) term.write = writeNumber(term.write, count);
  assert(term.write <= term.end);
  store<usize>(term.tail, term.write, 4);
}

function writeNumber(at: usize, value: u32): usize {
  for (; value >= 0x80; value >>= 7) store<u8>(at++, <u8>(value | 0x80));
  store<u8>(at++, <u8>value);
  return at;
}

function postingOctets(distance: u32, count: u32): usize {
  const octets = numberOctets((distance << 1) | 1);
  return count == 1 ? octets : octets + numberOctets(count);
}

function numberOctets(value: u32): usize {
  return <usize>((38 - clz<u32>(value)) / 7);
}
