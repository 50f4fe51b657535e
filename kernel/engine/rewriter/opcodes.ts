/**
 * The instructions of WebAssembly 3.0: name, immediates, feature.
 *
 * This table is all that the rewriter knows about instructions. An opcode that
 * is not in it is refused, so a new proposal cannot slip past a check.
 *
 * Deliberately absent: operand types. The platform validates a module before
 * the rewriter sees it.
 */

/** What follows an opcode in the octets. */
export type Immediate =
  | "none"
  | "block"
  | "label"
  | "labels"
  | "function"
  | "global"
  | "type"
  | "type-index"
  | "index"
  | "index2"
  | "select"
  | "memory"
  | "memory2"
  | "data-memory"
  | "memarg"
  | "memarg-lane"
  | "lane"
  | "octets16"
  | "s32"
  | "s64"
  | "f32"
  | "f64"
  | "heap"
  | "cast"
  | "try-table"
  | "fence";

/** Features that a host may refuse by policy. */
export type Feature =
  | "core"
  | "simd"
  | "relaxed-simd"
  | "threads"
  | "tail-calls"
  | "exceptions"
  | "legacy-exceptions"
  | "gc";

export interface Opcode {
  readonly name: string;
  readonly immediate: Immediate;
  readonly feature: Feature;
}

/** Keyed by the opcode, or by prefix * 65536 + the number after a prefix. */
const TABLE = new Map<number, Opcode>();

export const PREFIXES: ReadonlySet<number> = new Set([0xfb, 0xfc, 0xfd, 0xfe]);
export const PREFIX_FACTOR = 0x10000;

export function findOpcode(code: number): Opcode | undefined {
  return TABLE.get(code);
}

/** Every entry, for tests that cover the table. */
export function allOpcodes(): IterableIterator<[number, Opcode]> {
  return TABLE.entries();
}

/** Enters a run of names from `code` on; `_` leaves a number unassigned. */
function run(
  code: number,
  immediate: Immediate,
  names: string,
  feature: Feature = "core",
): void {
  names.trim().split(/\s+/).forEach((name, index) => {
    if (name !== "_") {
      TABLE.set(code + index, { name, immediate, feature });
    }
  });
}

/** Prefixes each word of `names` with `shape` and a dot. */
function each(shape: string, names: string): string {
  return names.trim().split(/\s+/)
    .map((name) => name === "_" ? name : `${shape}.${name}`).join(" ");
}

// Control.
run(0x00, "none", "unreachable nop");
run(0x02, "block", "block loop if");
run(0x05, "none", "else");
run(0x06, "block", "try", "legacy-exceptions");
run(0x07, "index", "catch", "legacy-exceptions");
run(0x08, "index", "throw", "exceptions");
run(0x09, "label", "rethrow", "legacy-exceptions");
run(0x0a, "none", "throw_ref", "exceptions");
run(0x0b, "none", "end");
run(0x0c, "label", "br br_if");
run(0x0e, "labels", "br_table");
run(0x0f, "none", "return");
run(0x10, "function", "call");
run(0x11, "type-index", "call_indirect");
run(0x12, "function", "return_call", "tail-calls");
run(0x13, "type-index", "return_call_indirect", "tail-calls");
run(0x14, "type", "call_ref");
run(0x15, "type", "return_call_ref", "tail-calls");
run(0x18, "label", "delegate", "legacy-exceptions");
run(0x19, "none", "catch_all", "legacy-exceptions");
run(0x1a, "none", "drop select");
run(0x1c, "select", "select");
run(0x1f, "try-table", "try_table", "exceptions");
run(0x20, "index", "local.get local.set local.tee");
run(0x23, "global", "global.get global.set");
run(0x25, "index", "table.get table.set");

// Memory.
run(
  0x28,
  "memarg",
  `i32.load i64.load f32.load f64.load
  i32.load8_s i32.load8_u i32.load16_s i32.load16_u
  i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u
  i32.store i64.store f32.store f64.store
  i32.store8 i32.store16 i64.store8 i64.store16 i64.store32`,
);
run(0x3f, "memory", "memory.size memory.grow");

