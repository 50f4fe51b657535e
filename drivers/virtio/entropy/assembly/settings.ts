/** The driver's section of the system file. */
import { Tuple2 } from "../../../../cells/sdk/assembly/tuple";
import { MS_MAX, PATIENCE_MAX } from "./limits";

/** How long the device may take for its first octets, when the driver starts. */
export let fillUs: u64 = 10_000_000;
/** How long it may take to come back as new, at start and stop. */
export let resetUs: u64 = 5_000_000;
/** Draws in a row that find it without an octet, before it is reset. */
export let patience: u32 = 1000;

/** Reads the section; empty, or what is wrong with it. */
export function readSettings(config: Array<Tuple2<string, string>>): string {
  for (let i = 0; i < config.length; i++) {
    const key = config[i]._0;
    const text = config[i]._1;
    const isTime = key == "fill-ms" || key == "reset-ms";
    if (!isTime && key != "patience") return `${key}: there is no such setting`;
    const most = isTime ? MS_MAX : <u64> PATIENCE_MAX;
    const number = whole(text);
    if (number == 0 || number > most) {
      return `${key}: "${text}" is no number from 1 to ${most}`;
    }
    if (key == "fill-ms") fillUs = number * 1000;
    else if (key == "reset-ms") resetUs = number * 1000;
    else patience = <u32> number;
  }
  return "";
}

/** A number of at most 15 digits; 0 if it is none. */
function whole(text: string): u64 {
  if (text.length > 15) return 0;
  let sum: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return 0;
    sum = sum * 10 + digit;
  }
  return sum;
}
