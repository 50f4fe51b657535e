/**
 * The cell's section of the system file.
 *
 * `network`: the network's name, required. `rules`: those of a metered network,
 * `rules.ts`; they are part of its identity. `memory-octets`: size of the cell's
 * memory at which appends are refused as `full`. `checkpoint-octets`: octets
 * that the log grows by, at least, between two checkpoints; 0 for none. `from-log`: `yes`, so that opening
 * replays the whole log whatever checkpoints there are. `salt`: up to 64 hexadecimal
 * digits that outsiders do not know; it decides where tables keep their
 * entries, never what the cell answers.
 */
import { hash } from "../../sdk/assembly/blake3";
import { Tuple2 } from "../../sdk/assembly/tuple";
import {
  CHECKPOINT_EVERY_OCTETS,
  HASH_BLAKE3,
  NETWORK_NAME_OCTETS_MAX,
  SALT_DIGITS_MAX,
} from "./limits";
import { isMetered, readRules, ruleStake } from "./rules";

export const wantedNetwork: usize = memory.data(40, 16);
export let memoryOctets: u64 = u64.MAX_VALUE;
/** Octets of log between two checkpoints; 0 for none at all. */
export let checkpointEvery: u64 = CHECKPOINT_EVERY_OCTETS;
/** Digest of the salt and the network. */
export const saltDigest: usize = memory.data(32, 16);

/** Opening replays the whole log, whatever checkpoints there are. */
export let fromLog: bool = false;

let networkName: string = "";
let rulesText: string = "";
let saltText: string = "";
let seen = new Array<string>();

/** Takes the section; empty, or which entry is wrong. */
export function readConfig(entries: Array<Tuple2<string, string>>): string {
  for (let i = 0; i < entries.length; i++) {
    const key = entries[i]._0;
    if (seen.includes(key)) return `key "${key}" is there twice`;
    seen.push(key);
    const fault = readEntry(key, entries[i]._1);
    if (fault.length > 0) return fault;
  }
  if (networkName.length == 0) return 'key "network" is missing';
  identify();
  return "";
}

function readEntry(key: string, value: string): string {
  if (key == "network") {
    const octets = String.UTF8.byteLength(value);
    if (octets < 1 || octets > NETWORK_NAME_OCTETS_MAX) {
      return `network: a name of ${octets} octets, ` +
        `1 to ${NETWORK_NAME_OCTETS_MAX} are allowed`;
    }
    networkName = value;
    return "";
  }
  if (key == "rules") {
    rulesText = value;
    return readRules(value);
  }
  if (key == "memory-octets") {
    if (!isNumber(value)) return `memory-octets: "${value}" is not a number`;
    memoryOctets = u64.parse(value);
    return "";
  }
  if (key == "checkpoint-octets") {
    if (!isNumber(value)) return `checkpoint-octets: "${value}" is not a number`;
    checkpointEvery = u64.parse(value);
    return "";
  }
  if (key == "from-log") {
    if (value != "yes" && value != "no") {
      return `from-log: "${value}" is neither yes nor no`;
    }
    fromLog = value == "yes";
    return "";
  }
  if (key == "salt") {
    if (!isHex(value)) return "salt: not up to 64 hexadecimal digits";
    saltText = value;
    return "";
  }
  return `unknown key "${key}"`;
}

function isNumber(text: string): bool {
  if (text.length < 1 || text.length > 18) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}

function isHex(text: string): bool {
  if (text.length > SALT_DIGITS_MAX) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const digit = (c >= 48 && c <= 57) || (c >= 97 && c <= 102);
    if (!digit) return false;
  }
  return true;
}

function identify(): void {
  const name = String.UTF8.encode(
    isMetered()
      ? `karyon network with rules: ${rulesText} ${networkName}`
      : "karyon network: " + networkName,
  );
  store<u8>(wantedNetwork, HASH_BLAKE3);
  hash(changetype<usize>(name), name.byteLength, wantedNetwork + 1);
  if (!isMetered()) {
    // Nobody can mint the default token, so nobody can lock any.
    const token = String.UTF8.encode("karyon");
    hash(changetype<usize>(token), token.byteLength, ruleStake);
  }
  const salt = String.UTF8.encode(saltText + " " + networkName);
  hash(changetype<usize>(salt), salt.byteLength, saltDigest);
}
