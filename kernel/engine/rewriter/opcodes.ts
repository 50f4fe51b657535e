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

export const PREFIXES: ReadonlySet<number> = new Set([0xfb, 0xfc, 0xfd, 0xfe]);
export const PREFIX_FACTOR = 0x10000;

/**
 * A line is a run of opcodes: the prefix if there is one, the first number
 * (both hexadecimal), feature, immediates, and the names from there on. A word
 * with a colon is what the names behind it begin with; `_` leaves a number
 * unassigned; a line that begins with a space goes on with the one before.
 */
const LINES = `
# Control, values, memory, numbers, references.
00 core none = unreachable nop
02 core block = block loop if
05 core none = else
06 legacy-exceptions block = try
07 legacy-exceptions index = catch
08 exceptions index = throw
09 legacy-exceptions label = rethrow
0a exceptions none = throw_ref
0b core none = end
0c core label = br br_if
0e core labels = br_table
0f core none = return
10 core function = call
11 core type-index = call_indirect
12 tail-calls function = return_call
13 tail-calls type-index = return_call_indirect
14 core type = call_ref
15 tail-calls type = return_call_ref
18 legacy-exceptions label = delegate
19 legacy-exceptions none = catch_all
1a core none = drop select
1c core select = select
1f exceptions try-table = try_table
20 core index = local: get set tee
23 core global = global: get set
25 core index = table: get set
28 core memarg = i32: load i64: load f32: load f64: load i32: load8_s load8_u
  load16_s load16_u i64: load8_s load8_u load16_s load16_u load32_s load32_u
  i32: store i64: store f32: store f64: store i32: store8 store16 i64: store8
  store16 store32
3f core memory = memory: size grow
41 core s32 = i32: const
42 core s64 = i64: const
43 core f32 = f32: const
44 core f64 = f64: const
45 core none = i32: eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u i64: eqz
  eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u f32: eq ne lt gt le ge f64: eq
  ne lt gt le ge i32: clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or
  xor shl shr_s shr_u rotl rotr i64: clz ctz popcnt add sub mul div_s div_u
  rem_s rem_u and or xor shl shr_s shr_u rotl rotr f32: abs neg ceil floor trunc
  nearest sqrt add sub mul div min max copysign f64: abs neg ceil floor trunc
  nearest sqrt add sub mul div min max copysign i32: wrap_i64 trunc_f32_s
  trunc_f32_u trunc_f64_s trunc_f64_u i64: extend_i32_s extend_i32_u trunc_f32_s
  trunc_f32_u trunc_f64_s trunc_f64_u f32: convert_i32_s convert_i32_u
  convert_i64_s convert_i64_u demote_f64 f64: convert_i32_s convert_i32_u
  convert_i64_s convert_i64_u promote_f32 i32: reinterpret_f32 i64:
  reinterpret_f64 f32: reinterpret_i32 f64: reinterpret_i64 i32: extend8_s
  extend16_s i64: extend8_s extend16_s extend32_s
d0 core heap = ref: null
d1 core none = ref: is_null
d2 core function = ref: func
d3 core none = ref: eq as_non_null
d5 core label = br_on_null br_on_non_null
# Garbage-collected objects.
fb 00 gc index = struct: new new_default
fb 02 gc index2 = struct: get get_s get_u set
fb 06 gc index = array: new new_default
fb 08 gc index2 = array: new_fixed new_data new_elem
fb 0b gc index = array: get get_s get_u set
fb 0f gc none = array: len
fb 10 gc index = array: fill
fb 11 gc index2 = array: copy init_data init_elem
fb 14 gc heap = ref: test test_null cast cast_null
fb 18 gc cast = br_on_cast br_on_cast_fail
fb 1a gc none = any: convert_extern extern: convert_any ref: i31 i31: get_s
  get_u
# Saturating truncation, bulk memory, tables.
fc 00 core none = i32: trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s
  trunc_sat_f64_u i64: trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s
  trunc_sat_f64_u
fc 08 core data-memory = memory: init
fc 09 core index = data: drop
fc 0a core memory2 = memory: copy
fc 0b core memory = memory: fill
fc 0c core index2 = table: init
fc 0d core index = elem: drop
fc 0e core index2 = table: copy
fc 0f core index = table: grow size fill
# 128-bit vectors.
fd 00 simd memarg = v128: load load8x8_s load8x8_u load16x4_s load16x4_u
  load32x2_s load32x2_u load8_splat load16_splat load32_splat load64_splat store
fd 0c simd octets16 = v128: const i8x16: shuffle
fd 0e simd none = i8x16: swizzle splat i16x8: splat i32x4: splat i64x2: splat
  f32x4: splat f64x2: splat
fd 15 simd lane = i8x16: extract_lane_s extract_lane_u replace_lane i16x8:
  extract_lane_s extract_lane_u replace_lane i32x4: extract_lane replace_lane
  i64x2: extract_lane replace_lane f32x4: extract_lane replace_lane f64x2:
  extract_lane replace_lane
fd 23 simd none = i8x16: eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u i16x8: eq
  ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u i32x4: eq ne lt_s lt_u gt_s gt_u
  le_s le_u ge_s ge_u f32x4: eq ne lt gt le ge f64x2: eq ne lt gt le ge v128:
  not and andnot or xor bitselect any_true
fd 54 simd memarg-lane = v128: load8_lane load16_lane load32_lane load64_lane
  store8_lane store16_lane store32_lane store64_lane
fd 5c simd memarg = v128: load32_zero load64_zero
fd 5e simd none = f32x4: demote_f64x2_zero f64x2: promote_low_f32x4 i8x16: abs
  neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u f32x4: ceil floor
  trunc nearest i8x16: shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s
  sub_sat_u f64x2: ceil floor i8x16: min_s min_u max_s max_u f64x2: trunc i8x16:
  avgr_u i16x8: extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u i32x4:
  extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u i16x8: abs neg q15mulr_sat_s
  all_true bitmask narrow_i32x4_s narrow_i32x4_u extend_low_i8x16_s
  extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u shl shr_s shr_u add
  add_sat_s add_sat_u sub sub_sat_s sub_sat_u f64x2: nearest i16x8: mul min_s
  min_u max_s max_u _ avgr_u extmul_low_i8x16_s extmul_high_i8x16_s
  extmul_low_i8x16_u extmul_high_i8x16_u i32x4: abs neg _ all_true bitmask _ _
  extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u
  shl shr_s shr_u add _ _ sub _ _ _ mul min_s min_u max_s max_u dot_i16x8_s _
  extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u
  i64x2: abs neg _ all_true bitmask _ _ extend_low_i32x4_s extend_high_i32x4_s
  extend_low_i32x4_u extend_high_i32x4_u shl shr_s shr_u add _ _ sub _ _ _ mul
  eq ne lt_s gt_s le_s ge_s extmul_low_i32x4_s extmul_high_i32x4_s
  extmul_low_i32x4_u extmul_high_i32x4_u f32x4: abs neg _ sqrt add sub mul div
  min max pmin pmax f64x2: abs neg _ sqrt add sub mul div min max pmin pmax
  i32x4: trunc_sat_f32x4_s trunc_sat_f32x4_u f32x4: convert_i32x4_s
  convert_i32x4_u i32x4: trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero f64x2:
  convert_low_i32x4_s convert_low_i32x4_u
fd 100 relaxed-simd none = i8x16: relaxed_swizzle i32x4: relaxed_trunc_f32x4_s
  relaxed_trunc_f32x4_u relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero
  f32x4: relaxed_madd relaxed_nmadd f64x2: relaxed_madd relaxed_nmadd i8x16:
  relaxed_laneselect i16x8: relaxed_laneselect i32x4: relaxed_laneselect i64x2:
  relaxed_laneselect f32x4: relaxed_min relaxed_max f64x2: relaxed_min
  relaxed_max i16x8: relaxed_q15mulr_s relaxed_dot_i8x16_i7x16_s i32x4:
  relaxed_dot_i8x16_i7x16_add_s
# Atomics.
fe 00 threads memarg = memory: atomic.notify atomic.wait32 atomic.wait64
fe 03 threads fence = atomic: fence
fe 10 threads memarg = i32: atomic.load i64: atomic.load i32: atomic.load8
  atomic.load16 i64: atomic.load8 atomic.load16 atomic.load32 i32: atomic.store
  i64: atomic.store i32: atomic.store8 atomic.store16 i64: atomic.store8
  atomic.store16 atomic.store32 i32: atomic.rmw.add i64: atomic.rmw.add i32:
  atomic.rmw.add8 atomic.rmw.add16 i64: atomic.rmw.add8 atomic.rmw.add16
  atomic.rmw.add32 i32: atomic.rmw.sub i64: atomic.rmw.sub i32: atomic.rmw.sub8
  atomic.rmw.sub16 i64: atomic.rmw.sub8 atomic.rmw.sub16 atomic.rmw.sub32 i32:
  atomic.rmw.and i64: atomic.rmw.and i32: atomic.rmw.and8 atomic.rmw.and16 i64:
  atomic.rmw.and8 atomic.rmw.and16 atomic.rmw.and32 i32: atomic.rmw.or i64:
  atomic.rmw.or i32: atomic.rmw.or8 atomic.rmw.or16 i64: atomic.rmw.or8
  atomic.rmw.or16 atomic.rmw.or32 i32: atomic.rmw.xor i64: atomic.rmw.xor i32:
  atomic.rmw.xor8 atomic.rmw.xor16 i64: atomic.rmw.xor8 atomic.rmw.xor16
  atomic.rmw.xor32 i32: atomic.rmw.xchg i64: atomic.rmw.xchg i32:
  atomic.rmw.xchg8 atomic.rmw.xchg16 i64: atomic.rmw.xchg8 atomic.rmw.xchg16
  atomic.rmw.xchg32 i32: atomic.rmw.cmpxchg i64: atomic.rmw.cmpxchg i32:
  atomic.rmw.cmpxchg8 atomic.rmw.cmpxchg16 i64: atomic.rmw.cmpxchg8
  atomic.rmw.cmpxchg16 atomic.rmw.cmpxchg32
`;

/** Keyed by the opcode, or by prefix * 65536 + the number after a prefix. */
const TABLE: ReadonlyMap<number, Opcode> = new Map(
  LINES.trim().split(/\n(?! )/).filter((line) => !line.startsWith("#"))
    .flatMap(readRun),
);

function readRun(line: string): [number, Opcode][] {
  const [left = "", right = ""] = line.split(" =");
  const [immediate, feature, number = "", prefix = "0"] = left.split(" ")
    .reverse() as [Immediate, Feature, string?, string?];
  let code = parseInt(prefix, 16) * PREFIX_FACTOR + parseInt(number, 16);
  let shape = "";
  return right.trim().split(/\s+/).flatMap((word): [number, Opcode][] => {
    if (word.endsWith(":")) {
      shape = word === ":" ? "" : word.replace(":", ".");
      return [];
    }
    const at = code++;
    return word === "_"
      ? []
      : [[at, { name: shape + word, immediate, feature }]];
  });
}

export function findOpcode(code: number): Opcode | undefined {
  return TABLE.get(code);
}

/** Every entry, for tests that cover the table. */
export function allOpcodes(): IterableIterator<[number, Opcode]> {
  return TABLE.entries();
}
