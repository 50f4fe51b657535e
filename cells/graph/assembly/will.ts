/**
 * Will: how much a neuron may say, by the rules of its network.
 *
 * A bucket of capacity `grant + stake / per` units fills linearly to full in
 * `refill` blocks. A link or an operation is an item; it costs a unit times
 * the block's price. A block ends after `block` signals, or before a signal
 * that would bring it above `cap` items; then the price follows the load. It
 * is kept in parts of `refill * 256` to a unit, so that nothing is lost by
 * rounding. A network without rules, a local one, does not meter.
 */
import {
  BLOCK,
  BLOCK_ITEMS,
  BLOCK_SIGNALS,
  CHANGE_A,
  CHANGE_B,
  CHANGE_C,
  CHANGED_BLOCK,
  CHANGED_FOCUS,
  CLOCK,
  CLOCK_OCTETS,
  FOCUSED,
  focused,
  holders,
  noteChange,
  PRICE,
  REFILLED,
  set32,
  set64,
  STAKE,
  Table,
  WILL,
} from "./accounts";
import { FOLDED, FOLDED_OCTETS } from "./account_leaves";
import { reserve } from "../../sdk/assembly/pages";
import {
  isMetered,
  ruleBlock,
  ruleCap,
  ruleGrant,
  rulePer,
  ruleRefill,
} from "./rules";

/** A price of 1. */
const PRICE_ONE: u64 = 256;
const PRICE_MAX: u64 = 1 << 24;
/** A price moves by an eighth of itself, times how far the load is off. */
const PRICE_STEP: i64 = 8;
const UNITS_MAX: u64 = u32.MAX_VALUE;

/** Parts of a unit that a full bucket holds. */
function fullOf(holder: usize): u64 {
  const units = ruleGrant + load<u64>(holder, STAKE) / rulePer;
  return min(units, UNITS_MAX) * ruleRefill * PRICE_ONE;
}

/** The network's first block, in the record and in the trees. */
export function beginClock(): void {
  memory.fill(CLOCK, 0, CLOCK_OCTETS);
  store<u64>(CLOCK, PRICE_ONE, PRICE);
  memory.fill(FOLDED, 0, FOLDED_OCTETS);
  store<u64>(FOLDED, PRICE_ONE, PRICE);
}

/** Whether the signer has the will; it is taken from him. */
export let hasWill: bool = true;

/**
 * Counts the signal into a block and charges its signer, `hasWill` says
 * whether he could pay. False where the memory has no room.
 */
export function charge(row: u32, items: u64, height: u32): bool {
  hasWill = items <= ruleCap;
  const room = load<u64>(CLOCK, BLOCK_ITEMS) + items <= ruleCap;
  const ends = load<u64>(CLOCK, BLOCK_SIGNALS) >= ruleBlock || !room;
  if (ends && load<u64>(CLOCK, BLOCK_SIGNALS) > 0 && !endBlock(height)) {
    return false;
  }
  set64(Table.Clock, 0, BLOCK_ITEMS, load<u64>(CLOCK, BLOCK_ITEMS) + items);
  set64(Table.Clock, 0, BLOCK_SIGNALS, load<u64>(CLOCK, BLOCK_SIGNALS) + 1);
  const holder = holders.at(row);
  refill(row, holder);
  const cost = items * load<u64>(CLOCK, PRICE) * ruleRefill;
  const will = load<u64>(holder, WILL);
  if (cost > will) hasWill = false;
  else set64(Table.Holders, row, WILL, will - cost);
  return noteFocus(row, height);
}

function endBlock(height: u32): bool {
  const price = load<i64>(CLOCK, PRICE);
  const target = max<i64>(1, <i64> ruleCap / 2);
  const off = load<i64>(CLOCK, BLOCK_ITEMS) - target;
  const moved = price + price * off / (PRICE_STEP * target);
  const next = max(PRICE_ONE, min(PRICE_MAX, <u64> max<i64>(0, moved)));
  set64(Table.Clock, 0, PRICE, next);
  set64(Table.Clock, 0, BLOCK, load<u64>(CLOCK, BLOCK) + 1);
  set64(Table.Clock, 0, BLOCK_ITEMS, 0);
  set64(Table.Clock, 0, BLOCK_SIGNALS, 0);
  const change = noteChange(CHANGED_BLOCK, height, 0);
  if (change == 0) return false;
  store<u64>(change, load<u64>(CLOCK, BLOCK), CHANGE_A);
  store<u64>(change, next, CHANGE_B);
  return true;
}

function refill(row: u32, holder: usize): void {
  const block = <u32> load<u64>(CLOCK, BLOCK);
  const full = fullOf(holder);
  const passed: u64 = block - load<u32>(holder, REFILLED);
  let will = load<u64>(holder, WILL);
  if (load<u32>(holder, FOCUSED) == 0) {
    // A neuron begins with its grant.
    will = full;
  } else if (passed >= ruleRefill) {
    will = full;
  } else {
    will = min(full, will + full / ruleRefill * passed);
  }
  set64(Table.Holders, row, WILL, will);
  set32(Table.Holders, row, REFILLED, block);
}

/** The holder's stake has become less: no will above what it can hold. */
export function clipWill(row: u32): void {
  if (!isMetered()) return;
  const holder = holders.at(row);
  const will = min(load<u64>(holder, WILL), fullOf(holder));
  set64(Table.Holders, row, WILL, will);
}

/** Will or stake of the holder have changed; false without room. */
export function noteFocus(row: u32, height: u32): bool {
  const holder = holders.at(row);
  if (load<u32>(holder, FOCUSED) == 0) {
    if (!reserve(1)) return false;
    store<u32>(focused.push(), row);
    set32(Table.Holders, row, FOCUSED, focused.length);
  }
  const leaf = load<u32>(holder, FOCUSED) - 1;
  const change = noteChange(CHANGED_FOCUS, height, leaf);
  if (change == 0) return false;
  store<u64>(change, load<u64>(holder, WILL), CHANGE_A);
  store<u64>(change, load<u32>(holder, REFILLED), CHANGE_B);
  store<u64>(change, load<u64>(holder, STAKE), CHANGE_C);
  return true;
}
