/**
 * The links, 20 octets each: ends and chains, and a word for what they weigh.
 *
 * A link's height is found by its signal's first link. Token, amount and
 * valence share a word where they fit, as nearly always; else the word names a
 * row of 16 octets that has them whole.
 */
import { reserve } from "../../sdk/assembly/pages";
import { Rows } from "../../sdk/assembly/rows";

/** Link: from, to, older link of each end; 16 octets. */
export const links = new Rows(4);
export const LINK_FROM: usize = 0;
export const LINK_TO: usize = 4;
/** The next older link + 1 at the same particle, 0 for none. */
export const OLDER_OUT: usize = 8;
export const OLDER_IN: usize = 12;

/** Signal: its neuron's row, its first link; 8 octets. */
export const signers = new Rows(3);
export const SIGNER_FIRST: usize = 4;

/** The height of every 1024th link; 4 octets. */
const heights = new Rows(2);
const HEIGHTS_SHIFT: u32 = 10;
const HEIGHTS_MASK: u32 = (1 << HEIGHTS_SHIFT) - 1;

/** Link: valence + 1 (2 bits), token (6), amount (24); or a row of `heavies`. */
const weights = new Rows(2);
/** What does not fit: amount and valence as `packWeight` has them, token. */
const heavies = new Rows(4);
const HEAVY_TOKEN: usize = 8;
const KIND_BITS: u32 = 2;
const KIND_MASK: u32 = 3;
const IS_HEAVY: u32 = 3;
const TOKEN_BITS: u32 = 6;
const TOKEN_MASK: u32 = (1 << TOKEN_BITS) - 1;
const AMOUNT_SHIFT: u32 = KIND_BITS + TOKEN_BITS;
const AMOUNT_FITS: u64 = 1 << (32 - AMOUNT_SHIFT);

const AMOUNT_BITS: u64 = 48;
const AMOUNT_MASK: u64 = (1 << AMOUNT_BITS) - 1;

/** Amount in the lower 48 bits, valence + 1 above them. */
// @ts-ignore: decorator
@inline
export function packWeight(amount: u64, valence: i8): u64 {
  return amount | (<u64> (valence + 1) << AMOUNT_BITS);
}

// @ts-ignore: decorator
@inline
export function amountOf(weight: u64): u64 {
  return weight & AMOUNT_MASK;
}

// @ts-ignore: decorator
@inline
export function valenceOf(weight: u64): i8 {
  return <i8> (weight >> AMOUNT_BITS) - 1;
}

/** Signals accepted so far. */
export function height(): u32 {
  return signers.length;
}

/** Most pages that so many further links can take. */
export function linkPages(more: u32): i32 {
  return links.pagesFor(more) + weights.pagesFor(more) +
    heavies.pagesFor(more) + heights.pagesFor(more);
}

/** Adds the next signal, whose links come next. */
export function pushSignal(neuron: u32): void {
  const row = signers.push();
  store<u32>(row, neuron);
  store<u32>(row, links.length, SIGNER_FIRST);
}

/** Adds a link of the signal that was added last; its row. */
// @ts-ignore: decorator
@inline
export function pushLink(weight: u64, token: u32): usize {
  const index = links.length;
  if ((index & HEIGHTS_MASK) == 0) {
    store<u32>(heights.push(), signers.length);
  }
  store<u32>(weights.push(), wordOf(weight, token));
  return links.push();
}

// @ts-ignore: decorator
@inline
function wordOf(weight: u64, token: u32): u32 {
  const amount = amountOf(weight);
  if (amount < AMOUNT_FITS && token <= TOKEN_MASK) {
    return <u32> (weight >> AMOUNT_BITS) | token << KIND_BITS |
      <u32> amount << AMOUNT_SHIFT;
  }
  const word = heavies.length << KIND_BITS | IS_HEAVY;
  const row = heavies.push();
  store<u64>(row, weight);
  store<u32>(row, token, HEAVY_TOKEN);
  return word;
}

/** Amount and valence, packed. */
// @ts-ignore: decorator
@inline
export function weightOf(link: u32): u64 {
  const word = load<u32>(weights.at(link));
  const kind = word & KIND_MASK;
  if (kind == IS_HEAVY) return load<u64>(heavies.at(word >> KIND_BITS));
  return <u64> (word >> AMOUNT_SHIFT) | <u64> kind << AMOUNT_BITS;
}

// @ts-ignore: decorator
@inline
export function tokenOf(link: u32): u32 {
  const word = load<u32>(weights.at(link));
  return (word & KIND_MASK) == IS_HEAVY
    ? load<u32>(heavies.at(word >> KIND_BITS), HEAVY_TOKEN)
    : word >> KIND_BITS & TOKEN_MASK;
}

// The signal that was found last: links stand together, and never move.
let knownHeight: u32 = 0;
let knownFirst: u32 = 0;
let knownLinks: u32 = 0;

// @ts-ignore: decorator
@inline
function firstOf(height: u32): u32 {
  return load<u32>(signers.at(height - 1), SIGNER_FIRST);
}

/** How many links of the record have this height or a lower one. */
export function linksUpTo(height: u64): u32 {
  return height < signers.length ? firstOf(<u32> height + 1) : links.length;
}

// @ts-ignore: decorator
@inline
export function heightOf(link: u32): u32 {
  return link - knownFirst < knownLinks ? knownHeight : findHeight(link);
}

function findHeight(link: u32): u32 {
  const group = link >> HEIGHTS_SHIFT;
  let low = load<u32>(heights.at(group));
  let high = group + 1 < heights.length
    ? load<u32>(heights.at(group + 1))
    : signers.length;
  // The last signal that begins at or before the link; it is no empty one.
  while (low < high) {
    const middle = high - ((high - low) >> 1);
    if (firstOf(middle) <= link) low = middle;
    else high = middle - 1;
  }
  knownHeight = low;
  knownFirst = firstOf(low);
  knownLinks = linksUpTo(low) - knownFirst;
  return low;
}

// Reading a checkpoint: its links come before its signals, and say their height.
let signalsBegun: u32 = 0;

/** Takes the pages of what is read next, but for `links` and `signers`. */
export function prepareLinks(count: u32): bool {
  if (!reserve(weights.pagesFor(count))) return false;
  weights.prepare(count);
  signalsBegun = 0;
  return true;
}

/**
 * Reads what is not in `links`; `signers` are prepared and know then where the
 * signals up to `height` begin. False where the memory has no room.
 */
export function readLink(
  link: u32,
  height: u32,
  weight: u64,
  token: u32,
): bool {
  if (!reserve(2)) return false;
  beginSignals(link, height);
  if ((link & HEIGHTS_MASK) == 0) {
    store<u32>(heights.push(), height);
  }
  store<u32>(weights.at(link), wordOf(weight, token));
  return true;
}

/** The signals up to this height begin at the link, if not before it. */
export function beginSignals(link: u32, height: u32): void {
  while (signalsBegun < height) {
    store<u32>(signers.at(signalsBegun++), link, SIGNER_FIRST);
  }
}

/** What was prepared counts from now on; the record has so many signals. */
export function extendLinks(count: u32, signals: u32): void {
  beginSignals(count, signals);
  weights.extend(count);
}

/** Takes back what was read. */
export function wipeLinks(): void {
  weights.wipe();
  heavies.wipe();
  heights.wipe();
  knownLinks = 0;
}
