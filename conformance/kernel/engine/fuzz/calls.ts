/**
 * Which functions of a module are called, and with what.
 */
import type { Chance } from "./mutate.ts";
import type { Argument, Call } from "./job.ts";
import { signatureOf, type Surface, type ValueType } from "./surface.ts";

const CALLS_MAX = 24;
const REENTRIES_MAX = 6;

const INTEGERS = [
  ...["0", "1", "2", "5", "16", "255", "-1", "65535", "65536"],
  ...["2147483647", "-2147483648", "305419896"],
];
const FLOATS = [
  ...["0", "-0", "1", "-1.5", "0.1", "1e10", "-1e38", "Infinity", "-Infinity"],
];

function argument(type: ValueType, chance: Chance): Argument {
  const one = (from: readonly string[]) =>
    from[Math.floor(chance() * from.length)] ?? "0";
  switch (type) {
    case "i32":
    case "i64":
      return [type, one(INTEGERS)];
    case "f32":
    case "f64":
      return [type, one(FLOATS)];
    case "externref":
      return [type, one(["null", "external"])];
    default:
      return [type, "null"];
  }
}

/** JavaScript cannot give or take vectors. */
function isCallable({ params, results }: {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}): boolean {
  return ![...params, ...results].includes("v128");
}

export function callsOf(surface: Surface, chance: Chance): Call[] {
  const functions = surface.exports.filter(({ kind }) => kind === "function")
    .map(({ name, index }) => ({ name, ...signatureOf(surface, index) }))
    .filter(isCallable);
  if (functions.length === 0) return [];
  const rounds = Math.max(1, Math.floor(CALLS_MAX / functions.length));
  const calls: Call[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const { name, params } of functions.slice(0, CALLS_MAX)) {
      calls.push({ name, args: params.map((type) => argument(type, chance)) });
    }
  }
  return calls.slice(0, CALLS_MAX);
}

/** What the host calls when it is called. */
export function reentriesOf(calls: readonly Call[]): readonly Call[] {
  return calls.slice(0, REENTRIES_MAX);
}
