/**
 * Adapters against the generated bindings, on random contracts.
 *
 * Plan: every argument arrives as it was sent and every result as it was
 * answered, for all kinds of types nested in each other, flat and through
 * memory; one block per list and string; post-return once where there is one;
 * the slow way and `gone` where the host says so.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { plain } from "../../../wit/generator/testing/plain.ts";
import { type Func, resolved } from "../../../wit/decode/model.ts";
import { funcText } from "../../../wit/decode/text.ts";
import { camel } from "../../../wit/generator/names.ts";
import { Chance } from "../../../wit/generator/testing/chance.ts";
import { firstDifference } from "../../../wit/generator/testing/difference.ts";
import { RandomWit } from "../../../wit/generator/testing/random_wit.ts";
import { randomValue } from "../../../wit/generator/testing/random_value.ts";
import { readSignature } from "../../../wit/decode/signature.ts";
import { adapterModule, ENTERED, hasPost } from "./adapter.ts";
import { TooLarge } from "./module.ts";
import { type Calls, contractOf, Rig } from "./test_rig.ts";

const FUNCTIONS = 30;
const VALUES = 12;

const FIXED = [
  "func()",
  "func(a: u32, b: u32) -> u32",
  "func(a: s8, b: u8, c: s16, d: u16) -> s8",
  "func(a: list<u8>) -> list<u8>",
  "func(a: string) -> string",
  "func(a: list<string>, b: list<list<u16>>) -> list<list<string>>",
  `func(${
    Array.from({ length: 17 }, (_, at) => `p${at}: string`).join(", ")
  }) -> u8`,
  "func(a: result<f32, u64>, b: result<f64, u32>) -> result<f32, u64>",
  "func(a: option<option<option<u8>>>) -> option<tuple<u8, u64>>",
  "func(a: result<string, f32>, b: result<f32, string>) -> list<char>",
  "func(a: list<bool>) -> result<list<tuple<u8, u32>>, string>",
];

function contractText(chance: Chance): string {
  const wit = new RandomWit(chance);
  const functions = FIXED.map((text, at) => `fixed${at}: ${text};`);
  for (let at = 0; at < FUNCTIONS; at += 1) {
    const params = wit.words(chance.once(8) ? 8 : 1 + chance.below(3))
      .map((word) => `${word}: ${wit.type(3)}`);
    functions.push(`%f${at}: func(${params.join(", ")}) -> ${wit.type(4)};`);
  }
  return `interface all { ${wit.declared.join("\n")} ${functions.join("\n")} }`;
}

async function trip(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const contract = await contractOf(contractText(chance));
  const { functions } = contract.from;
  let seen: unknown[] = [];
  let answer: unknown;
  const host: Calls = Object.fromEntries(
    functions.map(({ name }) => [camel(name), (...args: unknown[]) => {
      seen = args;
      return answer;
    }]),
  );
  const rig = new Rig(contract, host);
  const once = (func: Func) => {
    const args = func.params.map(({ type }) => randomValue(chance, type));
    answer = func.result && randomValue(chance, func.result);
    const before = rig.posts;
    const got = rig.calls[camel(func.name)]?.(...args);
    const where = firstDifference(plain(seen), plain(args)) ??
      firstDifference(plain(got), plain(answer));
    const text = `seed ${seed}: ${funcText(func, new Map())}: ${where}`;
    strictEqual(where, undefined, text);
    strictEqual(rig.posts - before, hasPost(func) ? 1 : 0, text);
  };
  for (const func of functions) {
    for (let at = 0; at < VALUES; at += 1) once(func);
  }
  strictEqual(rig.slows, 0);
  ok(
    functions.some(({ result }) => result && resolved(result).kind !== "prim"),
  );
}

for (const seed of [1, 2, 3, 7, 11, 2026]) {
  Deno.test(`random values cross as they are, seed ${seed}`, () => trip(seed));
}

Deno.test("each list and string is one block", async () => {
  const contract = await contractOf(
    "interface all { f: func(a: list<string>, b: list<u32>) -> list<string>; }",
  );
  const rig = new Rig(contract, { f: () => ["four", "", "x"] });
  rig.calls["f"]?.(["a", "bc"], new Uint32Array(3));
  // The called side's own blocks come last: its return area and its answer.
  deepStrictEqual(rig.callee.blocks, [16, 1, 2, 12, 8, 24, 4, 1]);
  // The caller's own come first: its arguments and its return area.
  deepStrictEqual(rig.caller.blocks, [16, 1, 2, 12, 8, 24, 4, 1]);
});

Deno.test("what padding holds stays behind", async () => {
  const contract = await contractOf(
    `interface all {
      record gap { a: u8, b: u32 }
      f: func(a: list<gap>) -> u32;
    }`,
  );
  const rig = new Rig(contract, { f: () => 1 });
  rig.caller.words(16, 0xaaaa_aa01, 2);
  strictEqual(rig.raw["f"]?.(16, 1), 1);
  const view = new DataView(rig.callee.memory.buffer);
  strictEqual(view.getUint32(4_096, true), 1);
  strictEqual(view.getUint32(4_100, true), 2);
});

Deno.test("where the host does not enter, its own way answers", async () => {
  const contract = await contractOf(
    "interface all { f: func(a: u32) -> u32; }",
  );
  const rig = new Rig(contract, { f: (a) => a });
  strictEqual(rig.raw["f"]?.(5), 5, "control");
  rig.answer = ENTERED.slow;
  strictEqual(rig.raw["f"]?.(5), 0);
  strictEqual(rig.slows, 1);
});

Deno.test("a contract that is too large for an adapter is refused", () => {
  const wide = (count: number) =>
    readSignature(
      `f: func(a: tuple<${Array(count).fill("string").join(", ")}>)`,
    );
  ok(adapterModule(wide(100), []).length > 0, "control");
  throws(() => adapterModule(wide(20_000), []), TooLarge);
});