// Numbers.
run(0x41, "s32", "i32.const");
run(0x42, "s64", "i64.const");
run(0x43, "f32", "f32.const");
run(0x44, "f64", "f64.const");
const COMPARE_INT = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const COMPARE_FLOAT = "eq ne lt gt le ge";
const COMPUTE_INT = `clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or
  xor shl shr_s shr_u rotl rotr`;
const COMPUTE_FLOAT = `abs neg ceil floor trunc nearest sqrt add sub mul div min
  max copysign`;
run(0x45, "none", each("i32", `eqz ${COMPARE_INT}`));
run(0x50, "none", each("i64", `eqz ${COMPARE_INT}`));
run(0x5b, "none", each("f32", COMPARE_FLOAT));
run(0x61, "none", each("f64", COMPARE_FLOAT));
run(0x67, "none", each("i32", COMPUTE_INT));
run(0x79, "none", each("i64", COMPUTE_INT));
run(0x8b, "none", each("f32", COMPUTE_FLOAT));
run(0x99, "none", each("f64", COMPUTE_FLOAT));
run(
  0xa7,
  "none",
  `i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u
  i64.extend_i32_s i64.extend_i32_u
  i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
  f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u
  f32.demote_f64
  f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u
  f64.promote_f32
  i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32
  f64.reinterpret_i64
  i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s`,
);

// References.
run(0xd0, "heap", "ref.null");
run(0xd1, "none", "ref.is_null");
run(0xd2, "function", "ref.func");
run(0xd3, "none", "ref.eq");
run(0xd4, "none", "ref.as_non_null");
run(0xd5, "label", "br_on_null br_on_non_null");

// 0xfb: garbage-collected objects.
const GC = 0xfb * PREFIX_FACTOR;
run(GC + 0, "index", "struct.new struct.new_default", "gc");
run(
  GC + 2,
  "index2",
  "struct.get struct.get_s struct.get_u struct.set",
  "gc",
);
run(GC + 6, "index", "array.new array.new_default", "gc");
run(GC + 8, "index2", "array.new_fixed array.new_data array.new_elem", "gc");
run(GC + 11, "index", "array.get array.get_s array.get_u array.set", "gc");
run(GC + 15, "none", "array.len", "gc");
run(GC + 16, "index", "array.fill", "gc");
run(GC + 17, "index2", "array.copy array.init_data array.init_elem", "gc");
run(GC + 20, "heap", "ref.test ref.test_null ref.cast ref.cast_null", "gc");
run(GC + 24, "cast", "br_on_cast br_on_cast_fail", "gc");
run(
  GC + 26,
  "none",
  "any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u",
  "gc",
);

// 0xfc: saturating truncation, bulk memory, tables.
const BULK = 0xfc * PREFIX_FACTOR;
run(
  BULK + 0,
  "none",
  `i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s
  i32.trunc_sat_f64_u i64.trunc_sat_f32_s i64.trunc_sat_f32_u
  i64.trunc_sat_f64_s i64.trunc_sat_f64_u`,
);
run(BULK + 8, "data-memory", "memory.init");
run(BULK + 9, "index", "data.drop");
run(BULK + 10, "memory2", "memory.copy");
run(BULK + 11, "memory", "memory.fill");
run(BULK + 12, "index2", "table.init");
run(BULK + 13, "index", "elem.drop");
run(BULK + 14, "index2", "table.copy");
run(BULK + 15, "index", "table.grow table.size table.fill");

