/**
 * A component that does a little of everything, for the golden runs.
 *
 * Each round mixes whole numbers, floating point in both widths, NaNs of all
 * payloads, vectors, bulk moves, indirect calls, a branch table and growth, and
 * leaves its trace in memory.
 */
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";

const NAME = "karyon:mill/mill@0.1.0";
const WIT = `package karyon:mill@0.1.0;
interface mill { run: func(seed: u64, rounds: u32) -> u64; }
world golden { export mill; }`;

const TEXT = `(module
  (memory (export "memory") 1 64)
  (type $turn (func (param i64) (result i64)))
  (table funcref (elem $left $right $count $left))
  (global $at (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func $left (type $turn) (i64.rotl (local.get 0) (i64.const 13)))
  (func $right (type $turn)
    (i64.mul (i64.shr_u (local.get 0) (i64.const 7))
      (i64.const 0x9e3779b97f4a7c15)))
  (func $count (type $turn)
    (i64.add (i64.popcnt (local.get 0))
      (i64.div_u (local.get 0)
        (i64.add (i64.const 3) (i64.clz (local.get 0))))))
  (func $next (param $x i64) (result i64)
    (local.set $x (i64.xor (local.get $x)
      (i64.shl (local.get $x) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x)
      (i64.shr_u (local.get $x) (i64.const 7))))
    (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
  (func $reals (param $x i64) (result i64) (local $f f64) (local $g f32)
    (local.set $f (f64.div
      (f64.convert_i64_u (i64.shr_u (local.get $x) (i64.const 11)))
      (f64.const 0x1p53)))
    (local.set $f (f64.sqrt (f64.add (local.get $f) (f64.const 0.1))))
    (local.set $g (f32.div (f32.demote_f64 (local.get $f)) (f32.const 3)))
    (local.set $f (f64.max (f64.mul (local.get $f) (f64.const 1e9))
      (f64.promote_f32 (f32.nearest (f32.mul (local.get $g)
        (f32.const 77.5))))))
    (i64.xor
      (i64.reinterpret_f64 (f64.copysign (local.get $f)
        (f64.sub (f64.const 9e8) (local.get $f))))
      (i64.trunc_sat_f64_s (f64.floor (local.get $f)))))
  (func $vectors (param $x i64) (result i64) (local $v v128)
    (local.set $v (i32x4.mul (i64x2.splat (local.get $x))
      (v128.const i32x4 3 5 7 11)))
    (local.set $v (v128.xor (local.get $v)
      (f32x4.sqrt (f32x4.abs (f32x4.convert_i32x4_s (local.get $v))))))
    (v128.store (global.get $at) (local.get $v))
    (i64x2.extract_lane 1 (i8x16.swizzle (local.get $v)
      (v128.const i8x16 15 3 7 1 0 2 12 4 9 8 11 10 5 6 13 14))))
  (func $nan (param $x i64) (result f64)
    (f64.reinterpret_i64
      (i64.or (local.get $x) (i64.const 0x7ff0_0000_0000_0001))))
  (func $nans (param $x i64) (result i64) (local $f f64) (local $v v128)
    (local.set $f (f64.add
      (f64.min (call $nan (local.get $x)) (f64.const 1))
      (f64.max (call $nan (i64.rotl (local.get $x) (i64.const 21)))
        (call $nan (i64.rotl (local.get $x) (i64.const 42))))))
    (local.set $v (f32x4.min
      (v128.or (i64x2.splat (local.get $x)) (v128.const i32x4 0x7f800001
        0xff800001 0x7fc00000 0))
      (f64x2.mul (f64x2.splat (call $nan (local.get $x)))
        (i64x2.splat (local.get $x)))))
    (i64.xor
      (i64.xor (i64.reinterpret_f64 (local.get $f))
        (i64x2.extract_lane 0 (local.get $v)))
      (i64.xor (i64x2.extract_lane 1 (local.get $v))
        (i64.extend_i32_u (i32.reinterpret_f32 (f32.sub
          (f32.demote_f64 (call $nan (local.get $x))) (f32.const 1)))))))
  (func $bulk (param $x i64) (local $size i32)
    (local.set $size (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 1023)))
    (block $done (block $fill (block $copy (block $grow
      (br_table $grow $copy $fill $copy $done
        (i32.and (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 40)))
          (i32.const 7))))
      (drop (memory.grow (i32.const 1))) (br $done))
      (memory.copy (i32.const 2048) (global.get $at) (local.get $size))
      (br $done))
      (memory.fill (global.get $at) (local.get $size) (local.get $size))))
  (func (export "${NAME}#run") (param $x i64) (param $rounds i32) (result i64)
    (block $done (loop $again
      (br_if $done (i32.eqz (local.get $rounds)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (local.set $x (call $next (local.get $x)))
      (local.set $x (i64.xor (local.get $x) (call $reals (local.get $x))))
      (local.set $x (i64.add (local.get $x) (call $vectors (local.get $x))))
      (local.set $x (i64.xor (local.get $x) (call $nans (local.get $x))))
      (local.set $x (call_indirect (type $turn) (local.get $x)
        (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 3))))
      (call $bulk (local.get $x))
      (i64.store (global.get $at) (local.get $x))
      (global.set $at (i32.add (i32.const 4096) (i32.and
        (i32.add (global.get $at) (i32.const 40)) (i32.const 0x7fff))))
      (br $again)))
    (i64.add (local.get $x) (i64.extend_i32_u (memory.size)))))`;

export async function millComponent(): Promise<Uint8Array> {
  const core = await componentEmbed({
    binary: await parse(TEXT),
    witSource: WIT,
    world: "golden",
  });
  return await componentNew(core);
}

export interface Mill {
  run(seed: bigint, rounds: number): bigint;
}

export const mill: InterfaceBinding<Mill> = {
  name: NAME,
  signature: "run: func(seed: u64, rounds: u32) -> u64",
  functions: [],
  bind: ({ exports }: CoreInstance) => {
    const run = exports[`${NAME}#run`];
    if (typeof run !== "function") throw new Error("no core export for run");
    return {
      run: (seed, rounds) => BigInt.asUintN(64, run(seed, rounds)),
    };
  },
  lower: () => ({}),
  exportIntrinsics: () => ({}),
};
