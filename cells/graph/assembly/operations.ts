/**
 * The form of operations, as `encodings.md` lays them out.
 *
 * What an operation does, and whether it may, is `operate.ts`'s matter.
 */
import {
  AMOUNT_END,
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  LINK_OCTETS,
} from "./limits";

export const COIN: u8 = 1;
export const MINT: u8 = 2;
export const PAY: u8 = 3;
export const LOCK: u8 = 4;
export const UNLOCK: u8 = 5;
export const BOX: u8 = 6;
export const TRANSFER: u8 = 7;
export const WITHDRAW: u8 = 8;
export const SPEND: u8 = 9;
export const CARD: u8 = 10;
export const GIVE: u8 = 11;
const KIND_END: u8 = 12;

/** A coin's transfer rule: anybody, to or from its authority, nobody. */
export const RULE_FREE: u8 = 0;
export const RULE_AUTHORITY: u8 = 1;
const RULE_END: u8 = 3;

/** Places behind the kind: identities first. */
export const FIRST_AT: usize = 1;
export const SECOND_AT: usize = 34;
export const CAP_AT: usize = 34;
export const RULE_AT: usize = 42;
/** Of mint and pay; lock and unlock have theirs behind the kind. */
export const MOVED_AT: usize = 67;
export const STAKED_AT: usize = 1;
export const LINK_AT: usize = 1;

const LINK_AMOUNT_AT: usize = 67;

/** Identities that the operation begins with, behind its kind. */
function identities(kind: u8): u32 {
  if (kind == LOCK || kind == UNLOCK || kind == BOX) return 0;
  return kind == COIN || kind == WITHDRAW || kind == CARD ? 1 : 2;
}

/** Octets of a whole operation of a known kind. */
export function operationOctets(kind: u8): u32 {
  const ids = 1 + identities(kind) * IDENTITY_OCTETS;
  if (kind == COIN) return ids + 9;
  if (kind == BOX) return ids + 2;
  return kind <= UNLOCK ? ids + 8 : ids;
}

/** Where the field begins that breaks a rule. */
export let faultAt: usize = 0;

/** What the operations of one signal are checked against. */
export class OperationForm {
  /** The link that a box must lie behind; boxes ascend by link. */
  private linkNext: u32 = 0;

  constructor(private links: u32, private linksAt: usize) {}

  /** Empty, or the rule that the operation at `at` breaks. */
  check(at: usize, left: usize): string {
    faultAt = at;
    if (left < 1) return "kind needs 1 octets, 0 are left";
    const kind = load<u8>(at);
    if (kind < 1 || kind >= KIND_END) {
      return `kind ${kind}, 1 to ${KIND_END - 1} are known`;
    }
    const octets = operationOctets(kind);
    if (left < octets) return `${octets} octets are needed, ${left} are left`;
    for (let i: u32 = 0; i < identities(kind); i++) {
      faultAt = at + 1 + i * IDENTITY_OCTETS;
      const id = load<u8>(faultAt);
      if (id != HASH_BLAKE3) {
        return `an identity has hash id ${id}, only ${HASH_BLAKE3} is known`;
      }
    }
    if (kind == COIN) return this.coin(at);
    if (kind == BOX) return this.box(at);
    if (kind > UNLOCK) return "";
    faultAt = at + (kind < LOCK ? MOVED_AT : STAKED_AT);
    const amount = load<u64>(faultAt);
    if (amount > 0 && amount < AMOUNT_END) return "";
    return `amount ${amount} is not above 0 and below 2^48`;
  }

  private coin(at: usize): string {
    faultAt = at + CAP_AT;
    const cap = load<u64>(faultAt);
    if (cap >= AMOUNT_END) return `cap ${cap} is not below 2^48`;
    faultAt = at + RULE_AT;
    const rule = load<u8>(faultAt);
    return rule < RULE_END ? "" : `transfer rule ${rule}, 0 to 2 are known`;
  }

  private box(at: usize): string {
    faultAt = at + LINK_AT;
    const link: u32 = load<u16>(faultAt);
    if (link >= this.links) return `link ${link} of ${this.links}`;
    if (link < this.linkNext) {
      return `link ${link} is not above that of the box before it`;
    }
    this.linkNext = link + 1;
    const amount = load<u64>(this.linksAt + link * LINK_OCTETS, LINK_AMOUNT_AT);
    return amount > 0 ? "" : `link ${link} has no amount`;
  }
}
