/**
 * Finds the row that begins with a digest of 32 octets, in about one look.
 *
 * The hash is universal with secret keys (`salt`): who does not know them
 * cannot choose digests that meet in one page. Where rows are found and how
 * the index grows: `slots.ts`.
 */
import { copy32, equal32 } from "./bytes";
import { hash } from "./blake3";
import { reserve } from "./pages";
import { Rows } from "./rows";
import { nextCandidate, RESERVED, Slots } from "./slots";

/** No row has this number. */
export const NO_ROW: u32 = u32.MAX_VALUE;

/** Eight keys of 32 bits, the same for every index. */
const KEYS: usize = memory.data(32, 16);

/** Sets the keys; before the first insertion, or not at all. */
export function salt(secret: usize, length: usize): void {
  hash(secret, length, KEYS);
}

/** Where equal digests meet and others hardly ever do. */
// @ts-ignore: decorator
@inline
export function mixed(digest: usize): u64 {
  let sum: u64 = 0;
  sum += <u64> (load<u32>(digest, 0) + load<u32>(KEYS, 0)) *
    <u64> (load<u32>(digest, 4) + load<u32>(KEYS, 4));
  sum += <u64> (load<u32>(digest, 8) + load<u32>(KEYS, 8)) *
    <u64> (load<u32>(digest, 12) + load<u32>(KEYS, 12));
  sum += <u64> (load<u32>(digest, 16) + load<u32>(KEYS, 16)) *
    <u64> (load<u32>(digest, 20) + load<u32>(KEYS, 20));
  sum += <u64> (load<u32>(digest, 24) + load<u32>(KEYS, 24)) *
    <u64> (load<u32>(digest, 28) + load<u32>(KEYS, 28));
  sum ^= sum >> 32;
  return sum * 0x9e3779b97f4a7c15;
}

export class DigestIndex {
  private slots: Slots = new Slots();

  constructor(private rows: Rows) {}

  /** The row's number + 1, or 0 where no row has the digest. */
  find(digest: usize): u32 {
    return this.among(mixed(digest), digest);
  }

  private among(place: u64, digest: usize): u32 {
    let found = this.slots.first(place);
    while (found != 0) {
      if (equal32(this.rows.at(found - 1), digest)) break;
      found = nextCandidate();
    }
    return found;
  }

  /**
   * The row's number; a new row that begins with the digest if none does.
   * `NO_ROW` where the memory has no room for one: nothing has changed.
   */
  intern(digest: usize): u32 {
    const place = mixed(digest);
    const found = this.among(place, digest);
    if (found != 0) return found - 1;
    const row = this.rows.length;
    if (!reserve(RESERVED) || !this.slots.add(place, row)) return NO_ROW;
    copy32(this.rows.push(), digest);
    return row;
  }

  /**
   * Finds the row from now on, which is prepared and holds a digest that no
   * other row has. False where the memory has no room for it.
   */
  adopt(row: u32): bool {
    return this.slots.add(mixed(this.rows.at(row)), row);
  }

  /**
   * Forgets the rows from `length` on, the last first. What the index answers
   * is then as if they had never been.
   */
  cut(length: u32): void {
    for (let row = this.rows.length; row > length; row--) {
      this.slots.remove(mixed(this.rows.at(row - 1)), row - 1);
      this.rows.clear(row - 1);
    }
    this.rows.cut(length);
  }
}
