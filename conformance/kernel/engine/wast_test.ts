/** The runner of scripts: it holds what is so, and says what is not. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { startTickerThread } from "../../../kernel/host/ticker_thread.ts";
import { type Countdown, Ticker } from "../../../kernel/engine/ticker.ts";
import { endless, stopsOf } from "./endless.ts";
import { ScriptRun, Tally } from "./wast_run.ts";
import type { Mode } from "./wast_store.ts";

const MODES: readonly Mode[] = ["plain", "none", "trap", "park", "fuel"];

async function withCountdown<T>(
  body: (countdown: Countdown) => Promise<T>,
): Promise<T> {
  const ticker = await Ticker.start(1, startTickerThread);
  try {
    return await body(ticker.countdowns[0] as Countdown);
  } finally {
    await ticker.stop();
  }
}

function tallied(text: string): Promise<ReadonlyMap<Mode, Tally>> {
  return withCountdown(async (countdown) => {
    const tallies = new Map(MODES.map((mode) => [mode, new Tally()]));
    await new ScriptRun("script", text, tallies, countdown).run();
    return tallies;
  });
}

const MODULE = `(module $m
  (tag $t) (global (export "g") i32 (i32.const 7))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "nan") (param f32) (result f32) (local.get 0))
  (func (export "zero/zero") (result f64)
    (f64.div (f64.const 0) (f64.const 0)))
  (func (export "splat") (param i32) (result v128)
    (i32x4.splat (local.get 0)))
  (func (export "id") (param externref) (result externref) (local.get 0))
  (func (export "throw") (throw $t))
  (func $down (export "down") (call $down))
  (func (export "trap") unreachable))`;

Deno.test("wast: every kind of assertion is held in every mode", async () => {
  const tallies = await tallied(`${MODULE}
    (assert_return (invoke "add" (i32.const 0xffff_ffff) (i32.const 2))
      (i32.const 1))
    (assert_return (invoke "nan" (f32.const -nan:0x200000))
      (f32.const -nan:0x200000))
    (assert_return (invoke "zero/zero") (f64.const nan:canonical))
    (assert_return (invoke "splat" (i32.const -1))
      (v128.const i8x16 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 255))
    (assert_return (invoke "id" (ref.extern 3)) (ref.extern 3))
    (assert_return (invoke "id" (ref.null extern)) (ref.null extern))
    (assert_return (get $m "g") (either (i32.const 6) (i32.const 7)))
    (assert_trap (invoke "trap") "unreachable")
    (assert_exhaustion (invoke "down") "call stack exhausted")
    (assert_exception (invoke "throw"))
    (assert_invalid (module (func (result i32))) "type mismatch")
    (assert_malformed (module binary "\\00asm") "unexpected end")
    (assert_malformed (module quote "(func) (bar)") "unknown")
    (register "m" $m)
    (module (import "m" "add" (func $add (param i32 i32) (result i32)))
      (func (export "two") (result i32)
        (call $add (i32.const 1) (i32.const 1))))
    (assert_return (invoke "two") (i32.const 2))
    (assert_unlinkable (module (import "m" "no" (func))) "unknown import")
    (assert_trap (module (func $f unreachable) (start $f)) "unreachable")`);
  const [plain] = tallies.values();
  ok(plain !== undefined);
  deepStrictEqual(Object.fromEntries(plain.held), {
    assert_return: 8,
    assert_trap: 2,
    assert_exhaustion: 1,
    assert_exception: 1,
    assert_invalid: 1,
    assert_malformed: 1,
    "assert_malformed by the assembler": 1,
    assert_unlinkable: 1,
  });
  for (const [mode, { held, broken, refused, differences }] of tallies) {
    deepStrictEqual(held, plain.held, mode);
    deepStrictEqual([broken, refused.size, differences], [[], 0, []], mode);
  }
});

Deno.test("wast: control: what is not so is said, with its line", async () => {
  const wrong: Record<string, RegExp> = {
    '(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))':
      /script:14: assert_return, but values i32:3/,
    '(assert_return (invoke "nan" (f32.const nan:0x1)) (f32.const nan:0x2))':
      /assert_return, but values f32:7f800001/,
    '(assert_return (invoke "nan" (f32.const -0)) (f32.const 0))':
      /assert_return, but values f32:80000000/,
    '(assert_return (invoke "add" (i32.const 1) (i32.const 2)))':
      /assert_return, but/,
    '(assert_trap (invoke "down") "")': /assert_trap, but exhaustion/,
    '(assert_exhaustion (invoke "trap") "")': /assert_exhaustion, but trap/,
    '(assert_trap (invoke "zero/zero") "")': /assert_trap, but values/,
    '(assert_invalid (module (func)) "")': /assert_invalid, but/,
    '(assert_unlinkable (module) "")': /assert_unlinkable, but values/,
  };
  for (const [assertion, said] of Object.entries(wrong)) {
    for (const [mode, tally] of await tallied(`${MODULE}\n${assertion}`)) {
      strictEqual(tally.broken.length, 1, `${mode}: ${assertion}`);
      match(tally.broken[0] ?? "", said);
      strictEqual(tally.held.size, 0);
    }
  }
});

Deno.test("wast: a refused module is counted with its reason", async () => {
  const tallies = await tallied(`(module (memory 1 1 shared)
      (func (export "f")))
    (assert_return (invoke "f"))`);
  for (const [mode, { held, refused, modulesRefused }] of tallies) {
    const reasons = [...refused.keys()].join();
    if (mode === "plain") strictEqual(held.get("assert_return"), 1);
    else {
      deepStrictEqual([held.size, modulesRefused], [0, 1]);
      match(reasons, /module: it defines shared memory/);
    }
  }
});

Deno.test("wast: a loop made endless is stopped in both ways", () =>
  withCountdown(async (countdown) => {
    const plain = await parse(`(module
      (func (export "once") (loop nop))
      (func (export "takes") (result i32)
        (i32.const 1) (loop (param i32) (result i32)))
      (func (export "control")))`);
    const spun = endless(plain);
    strictEqual(spun.loops, 2);
    ok(WebAssembly.validate(spun.octets));
    for (const mode of ["trap", "fuel"] as const) {
      const bounds = { callMs: 1, fuel: 1_000n };
      const { calls, stopped } = stopsOf(spun, mode, countdown, bounds);
      strictEqual(calls, 4);
      deepStrictEqual(stopped.map(({ field }) => field), ["once", "takes"]);
    }
  }));
