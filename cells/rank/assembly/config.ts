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
  VALUE_LENGTH_MAX,
} from "./limits";

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

/** Takes one pair; answers what is wrong with it, or "". */
export function configure(key: string, value: string): string {
  if (value.length > VALUE_LENGTH_MAX) {
    return `${key}: more than ${VALUE_LENGTH_MAX} characters`;
  }
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
  return `unknown key "${key}"; known: tolerance, rounds-max, acceleration, operators`;
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
