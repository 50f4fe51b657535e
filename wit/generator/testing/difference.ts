/**
 * Where two values differ first: for messages a person can read.
 */
import { inspect, isDeepStrictEqual } from "node:util";

/** The path of the first difference and both sides, or undefined. */
export function firstDifference(
  got: unknown,
  wanted: unknown,
  path = "value",
): string | undefined {
  if (isDeepStrictEqual(got, wanted)) return undefined;
  if (isTree(got) && isTree(wanted)) {
    const keys = new Set([...Object.keys(got), ...Object.keys(wanted)]);
    for (const key of keys) {
      const deeper = firstDifference(got[key], wanted[key], `${path}.${key}`);
      if (deeper !== undefined) return deeper;
    }
  }
  const show = (value: unknown) => inspect(value, { depth: 4 });
  return `${path}: got ${show(got)}, want ${show(wanted)}`;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    !ArrayBuffer.isView(value);
}
