/** What the block suite's groups share: short names for acts and claims. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Block, Done, Refusal } from "../../../hal/block_contract.ts";
import { BLOCK_OCTETS } from "./case.ts";

/** Offset of block `number`. */
export const at = (number: number): bigint => BigInt(number * BLOCK_OCTETS);

/** `count` blocks of octets that depend on `seed` and their place. */
export function pattern(seed: number, count = 1): Uint8Array {
  const octets = new Uint8Array(count * BLOCK_OCTETS);
  for (let i = 0; i < octets.length; i++) {
    octets[i] = (seed * 131 + i * 7 + (i >> 8) * 13 + 1) & 0xff;
  }
  return octets;
}

/** Reads blocks; fails unless the device gives exactly as many. */
export function read(device: Block, number: number, count = 1): Uint8Array {
  const result = device.read(at(number), count * BLOCK_OCTETS);
  ok(result.tag === "ok", `read was refused: ${JSON.stringify(result)}`);
  strictEqual(result.val.length, count * BLOCK_OCTETS, "length of a read");
  return result.val;
}

export function write(device: Block, number: number, data: Uint8Array): void {
  accepted(device.write(at(number), data), "write");
}

export function accepted(done: Done, what: string): void {
  ok(done.tag === "ok", `${what} was refused: ${JSON.stringify(done)}`);
}

/** The operation was refused, for exactly this reason. */
export function refused(
  done: { tag: "ok" } | { tag: "err"; val: Refusal },
  reason: Refusal["tag"],
): void {
  ok(done.tag === "err", `was not refused; wants ${reason}`);
  strictEqual(done.val.tag, reason);
}

export function same(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  if (actual.length === expected.length) {
    for (let i = 0; i < actual.length; i++) {
      if (actual[i] === expected[i]) continue;
      ok(false, `${what}: octet ${i} is ${actual[i]}, not ${expected[i]}`);
    }
  } else deepStrictEqual(actual.length, expected.length, what);
}
