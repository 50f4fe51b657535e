/**
 * The distinct texts of one draft, each hashed once.
 *
 * A text is found by a quick salted hash and then by its octets; its digest is
 * there after the hash queue is flushed. At most two texts a link, so the table
 * has a fixed size and is never more than half full.
 */
import { equal } from "../../sdk/assembly/bytes";
import { hashSoon } from "../../sdk/assembly/blake3_queue";
import { SIGNAL_LINKS_MAX } from "./limits";
import { draftTable, draftTexts } from "./scratch";

/** Digest (32), where the text lies, its length, its quick hash. */
export const TEXT_OCTETS: usize = 48;
export const TEXT_FROM: usize = 32;
export const TEXT_LENGTH: usize = 36;
const TEXT_QUICK: usize = 40;

const TEXTS_MAX: u32 = 2 * SIGNAL_LINKS_MAX;
const SLOTS: u32 = 2 * TEXTS_MAX;

/** Distinct texts so far. */
export let texts: u32 = 0;

/** An odd secret, so that texts cannot be chosen to meet in the table. */
let secret: u64 = 0x9e3779b97f4a7c15;

export function saltTexts(key: u64): void {
  secret = key | 1;
}

/** Forgets all texts; there is then room for `links` links' texts. */
export function beginTexts(): void {
  texts = 0;
  draftTexts.need(<usize> TEXTS_MAX * TEXT_OCTETS);
  const table = draftTable.need(<usize> SLOTS << 2);
  memory.fill(table, 0, <usize> SLOTS << 2);
}

// @ts-ignore: decorator
@inline
export function textAt(index: u32): usize {
  return draftTexts.start + <usize> index * TEXT_OCTETS;
}

function quickHash(from: usize, length: u32): u64 {
  let sum: u64 = length;
  while (length >= 8) {
    sum = (sum ^ load<u64>(from)) * secret;
    sum ^= sum >> 29;
    from += 8;
    length -= 8;
  }
  let rest: u64 = 0;
  while (length > 0) {
    length--;
    rest = rest << 8 | load<u8>(from + length);
  }
  sum = (sum ^ rest) * secret;
  return sum ^ sum >> 32;
}

/** The place of the text's digest; nothing moves until `beginTexts`. */
export function textDigest(from: usize, length: u32): usize {
  const quick = quickHash(from, length);
  let slot = <u32> quick & (SLOTS - 1);
  while (true) {
    const at = draftTable.start + (<usize> slot << 2);
    const entry = load<u32>(at);
    if (entry == 0) {
      store<u32>(at, ++texts);
      break;
    }
    const text = textAt(entry - 1);
    const same = load<u64>(text, TEXT_QUICK) == quick &&
      load<u32>(text, TEXT_LENGTH) == length &&
      equal(load<u32>(text, TEXT_FROM), from, length);
    if (same) return text;
    slot = (slot + 1) & (SLOTS - 1);
  }
  const text = textAt(texts - 1);
  store<u32>(text, <u32> from, TEXT_FROM);
  store<u32>(text, length, TEXT_LENGTH);
  store<u64>(text, quick, TEXT_QUICK);
  hashSoon(from, length, text);
  return text;
}
