/**
 * Changes of octets that know nothing of what they mean.
 *
 * Every draw comes from one chance, so the same seed gives the same octets. What
 * grows stays below the bound that it is given.
 */
import {
  damaged,
  randomOctets,
} from "../../conformance/kernel/engine/chance.ts";
import { concatOctets } from "../../kernel/crypto/mod.ts";
import type { Chance } from "./target.ts";

/** A change may look at the other seeds. */
export type Change = (
  octets: Uint8Array,
  chance: Chance,
  others: readonly Uint8Array[],
  octetsMax: number,
) => Uint8Array;

const WIDTHS = [1, 2, 4, 8] as const;
/** Octets of most fields, and of a few of them. */
const FIELD_MAX = 9;
const PIECE_MAX = 64;

export const below = (limit: number, chance: Chance): number =>
  Math.floor(chance() * limit);

export function pick<A>(from: readonly A[], chance: Chance): A {
  const one = from[below(from.length, chance)];
  if (one === undefined) throw new Error("nothing to choose from");
  return one;
}

/** `octets` with `length` of them from `at` on replaced by `piece`. */
export function replaced(
  octets: Uint8Array,
  at: number,
  length: number,
  piece: Uint8Array,
): Uint8Array {
  return concatOctets([
    octets.subarray(0, at),
    piece,
    octets.subarray(at + length),
  ]);
}

/** A place and a length inside; mostly that of a field. */
function range(octets: Uint8Array, chance: Chance): [number, number] {
  const at = below(octets.length + 1, chance);
  const room = octets.length - at;
  const wanted = pick([FIELD_MAX, FIELD_MAX, PIECE_MAX, room], chance);
  return [at, below(Math.min(wanted, room) + 1, chance)];
}

/** The numbers at which lengths and counts go wrong. */
function oddNumber(value: bigint, length: number, chance: Chance): bigint {
  return pick([
    0n,
    1n,
    value + 1n,
    value - 1n,
    value * 2n,
    -1n,
    -2n,
    1n << 31n,
    (1n << 31n) - 1n,
    1n << 32n,
    1n << 48n,
    (1n << 53n) + 1n,
    1n << 63n,
    BigInt(length),
    BigInt(length) + 1n,
  ], chance);
}

/** Another number in a field of 1, 2, 4 or 8 octets, of either order. */
const field: Change = (octets, chance) => {
  const width = pick(WIDTHS, chance);
  if (octets.length < width) return octets;
  const copy = octets.slice();
  const at = below(copy.length - width + 1, chance);
  const piece = copy.subarray(at, at + width);
  if (chance() < 0.2) piece.reverse();
  const value = piece.reduceRight(
    (sum, octet) => sum << 8n | BigInt(octet),
    0n,
  );
  let rest = BigInt.asUintN(64, oddNumber(value, octets.length - at, chance));
  for (let i = 0; i < width; i += 1) {
    piece[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (chance() < 0.2) piece.reverse();
  return copy;
};

export const CHANGES: readonly Change[] = [
  function bit(octets, chance) {
    const copy = octets.slice();
    const at = below(copy.length, chance);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8, chance));
    return copy;
  },
  (octets, chance) => damaged(octets, chance, 0),
  field,
  field,
  function cut(octets, chance) {
    const at = below(octets.length + 1, chance);
    return chance() < 0.8 ? octets.slice(0, at) : octets.slice(at);
  },
  function removed(octets, chance) {
    const [at, length] = range(octets, chance);
    return replaced(octets, at, length, new Uint8Array());
  },
  function doubled(octets, chance) {
    const [at, length] = range(octets, chance);
    const to = chance() < 0.7 ? at : below(octets.length + 1, chance);
    return replaced(octets, to, 0, octets.slice(at, at + length));
  },
  function swapped(octets, chance) {
    const [one, length] = range(octets, chance);
    const from = one + length;
    const to = Math.min(octets.length, from + length);
    return concatOctets([
      octets.subarray(0, one),
      octets.subarray(from, to),
      octets.subarray(one, from),
      octets.subarray(to),
    ]);
  },
  function filled(octets, chance) {
    const [at, length] = range(octets, chance);
    return octets.slice().fill(chance() < 0.5 ? 0 : 0xff, at, at + length);
  },
  function inserted(octets, chance) {
    const piece = randomOctets(1 + below(PIECE_MAX, chance), chance);
    return replaced(octets, below(octets.length + 1, chance), 0, piece);
  },
  function overwritten(octets, chance, others) {
    const other = pick(others, chance);
    const [at, length] = range(other, chance);
    const to = below(octets.length + 1, chance);
    return replaced(octets, to, length, other.slice(at, at + length));
  },
  /** Half of a seed behind half of another one. */
  function spliced(octets, chance, others) {
    const other = pick(others, chance);
    const at = below(octets.length + 1, chance);
    const isAligned = chance() < 0.5;
    const from = isAligned ? at : below(other.length + 1, chance);
    return concatOctets([octets.subarray(0, at), other.subarray(from)]);
  },
  /** The same again and again, up to the bound: what costs its square shows. */
  function repeated(octets, chance, _, octetsMax) {
    const [at, length] = range(octets, chance);
    if (length === 0) return octets;
    const room = Math.max(0, octetsMax - octets.length);
    const most = Math.floor(room / length);
    const times = chance() < 0.8 ? below(16, chance) : below(most + 1, chance);
    const piece = octets.slice(at, at + length);
    const pieces = Array.from({ length: Math.min(times, most) }, () => piece);
    return replaced(octets, at, 0, concatOctets(pieces));
  },
];
