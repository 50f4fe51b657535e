/** The driver's section of the system file. */
import { Tuple2 } from "../../../../cells/sdk/assembly/tuple";
import {
  BLOCK_OCTETS_MAX,
  BLOCK_OCTETS_MIN,
  MS_MAX,
  TRANSFER_OCTETS_MAX,
} from "./limits";

export let blockOctets: u32 = 4096;
export let transferMax: u32 = 1 << 20;
export let wantsReadOnly: bool = false;
/** How long the device may take for what it is given at once. */
export let operationUs: u64 = 10_000_000;
/** How long it may take to come back as new. */
export let resetUs: u64 = 5_000_000;

/** Reads the section; empty, or what is wrong with it. */
export function readSettings(config: Array<Tuple2<string, string>>): string {
  for (let i = 0; i < config.length; i++) {
    const key = config[i]._0;
    const text = config[i]._1;
    if (key == "read-only") {
      if (text != "true" && text != "false") {
        return `read-only: "${text}" is neither true nor false`;
      }
      wantsReadOnly = text == "true";
      continue;
    }
    const number = whole(text);
    if (number == U64.MAX_VALUE) return `${key}: "${text}" is no number`;
    if (key == "block-size") {
      const isPower = number != 0 && (number & (number - 1)) == 0;
      if (
        !isPower || number < BLOCK_OCTETS_MIN || number > BLOCK_OCTETS_MAX
      ) return `block-size: ${number} is no power of two from 512 to 65536`;
      blockOctets = <u32> number;
    } else if (key == "transfer-max") {
      if (number == 0 || number > TRANSFER_OCTETS_MAX) {
        return `transfer-max: ${number} is not from 1 to ${TRANSFER_OCTETS_MAX}`;
      }
      transferMax = <u32> number;
    } else if (key == "operation-ms" || key == "reset-ms") {
      if (number == 0 || number > MS_MAX) {
        return `${key}: ${number} is not from 1 to ${MS_MAX}`;
      }
      if (key == "reset-ms") resetUs = number * 1000;
      else operationUs = number * 1000;
    } else return `${key}: there is no such setting`;
  }
  return transferMax % blockOctets == 0
    ? ""
    : `transfer-max: ${transferMax} is no multiple of ${blockOctets}`;
}

/** A number of at most 15 digits; the largest of its type if it is none. */
function whole(text: string): u64 {
  if (text.length == 0 || text.length > 15) return U64.MAX_VALUE;
  let sum: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return U64.MAX_VALUE;
    sum = sum * 10 + digit;
  }
  return sum;
}