// 0xfd: 128-bit vectors.
const VECTOR = 0xfd * PREFIX_FACTOR;
run(
  VECTOR + 0x00,
  "memarg",
  each(
    "v128",
    `load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u
    load8_splat load16_splat load32_splat load64_splat store`,
  ),
  "simd",
);
run(VECTOR + 0x0c, "octets16", "v128.const i8x16.shuffle", "simd");
run(
  VECTOR + 0x0e,
  "none",
  `i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat
  f64x2.splat`,
  "simd",
);
run(
  VECTOR + 0x15,
  "lane",
  `i8x16.extract_lane_s i8x16.extract_lane_u i8x16.replace_lane
  i16x8.extract_lane_s i16x8.extract_lane_u i16x8.replace_lane
  i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane
  f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane`,
  "simd",
);
for (const [index, shape] of ["i8x16", "i16x8", "i32x4"].entries()) {
  run(VECTOR + 0x23 + 10 * index, "none", each(shape, COMPARE_INT), "simd");
}
run(VECTOR + 0x41, "none", each("f32x4", COMPARE_FLOAT), "simd");
run(VECTOR + 0x47, "none", each("f64x2", COMPARE_FLOAT), "simd");
run(
  VECTOR + 0x4d,
  "none",
  each("v128", "not and andnot or xor bitselect any_true"),
  "simd",
);
run(
  VECTOR + 0x54,
  "memarg-lane",
  each(
    "v128",
    `load8_lane load16_lane load32_lane load64_lane
    store8_lane store16_lane store32_lane store64_lane`,
  ),
  "simd",
);
run(VECTOR + 0x5c, "memarg", "v128.load32_zero v128.load64_zero", "simd");
run(
  VECTOR + 0x5e,
  "none",
  `f32x4.demote_f64x2_zero f64x2.promote_low_f32x4
  i8x16.abs i8x16.neg i8x16.popcnt i8x16.all_true i8x16.bitmask
  i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u
  f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest
  i8x16.shl i8x16.shr_s i8x16.shr_u
  i8x16.add i8x16.add_sat_s i8x16.add_sat_u
  i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u
  f64x2.ceil f64x2.floor
  i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc i8x16.avgr_u
  i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u
  i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u
  i16x8.abs i16x8.neg i16x8.q15mulr_sat_s i16x8.all_true i16x8.bitmask
  i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u
  i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s
  i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u
  i16x8.shl i16x8.shr_s i16x8.shr_u
  i16x8.add i16x8.add_sat_s i16x8.add_sat_u
  i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u f64x2.nearest i16x8.mul
  i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u _ i16x8.avgr_u
  i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s
  i16x8.extmul_low_i8x16_u i16x8.extmul_high_i8x16_u
  i32x4.abs i32x4.neg _ i32x4.all_true i32x4.bitmask _ _
  i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s
  i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u
  i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add _ _ i32x4.sub _ _ _ i32x4.mul
  i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s _
  i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s
  i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u
  i64x2.abs i64x2.neg _ i64x2.all_true i64x2.bitmask _ _
  i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s
  i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u
  i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add _ _ i64x2.sub _ _ _ i64x2.mul
  i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s
  i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s
  i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u
  f32x4.abs f32x4.neg _ f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div
  f32x4.min f32x4.max f32x4.pmin f32x4.pmax
  f64x2.abs f64x2.neg _ f64x2.sqrt f64x2.add f64x2.sub f64x2.mul f64x2.div
  f64x2.min f64x2.max f64x2.pmin f64x2.pmax
  i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u
  f32x4.convert_i32x4_s f32x4.convert_i32x4_u
  i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero
  f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u`,
  "simd",
);
run(
  VECTOR + 0x100,
  "none",
  `i8x16.relaxed_swizzle
  i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u
  i32x4.relaxed_trunc_f64x2_s_zero i32x4.relaxed_trunc_f64x2_u_zero
  f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd
  i8x16.relaxed_laneselect i16x8.relaxed_laneselect
  i32x4.relaxed_laneselect i64x2.relaxed_laneselect
  f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max
  i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s
  i32x4.relaxed_dot_i8x16_i7x16_add_s`,
  "relaxed-simd",
);

// 0xfe: atomics.
const ATOMIC = 0xfe * PREFIX_FACTOR;
run(
  ATOMIC + 0x00,
  "memarg",
  "memory.atomic.notify memory.atomic.wait32 memory.atomic.wait64",
  "threads",
);
run(ATOMIC + 0x03, "fence", "atomic.fence", "threads");
const WIDTHS = (name: string, letter: string) =>
  `i32.atomic.${name} i64.atomic.${name}
  i32.atomic.${letter}8 i32.atomic.${letter}16
  i64.atomic.${letter}8 i64.atomic.${letter}16 i64.atomic.${letter}32`;
run(ATOMIC + 0x10, "memarg", WIDTHS("load", "load"), "threads");
run(ATOMIC + 0x17, "memarg", WIDTHS("store", "store"), "threads");
for (
  const [index, name] of ["add", "sub", "and", "or", "xor", "xchg", "cmpxchg"]
    .entries()
) {
  const rmw = `rmw.${name}`;
  run(ATOMIC + 0x1e + 7 * index, "memarg", WIDTHS(rmw, rmw), "threads");
}
