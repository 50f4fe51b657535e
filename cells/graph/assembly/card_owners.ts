/**
 * Who owned a card at a height: its row remembers the last times it was given.
 *
 * Each time takes 8 octets of the row: the height, and who owned it before. So
 * checkpoints have them, and they are taken back like every other change.
 */
import {
  CARD_GIVEN,
  CARD_GIVES,
  CARD_HEIGHT,
  CARD_OWNER,
  cards,
  set32,
  set64,
  Table,
} from "./accounts";
import { must } from "./must";

const GIVES_KEPT: u32 = 6;
const CARD_OCTETS: u32 = 128;
/** The owner is not known any more. */
export const FORGOTTEN: u32 = u32.MAX_VALUE;

must(<u32> CARD_GIVEN + 8 * GIVES_KEPT <= CARD_OCTETS);

/** From which height on the owner that was asked for last has owned it. */
export let ownedSince: u32 = 0;

// @ts-ignore: decorator
@inline
function placeOf(give: u32): usize {
  return CARD_GIVEN + (<usize> (give % GIVES_KEPT) << 3);
}

/** The card has another owner from this height on. */
export function giveTo(row: u32, owner: u32, height: u32): void {
  const card = cards.at(row);
  const gives = load<u32>(card, CARD_GIVES);
  const before: u64 = load<u32>(card, CARD_OWNER);
  set64(Table.Cards, row, placeOf(gives), <u64> height | before << 32);
  set32(Table.Cards, row, CARD_GIVES, gives + 1);
  set32(Table.Cards, row, CARD_OWNER, owner);
}

/** The card's owner at a height, at which it was there; or `FORGOTTEN`. */
export function ownerAt(row: u32, height: u64): u32 {
  const card = cards.at(row);
  const gives = load<u32>(card, CARD_GIVES);
  let owner = load<u32>(card, CARD_OWNER);
  for (let left = gives; left > 0; left--) {
    if (gives - left == GIVES_KEPT) return FORGOTTEN;
    const give = load<u64>(card + placeOf(left - 1));
    if (<u64> <u32> give <= height) {
      ownedSince = <u32> give;
      return owner;
    }
    owner = <u32> (give >> 32);
  }
  ownedSince = load<u32>(card, CARD_HEIGHT);
  return owner;
}
