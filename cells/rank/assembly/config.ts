/**
 * Reads the cell's configuration.
 *
 * A value is parsed whole or refused; a key may come once.
 */
import {
  ACCELERATION_MAX,
  ROUNDS_DEFAULT,
  ROUNDS_MAX,
  TOLERANCE_DEFAULT,
  ROWS_LENGTH_MAX,
  SHARE_MIN_MAX,
  VALUE_LENGTH_MAX,
} from "./limits";
import { Approach } from "./gpu/approach";
import { Lending, lendTo } from "./lending";
import { servePart } from "./part";
import { PARTS_MAX } from "./tasks";

export class Config {
  static tolerance: f64 = TOLERANCE_DEFAULT;
  static roundsMax: u32 = ROUNDS_DEFAULT;
  static acceleration: u32 = ACCELERATION_MAX;
  static diffusionAlone: bool = false;
}

let toleranceSeen: bool = false;
let roundsSeen: bool = false;
let accelerationSeen: bool = false;
let operatorsSeen: bool = false;

// Names of snapshots; which part this is, 0 for rank itself.
let tasks: string = "";
let rows: string = "";
let part: u32 = 0;
let shareMinSeen: bool = false;
let gpuSeen: bool = false;
let gpuMinSeen: bool = false;

/** Takes one pair; answers what is wrong with it, or "". */
export function configure(key: string, value: string): string {
  const lengthMax = key == "rows" ? ROWS_LENGTH_MAX : VALUE_LENGTH_MAX;
  if (value.length > lengthMax) {
    return `${key}: more than ${lengthMax} characters`;
  }
  if (key == "tasks" || key == "rows" || key == "part" || key == "share-min") {
    return configureSharing(key, value);
  }
  if (key == "gpu" || key == "gpu-min") return configureGpu(key, value);
  if (key == "tolerance") {
    if (toleranceSeen) return "tolerance: given twice";
    toleranceSeen = true;
    const parsed = isDecimal(value) ? F64.parseFloat(value) : NaN;
    if (!(parsed > 0 && parsed < 1)) {
      return `tolerance: "${value}" is not a number above 0 and below 1`;
    }
    Config.tolerance = parsed;
    return "";
  }
  if (key == "rounds-max") {
    if (roundsSeen) return "rounds-max: given twice";
    roundsSeen = true;
    const parsed = wholeNumber(value);
    if (parsed < 1 || parsed > <i32>ROUNDS_MAX) {
      return `rounds-max: "${value}" is not a whole number from 1 to ${ROUNDS_MAX}`;
    }
    Config.roundsMax = <u32>parsed;
    return "";
  }
  if (key == "acceleration") {
    if (accelerationSeen) return "acceleration: given twice";
    accelerationSeen = true;
    const parsed = wholeNumber(value);
    if (parsed < 0 || parsed > <i32>ACCELERATION_MAX) {
      return `acceleration: "${value}" is not a whole number from 0 to ${ACCELERATION_MAX}`;
    }
    Config.acceleration = <u32>parsed;
    return "";
  }
  if (key == "operators") {
    if (operatorsSeen) return "operators: given twice";
    operatorsSeen = true;
    if (value != "tri-kernel" && value != "diffusion") {
      return `operators: "${value}" is neither tri-kernel nor diffusion`;
    }
    Config.diffusionAlone = value == "diffusion";
    return "";
  }
  return `unknown key "${key}"; known: tolerance, rounds-max, acceleration, operators, tasks, rows, part, share-min, gpu, gpu-min`;
}

function configureSharing(key: string, value: string): string {
  if (key == "tasks") {
    if (tasks != "") return "tasks: given twice";
    tasks = value;
    return value == "" ? "tasks: empty" : "";
  }
  if (key == "rows") {
    if (rows != "") return "rows: given twice";
    rows = value;
    return value == "" ? "rows: empty" : "";
  }
  const parsed = wholeNumber(value);
  if (key == "part") {
    if (part != 0) return "part: given twice";
    if (parsed < 1 || parsed > <i32>PARTS_MAX) {
      return `part: "${value}" is not a whole number from 1 to ${PARTS_MAX}`;
    }
    part = <u32>parsed;
    return "";
  }
  if (shareMinSeen) return "share-min: given twice";
  shareMinSeen = true;
  if (parsed < 0 || parsed > SHARE_MIN_MAX) {
    return `share-min: "${value}" is not a whole number from 0 to ${SHARE_MIN_MAX}`;
  }
  Lending.entriesMin = <u32>parsed;
  return "";
}

function configureGpu(key: string, value: string): string {
  if (key == "gpu") {
    if (gpuSeen) return "gpu: given twice";
    gpuSeen = true;
    if (value != "yes" && value != "no") return `gpu: "${value}" is neither yes nor no`;
    Approach.isOn = value == "yes";
    return "";
  }
  if (gpuMinSeen) return "gpu-min: given twice";
  gpuMinSeen = true;
  const parsed = wholeNumber(value);
  if (parsed < 0 || parsed > SHARE_MIN_MAX) {
    return `gpu-min: "${value}" is not a whole number from 0 to ${SHARE_MIN_MAX}`;
  }
  Approach.entriesMin = <u32>parsed;
  return "";
}

/** After all pairs: answers what does not fit together, or "". */
export function configured(): string {
  if (part == 0 && tasks == "" && rows == "") return "";
  if (tasks == "" || rows == "") return "tasks and rows: one of them is missing";
  const names = rows.split(",");
  if (part > 0) {
    if (names.length > 1) return "rows: a part writes one snapshot";
    servePart(part, tasks, rows);
    return "";
  }
  if (names.length > <i32>PARTS_MAX) return `rows: more than ${PARTS_MAX}`;
  lendTo(tasks, names);
  return "";
}

/** The number that a text of up to nine digits says, else -1. */
function wholeNumber(text: string): i32 {
  const digits = digitsFrom(text, 0);
  const whole = digits > 0 && digits == text.length && digits <= 9;
  return whole ? I32.parseInt(text, 10) : -1;
}

/** How many digits follow one another from `at` on. */
function digitsFrom(text: string, at: i32): i32 {
  let end = at;
  while (end < text.length) {
    const unit = text.charCodeAt(end);
    if (unit < 48 || unit > 57) break;
    ++end;
  }
  return end - at;
}

/** digits [ "." digits ] [ ("e" | "E") [ "-" | "+" ] digits ] */
function isDecimal(text: string): bool {
  let at = digitsFrom(text, 0);
  if (at == 0) return false;
  if (at < text.length && text.charAt(at) == ".") {
    const fraction = digitsFrom(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at == text.length) return true;
  const mark = text.charAt(at);
  if (mark != "e" && mark != "E") return false;
  ++at;
  if (at < text.length && (text.charAt(at) == "-" || text.charAt(at) == "+")) {
    ++at;
  }
  const exponent = digitsFrom(text, at);
  return exponent > 0 && at + exponent == text.length;
}
