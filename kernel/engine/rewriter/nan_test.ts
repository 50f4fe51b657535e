/** With fuel each NaN that an operation makes is the canonical one. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { CheckMode } from "./checks.ts";
import { Additions } from "./additions.ts";
import { nanSettling } from "./nan.ts";
import { allOpcodes } from "./opcodes.ts";
import { rewrite } from "./rewrite.ts";

const CANONICAL_64 = 0x7ff8_0000_0000_0000n;
const CANONICAL_32 = 0x7fc0_0000n;

/** NaNs of both signs, quiet and signalling, with payloads. */
const NANS = [
  0x7ff8_0000_0000_0000n,
  0xfff8_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  0xffff_ffff_ffff_ffffn,
];

const SHAPES = /^(f32|f64|f32x4|f64x2)\./;
/** They move, compare or pick bits, or never make a NaN. */
const OTHERS = new RegExp(
  "(load|store|const|splat|lane|eq|ne|lt|gt|le|ge|abs|neg|copysign|pmin|pmax|" +
    "reinterpret_.*|convert_.*)$",
);

const settlingOf = () =>
  nanSettling(
    new Additions({
      functions: 0,
      memories: 0,
      globals: 0,
      memory64: [],
      table64: [],
      refuse: new Set(),
      features: new Set(),
    }, 0),
  );

Deno.test("nan: every operation that makes a NaN is settled", () => {
  const { settle } = settlingOf();
  const names = [...allOpcodes()]
    .filter(([, { name, feature }]) =>
      SHAPES.test(name) && feature !== "relaxed-simd"
    )
    .map(([, { name }]) => name);
  const settled = names.filter((name) => settle?.(name) !== undefined);
  const left = names.filter((name) => settle?.(name) === undefined);
  // 12 of each scalar width, and 12 of each width of lanes.
  strictEqual(settled.length, 48);
  deepStrictEqual(left.filter((name) => !OTHERS.test(name)), []);
});

const OPERATIONS = [
  ...["add", "sub", "mul", "div", "min", "max"]
    .map((name) => [`f64.${name}`, `(local.get 0) (f64.const 1)`]),
  ...["sqrt", "ceil", "floor", "trunc", "nearest"]
    .map((name) => [`f64.${name}`, `(local.get 0)`]),
  ["f64.promote_f32", "(f32.demote_f64 (local.get 0))"],
];
const VECTORS = ["add", "sub", "mul", "div", "min", "max"].flatMap((name) => [
  `f64x2.${name} (f64x2.splat (local.get 0)) (v128.const f64x2 1 2)`,
  `f32x4.${name} (f64x2.splat (local.get 0)) (v128.const f32x4 1 2 3 4)`,
]);

const TEXT = `(module
  ${
  OPERATIONS.map(([name, operands]) =>
    `(func (export "${name}") (param f64) (result i64)
      (i64.reinterpret_f64 (${name} ${operands})))`
  ).join("\n")
}
  ${
  VECTORS.map((code) =>
    `(func (export "${code.split(" ")[0]}") (param f64) (result i64)
      (i64x2.extract_lane 1 (${code})))`
  ).join("\n")
}
  (func (export "f32.demote_f64") (param f64) (result i64)
    (i64.extend_i32_u (i32.reinterpret_f32 (f32.demote_f64 (local.get 0)))))
  (func (export "kept") (param f64) (result i64)
    (i64.reinterpret_f64 (f64.neg (f64.abs (local.get 0))))))`;

/** Calls every export with the NaN of those bits: a constant, not JavaScript's. */
async function answers(mode: CheckMode, nan: bigint) {
  const constant = `(f64.reinterpret_i64 (i64.const ${nan}))`;
  const text = TEXT.replaceAll("(local.get 0)", constant)
    .replaceAll("(param f64) ", "");
  const { octets } = rewrite(await parse(text), {
    mode,
    memoryPagesMax: 1,
    tableEntriesMax: 1,
    refuse: new Set(),
  });
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(octets),
  );
  const fuel = Object.entries(exports)
    .find(([name]) => name.endsWith("/fuel"))?.[1];
  if (fuel instanceof WebAssembly.Global) fuel.value = 1_000_000n;
  return Object.entries(exports).flatMap(([name, run]) =>
    typeof run === "function"
      ? [[name, BigInt.asUintN(64, run())] as const]
      : []
  ).filter(([name]) => !name.startsWith("karyon:"));
}

function isCanonical(name: string, bits: bigint): boolean {
  if (name === "f32.demote_f64") return bits === CANONICAL_32;
  if (!name.startsWith("f32x4")) return bits === CANONICAL_64;
  // Of a splatted f64 the higher half is a NaN in each of its lanes.
  return bits >> 32n === CANONICAL_32;
}

Deno.test("nan: with fuel all of them are canonical", async () => {
  for (const nan of NANS) {
    for (const [name, bits] of await answers("fuel", nan)) {
      if (name === "kept") {
        strictEqual(bits, nan | 1n << 63n, "a sign is not an operation's NaN");
      } else ok(isCanonical(name, bits), `${name}: ${bits.toString(16)}`);
    }
  }
});

Deno.test("nan: control: without fuel the platform's bits are seen", async () => {
  const seen = await answers("none", NANS[3] ?? 0n);
  ok(seen.some(([name, bits]) => name !== "kept" && !isCanonical(name, bits)));
});
