/**
 * The rules of a metered network, as the configuration gives them.
 *
 * `stake=TOKEN per=N grant=N refill=N block=N cap=N`, in this order, one space
 * between: so the text has one form, and the network's identity is its hash.
 */
import { unhexInto } from "./unhex";
import { HASH_BLAKE3 } from "./limits";

const KEYS: string[] = ["stake", "per", "grant", "refill", "block", "cap"];
/** The greatest value of each, so that no product leaves 64 bits. */
const MOST: u64[] = [0, 1 << 48, 1 << 32, 1 << 16, 1 << 16, 1 << 16];
const STAKE_DIGITS: i32 = 66;
const DIGITS_MAX: i32 = 16;

let metered: bool = false;
/** Digest of the token that is staked. */
export const ruleStake: usize = memory.data(40, 16);
export let rulePer: u64 = 1;
export let ruleGrant: u64 = 0;
export let ruleRefill: u64 = 1;
export let ruleBlock: u64 = 1;
export let ruleCap: u64 = 1;

export function isMetered(): bool {
  return metered;
}

/** Takes the rules; empty, or what is wrong with them. */
export function readRules(text: string): string {
  const parts = text.split(" ");
  if (parts.length != KEYS.length) return 'rules: not the six of "stake" to "cap"';
  const values = new StaticArray<u64>(KEYS.length);
  for (let i = 0; i < KEYS.length; i++) {
    const key = `${KEYS[i]}=`;
    if (!parts[i].startsWith(key)) return `rules: "${parts[i]}" is not ${key}`;
    const value = parts[i].substring(key.length);
    if (i == 0) {
      const known = value.length == STAKE_DIGITS &&
        unhexInto(value, ruleStake) && load<u8>(ruleStake) == HASH_BLAKE3;
      if (!known) return "rules: stake is not an identity of 66 digits";
      continue;
    }
    if (!isCanonical(value)) return `rules: "${parts[i]}" is not a number`;
    values[i] = u64.parse(value);
    const least: u64 = i == 2 ? 0 : 1;
    if (values[i] < least || values[i] > MOST[i]) {
      return `rules: ${KEYS[i]} is ${least} to ${MOST[i]}`;
    }
  }
  memory.copy(ruleStake, ruleStake + 1, 32);
  rulePer = values[1];
  ruleGrant = values[2];
  ruleRefill = values[3];
  ruleBlock = values[4];
  ruleCap = values[5];
  metered = true;
  return "";
}

function isCanonical(text: string): bool {
  if (text.length < 1 || text.length > DIGITS_MAX) return false;
  if (text.length > 1 && text.charCodeAt(0) == 48) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}
