/**
 * Canonical texts there and back.
 *
 * Plan: what the decoder writes of random contracts is read and written again to the same text; what is no canonical text
 * is refused.
 */
import { strictEqual, throws } from "node:assert/strict";
import { worldOf } from "../../scripts/build_generate.ts";
import { Chance } from "../generator/testing/chance.ts";
import { RandomWit } from "../generator/testing/random_wit.ts";
import { Malformed } from "./reader.ts";
import { readSignature } from "./signature.ts";
import { interfaceText } from "./text.ts";

async function randomText(seed: number): Promise<string> {
  const wit = new RandomWit(new Chance(seed));
  const lines = Array.from(
    { length: 20 },
    (_, at) =>
      `f${at}: func(a: ${wit.type(4)}, b: ${wit.type(2)}) -> ${wit.type(3)};`,
  );
  const { imports } = await worldOf(
    `package karyon:cell-text@0.1.0;
world text { import karyon:text/all@0.1.0; }
package karyon:text@0.1.0 {
interface all { ${wit.declared.join("\n")} ${lines.join("\n")} none: func(); }
}`,
    "text",
  );
  const [all] = imports;
  return all === undefined ? "" : interfaceText(all);
}

for (const seed of [5, 11, 2026]) {
  Deno.test(`a signature is read as it was written, seed ${seed}`, async () => {
    const text = await randomText(seed);
    const functions = readSignature(text);
    strictEqual(functions.length, 21, `seed ${seed}`);
    strictEqual(interfaceText({ name: "", types: [], functions }), text);
  });
}

Deno.test("what is no signature is refused", () => {
  strictEqual(readSignature("").length, 0, "control");
  strictEqual(readSignature("a: func()").length, 1, "control");
  for (
    const text of [
      "a",
      "a: func(",
      "a: func() -> ",
      "a: func() -> u33",
      "a: func() -> list<u8",
      "a: func() -> own<a/b.c>",
      "[method]c.next: func(self: borrow<a/b.c>)",
      "a: func() more",
    ]
  ) {
    throws(() => readSignature(text), Malformed, text);
  }
});
