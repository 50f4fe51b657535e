/**
 * What is not taken, where, and that it says what to do: one broken rule per row.
 *
 * The control beside them has none. What WGSL has and this compiler has not is
 * said to be so.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import type { Access } from "../../../hal/gpu_contract.ts";
import { compile } from "./compile.ts";
import { WgslRefused } from "./wgsl/refused.ts";

const BOUNDS = { invocationsMax: 256, workgroupOctetsMax: 16_384 };
const READ_WRITE: readonly Access[] = ["read-write"];

const source = (body: string, before = "") =>
  `@group(0) @binding(0) var<storage, read_write> data: array<u32>;
${before}@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  ${body}
}`;

function refusal(wgsl: string): string {
  try {
    compile(wgsl, "main", READ_WRITE, BOUNDS);
    return "";
  } catch (error) {
    if (!(error instanceof WgslRefused)) throw error;
    return error.message;
  }
}

/** What is wrong, in a body; what the refusal says. */
const BODIES: ReadonlyArray<readonly [string, string, RegExp]> = [
  [
    "an i32 for an index of another type",
    "data[id.x] = 1i;",
    /^4:16: this is i32 where u32/,
  ],
  ["a float index", "data[1.5] = 1u;", /^4:8: an index of type/],
  [
    "a constant index outside",
    "var a: array<u32, 3>; a[3] = 1u;",
    /^4:27: the index 3 is outside/,
  ],
  ["a negative index", "var a: array<u32, 3>; a[-1] = 1u;", /outside/],
  [
    "a constant division by zero",
    "data[0] = 1u / 0u;",
    /^4:16: .*divides by zero/,
  ],
  [
    "a division by constant zero",
    "data[0] = data[1] / 0u;",
    /^4:21: this divides by zero/,
  ],
  ["a shift by 32", "data[0] = data[1] << 32u;", /^4:24: this shifts by 32/],
  [
    "a constant that does not fit",
    "data[0] = -1;",
    /^4:13: -1 does not fit into u32/,
  ],
  [
    "a literal that is too large",
    "data[0] = 4294967296u;",
    /^4:13: 4294967296u is too large/,
  ],
  [
    "a float overflow",
    "let x = 3e38f * 10.0f;",
    /^4:17: .* is no number of f32/,
  ],
  [
    "a condition that is no bool",
    "if (data[0]) {}",
    /^4:7: this is u32 where bool/,
  ],
  [
    "a mixture of operators",
    "data[0] = 1u & 2u == 2u;",
    /no order; put parentheses/,
  ],
  [
    "a name from a block that ended",
    "{ let a = 1u; } data[0] = a;",
    /^4:29: a is not declared/,
  ],
  ["a name twice", "let a = 1u; let a = 2u;", /^4:19: a is declared twice/],
  [
    "an assignment to a let",
    "let a = 1u; a = 2u;",
    /^4:15: this has one value/,
  ],
  ["an assignment to a parameter", "id.x = 1u;", /this has one value/],
  ["a break outside", "break;", /^4:3: break leaves no loop/],
  [
    "a loop without an end",
    "loop { data[0] += 1u; }",
    /^4:3: the loop never ends/,
  ],
  [
    "a switch without default",
    "switch data[0] { case 1u: {} }",
    /^4:3: the switch has 0 defaults/,
  ],
  [
    "a case twice",
    "switch data[0] { case 1u: {} case 1u: {} default: {} }",
    /there already/,
  ],
  [
    "a value that goes nowhere",
    "min(1u, data[0]);",
    /^4:3: the value of min goes nowhere/,
  ],
  ["a swizzle beyond", "data[0] = id.w;", /^4:15: vec3<u32> has no w/],
  [
    "an atomic that is none",
    "atomicAdd(&data[0], 1u);",
    /^4:3: atomicAdd of ptr<storage, u32/,
  ],
  ["a pointer in a var", "var p = &data[0];", /a pointer in a var/],
  ["the address of a component", "let p = &id.x;", /no address/],
  ["a reserved word", "let filter = 1u;", /^4:7: filter is a reserved word/],
  ["a number that is none", "data[0] = 12ab;", /this is no number/],
  ["an assertion that fails", "const_assert 1 > 2;", /does not hold/],
  ["too many octets", "var a: array<u32, 2049>;", /8192 are the most/],
  [
    "a texture",
    "let t = textureLoad(id);",
    /textureLoad is not in this compiler's WGSL; /,
  ],
  [
    "a matrix",
    "var m: mat2x2<f32>;",
    /^4:10: a matrix is not in this compiler's WGSL; use an array/,
  ],
  ["f16", "let h = 1.0h;", /f16 is not in this compiler's WGSL|f16/],
];

for (const [what, body, why] of BODIES) {
  Deno.test(`refusals: ${what}`, () => {
    const said = refusal(source(body));
    match(said, why);
    match(said, /^\d+:\d+: .+; .+/);
  });
}

const MODULES: ReadonlyArray<readonly [string, string, RegExp]> = [
  [
    "a function that calls itself",
    source("f();", "fn f() { g(); } fn g() { f(); }\n"),
    /calls itself/,
  ],
  [
    "a struct of itself",
    source("", "struct A { a: A }\n"),
    /^2:15: A is declared by itself/,
  ],
  [
    "a constant of itself",
    source("", "const a = a + 1;\n"),
    /^2:11: a is declared by itself/,
  ],
  [
    "a path without a value",
    source("", "fn f(x: u32) -> u32 { if (x > 1u) { return 1u; } }\n"),
    /^2:4: f can end without a value/,
  ],
  [
    "an array without a size in a function",
    source("", "fn f(x: array<u32>) {}\n"),
    /a parameter of type array<u32>/,
  ],
  [
    "a var without a space",
    source("", "var x: u32;\n"),
    /has no address space/,
  ],
  [
    "a uniform buffer",
    source("", "@group(0) @binding(1) var<uniform> u: u32;\n"),
    /a uniform buffer is not in this compiler's WGSL; use var<storage, read>/,
  ],
  [
    "a bool in a buffer",
    source("", "@group(0) @binding(1) var<storage> u: bool;\n"),
    /of type bool in storage/,
  ],
  [
    "another group",
    source("", "@group(1) @binding(0) var<storage> u: u32;\n"),
    /not in group 0/,
  ],
  [
    "two variables of one binding",
    source(
      "data[0] = other;",
      "@group(0) @binding(0) var<storage, read_write> other: u32;\n",
    ),
    /have one binding/,
  ],
  [
    "too much for the group",
    source("w[0] = 1u;", "var<workgroup> w: array<u32, 4097>;\n"),
    /16384 are the most/,
  ],
  [
    "an override without a value",
    source("", "override n: u32;\n"),
    /has no value, and the contract gives none/,
  ],
  ["a directive", `enable f16;\n${source("")}`, /^1:1: the directive enable/],
  [
    "a builtin of another type",
    source("").replace("vec3<u32>", "vec2<u32>"),
    /global_invocation_id is vec3<u32>/,
  ],
  [
    "a group of nothing",
    source("").replace("workgroup_size(4)", "workgroup_size(0)"),
    /a group of 0/,
  ],
  [
    "a comment without an end",
    `${source("")} /* /* */`,
    /the comment does not end/,
  ],
];

for (const [what, wgsl, why] of MODULES) {
  Deno.test(`refusals: ${what}`, () => {
    const said = refusal(wgsl);
    match(said, why);
    match(said, /^\d+:\d+: .+; .+/);
  });
}

Deno.test("refusals: control: the source beside them is taken", () => {
  strictEqual(refusal(source("data[id.x] = 1u;", "fn f() {}\n")), "");
});

const many = (text: string, count: number) => text.repeat(count);

const DEEP: ReadonlyArray<readonly [string, string]> = [
  [
    "parentheses",
    source(`data[0] = ${many("(", 20_000)}1u${many(")", 20_000)};`),
  ],
  ["signs", source(`let x = ${many("- ", 20_000)}1;`)],
  ["sums", source(`data[0] = 1u${many(" + data[1]", 20_000)};`)],
  ["members", source(`data[0] = id${many(".xyz", 20_000)}.x;`)],
  ["blocks", source(many("{", 20_000) + many("}", 20_000))],
  [
    "types",
    source(`var a: ${many("array<", 20_000)}u32${many(", 1>", 20_000)};`),
  ],
  [
    "aliases",
    source(
      "",
      `${
        Array.from({ length: 5000 }, (_, i) => `alias a${i} = a${i + 1};`).join(
          " ",
        )
      }\n`,
    ),
  ],
  [
    "calls",
    source(
      "f0();",
      `${
        Array.from({ length: 2000 }, (_, i) => `fn f${i}() { f${i + 1}(); }`)
          .join("\n")
      }\nfn f2000() {}\n`,
    ),
  ],
  [
    "locals",
    source(
      many("let a = vec4(f32(data[0])); _ = a; {", 100) +
        many("let b = 1.0; _ = b;".replaceAll("b", "c"), 1) + many("}", 100) +
        Array.from({ length: 20_000 }, (_, i) => `let v${i} = vec4<f32>(1.0);`)
          .join(""),
    ),
  ],
];

for (const [what, wgsl] of DEEP) {
  Deno.test(`refusals: far too many ${what}`, () => {
    const said = refusal(wgsl);
    ok(said !== "", "it was taken");
    match(said, /^\d+:\d+: .+; .+/);
  });
}

Deno.test("refusals: many clauses, statements and cases are none", () => {
  const clauses = many("else if (data[0] == 1u) { data[1] = 2u; } ", 2000);
  const cases = Array.from({ length: 2000 }, (_, i) => `case ${i}u: {}`).join(
    " ",
  );
  const body = `if (data[0] == 0u) {} ${clauses}
    switch data[0] { ${cases} default: {} } ${many("data[2] += 1u;", 2000)}`;
  strictEqual(refusal(source(body)), "");
});
