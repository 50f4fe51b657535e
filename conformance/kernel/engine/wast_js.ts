/**
 * Values of scripts as JavaScript has them, and back.
 */
import { callExactly } from "./wast_bridge.ts";
import type { Expected, Value } from "./wast_values.ts";

/** Host objects that scripts name by number. */
const objects = new Map<string, object>();

function objectOf(ref: string): object {
  const known = objects.get(ref);
  if (known !== undefined) return known;
  const made = Object.freeze({ ref });
  objects.set(ref, made);
  return made;
}

function toJs({ type, bits, ref }: Value): unknown {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  switch (type) {
    case "i32":
      return view.getInt32(4);
    case "i64":
      return view.getBigInt64(0);
    case "f32":
      return view.getFloat32(4);
    case "f64":
      return view.getFloat64(0);
    case "v128":
      throw new Error("a vector needs the bridge");
    case "ref":
      return ref === "null" ? null : objectOf(ref);
  }
}

export function fromJs(given: unknown, type: Expected["type"]): Value {
  const view = new DataView(new ArrayBuffer(8));
  if (type === "ref") return { type, bits: 0n, ref: refOf(given) };
  if (typeof given === "bigint") {
    return { type: "i64", bits: BigInt.asUintN(64, given), ref: "" };
  }
  if (typeof given !== "number") {
    return { type: "ref", bits: 0n, ref: refOf(given) };
  }
  if (type === "i32") view.setInt32(4, given);
  else if (type === "f32") view.setFloat32(4, given);
  else view.setFloat64(0, given);
  return { type, bits: view.getBigUint64(0), ref: "" };
}

function refOf(given: unknown): string {
  if (given === null) return "null";
  if (typeof given === "function") return "func";
  if (typeof given === "number") return "i31";
  for (const [ref, object] of objects) if (object === given) return ref;
  return "object";
}

/** JavaScript refuses, before the call, what has a vector as its result. */
export function callFromJs(
  run: CallableFunction,
  args: readonly Value[],
  expected: readonly Expected[] | undefined,
): unknown {
  try {
    return run(...args.map(toJs));
  } catch (error) {
    if (!(error instanceof TypeError) || expected !== undefined) throw error;
    callExactly(run, args, ["v128"]);
    return [];
  }
}

export function asExpected({ type, bits, ref }: Value): Expected {
  const bitCount = type === "f32" ? 32 : 64;
  return { type, lanes: [{ bitCount, bits, pattern: "exact" }], ref };
}
