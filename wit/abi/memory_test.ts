/**
 * Strings into a cell: octet for octet what the platform's encoder writes.
 */
import { deepStrictEqual } from "node:assert/strict";
import { Chance } from "../generator/testing/chance.ts";
import type { CoreInstance } from "./binding.ts";
import { Memory } from "./memory.ts";
import { ResourceTables } from "./resources.ts";

const UNITS = [0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xdbff, 0xdc00, 0xdfff];

Deno.test("short and long strings with any characters, lone surrogates included", () => {
  const seed = 11;
  const chance = new Chance(seed);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const core: CoreInstance = {
    memory,
    exports: {},
    realloc: () => 64,
    resources: new ResourceTables(),
  };
  const m = new Memory(core);
  for (let round = 0; round < 2000; round++) {
    let text = "";
    for (let left = chance.below(70); left > 0; left--) {
      text += chance.once(3)
        ? String.fromCodePoint(0x10000 + chance.below(0xfffff))
        : String.fromCharCode(chance.once(2) ? chance.pick(UNITS) : 0x61);
    }
    const at = m.lowerString(text);
    const got = new Uint8Array(memory.buffer, at, m.lowered).slice();
    deepStrictEqual(
      got,
      new TextEncoder().encode(text),
      `seed ${seed}, round ${round}`,
    );
  }
});
