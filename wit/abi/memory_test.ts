/**
 * Strings into a cell: octet for octet what the platform's encoder writes. Lists
 * of octets with room that was made ahead: the same as without.
 */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
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

/** An allocator that never gives back, and what it was asked. */
function bump(pages: number) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages + 1 });
  const asked: string[] = [];
  let end = 64;
  const core: CoreInstance = {
    memory,
    exports: {},
    resources: new ResourceTables(),
    realloc: (old, before, _align, size) => {
      asked.push(old === 0 ? `${size}` : `${before} to ${size}`);
      const at = end;
      end += size;
      if (end > memory.buffer.byteLength) memory.grow(1);
      return at;
    },
  };
  return { memory, core, asked };
}

const counted = (length: number) =>
  Uint8Array.from({ length }, (_, index) => 1 + index % 250);

Deno.test("a list goes to the room that was made for it, which is made to fit", () => {
  for (const length of [99, 100, 101, 70_000]) {
    const { memory, core, asked } = bump(1);
    // One that has looked at the memory before it grows.
    const m = new Memory(core);
    new Memory(core).expect(100);
    const list = counted(length);
    const at = m.lowerU8(list);
    deepStrictEqual(new Uint8Array(memory.buffer, at, length), list);
    deepStrictEqual(asked, [
      "100",
      ...length === 100 ? [] : [`100 to ${length}`],
    ]);
    strictEqual(core.room, undefined);
    // Control: the next one is given room of its own.
    m.lowerU8(counted(7));
    strictEqual(asked.at(-1), "7");
  }
});

Deno.test("no room is made for nothing, and an empty list takes none", () => {
  const { core, asked } = bump(1);
  const m = new Memory(core);
  m.expect(0);
  m.expect(5);
  m.lowerU8(counted(0));
  deepStrictEqual(asked, ["5"]);
  strictEqual(core.room?.octets, 5);
});

Deno.test("refused: room that lies outside of the memory", () => {
  const { core } = bump(1);
  const lying = new Memory({ ...core, realloc: () => 65_530 });
  throws(() => lying.expect(100), /outside the memory/);
});

Deno.test("a list is put into what was lent, or into something longer", () => {
  const { memory, core } = bump(1);
  const m = new Memory(core);
  const list = counted(80);
  new Uint8Array(memory.buffer).set(list, 128);
  for (const lent of [0, 79, 80, 1_000]) {
    const spare = new Uint8Array(lent);
    core.spare = spare;
    m.begin();
    const lifted = m.liftU8(128, 80);
    deepStrictEqual(lifted, list);
    strictEqual(lifted.buffer === spare.buffer, lent >= 80);
    strictEqual(lifted.buffer.byteLength >= 80, true);
    strictEqual(core.spare, undefined);
    // Control: the next one is a copy of its own.
    strictEqual(m.liftU8(128, 80).buffer === spare.buffer, false);
  }
});
