/**
 * Whether the platform's stack has room for another cell.
 *
 * A cell can call out with its stack all but full. If what it called broke off
 * for that, the wrong one would have ended; so a call of one cell by another
 * asks here first, while nothing has happened yet.
 *
 * JavaScript cannot ask how much is left, but a call is refused by the platform
 * if its frame does not fit. The function here calls itself a few times with a
 * frame of a page: it has many values in a branch that is never taken.
 */
import { STACK_OCTETS_CALLEE } from "../limits.ts";
import { CORE_HEADER, SECTION } from "../rewriter/sections.ts";
import { Writer } from "../rewriter/writer.ts";

/** What is counted may take twice as much (limits.ts). */
const RESERVE_OCTETS = 2 * STACK_OCTETS_CALLEE;
const VALUES = 2_048;
const FRAME_OCTETS = VALUES * 8;

const I32 = 0x7f;
const I64 = 0x7e;

/**
 * (func $reserve (param i32) (result i64)
 *   (if (i32.lt_s (local.get 0) (i32.const 0))
 *     (then … 2,048 × (call $reserve (local.get 0)) … 2,047 × i64.add … return))
 *   (if (result i64) (local.get 0)
 *     (then (call $reserve (i32.sub (local.get 0) (i32.const 1))))
 *     (else (i64.const 0))))
 */
function body(): Uint8Array {
  const code = new Writer();
  code.octets([0, 0x20, 0, 0x41, 0, 0x48, 0x04, 0x40]);
  for (let left = VALUES; left > 0; left--) code.octets([0x20, 0, 0x10, 0]);
  for (let left = VALUES; left > 1; left--) code.byte(0x7c);
  code.octets([0x0f, 0x0b]);
  code.octets([0x20, 0, 0x04, I64, 0x20, 0, 0x41, 1, 0x6b, 0x10, 0]);
  code.octets([0x05, 0x42, 0, 0x0b, 0x0b]);
  return code.done();
}

function module(): Uint8Array<ArrayBuffer> {
  const name = [..."reserve"].map((letter) => letter.charCodeAt(0));
  const code = new Writer();
  const inner = body();
  code.u32(1);
  code.u32(inner.length);
  code.octets(inner);
  const writer = new Writer();
  writer.octets(CORE_HEADER);
  writer.section(SECTION.type, Uint8Array.of(1, 0x60, 1, I32, 1, I64));
  writer.section(SECTION.function, Uint8Array.of(1, 0));
  writer.section(SECTION.export, Uint8Array.of(1, name.length, ...name, 0, 0));
  writer.section(SECTION.code, code.done());
  return writer.done();
}

const { reserve } =
  new WebAssembly.Instance(new WebAssembly.Module(module())).exports;
const CALLS = Math.ceil(RESERVE_OCTETS / FRAME_OCTETS);

/** Throws the platform's `RangeError` if a callee would not have its share. */
export function checkStack(): void {
  if (typeof reserve === "function") reserve(CALLS);
}
