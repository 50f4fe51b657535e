/**
 * Random values through blocks: there and back, moved, cut short and changed.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { plain } from "./testing/plain.ts";
import { worldOf } from "../../scripts/build_generate.ts";
import { Block, Malformed } from "../abi/block.ts";
import type { Message } from "../abi/message.ts";
import { loadModule } from "../testing/instance.ts";
import type { Alias } from "../decode/model.ts";
import { definers } from "./as_dialect.ts";
import { camel } from "./names.ts";
import { Chance } from "./testing/chance.ts";
import { firstDifference } from "./testing/difference.ts";
import { RandomWit } from "./testing/random_wit.ts";
import { randomValue, type Value } from "./testing/random_value.ts";
import { messagesSource } from "./ts_messages.ts";

const OCTETS = 2 ** 20;
const VALUES = 12;

async function messagesOf(
  chance: Chance,
): Promise<[Alias, Message<Value>][]> {
  const wit = new RandomWit(chance);
  for (let at = 0; at < 12; at++) wit.record(3);
  for (let at = 0; at < 6; at++) wit.variant(3);
  const source = `package karyon:try@0.1.0;
world try { import shapes; }
interface shapes {
  resource thing;
  record held { one: own<thing> }
  ${wit.declared.join("\n")}
}`;
  const world = await worldOf(source, "try");
  const shapes = world.imports[0];
  if (shapes === undefined) throw new Error("no interface");
  const text = messagesSource(shapes, definers(world.imports)) ?? "";
  const made = await loadModule(text);
  strictEqual(made["heldMessage"], undefined, "handles mean nothing outside");
  return shapes.types.filter(({ name }) => name !== "thing" && name !== "held")
    .map((
      alias,
    ) => [alias, made[`${camel(alias.name)}Message`] as Message<Value>]);
}

async function trip(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const out = new Block(OCTETS);
  const back = new Block(OCTETS);
  let refused = 0;
  for (const [alias, message] of await messagesOf(chance)) {
    for (let at = 0; at < VALUES; at++) {
      const value = randomValue(chance, alias);
      const length = out.encode(message, value);
      if (typeof length === "string") throw new Error(length);
      const octets = out.u8.slice(0, length);
      // What was in the other block before is not to be seen.
      back.u8.fill(0xaa);
      back.u8.set(octets);
      const where = firstDifference(
        plain(back.decode(message, length)),
        plain(value),
      );
      strictEqual(where, undefined, `${message.type}: ${where}`);
      strictEqual(out.encode(message, value), length);
      deepStrictEqual(out.u8.slice(0, length), octets, "always the same");
      for (const cut of [0, message.size - 1, chance.below(length)]) {
        const short = back.decode(message, cut);
        if (cut < message.size) ok(short instanceof Malformed);
      }
      refused += changed(chance, back, message, octets);
    }
  }
  ok(refused > 100, `only ${refused} changed blocks were refused`);
}

/** Blocks with wrong octets give a value or a refusal, nothing else. */
function changed(
  chance: Chance,
  block: Block,
  message: Message<Value>,
  octets: Uint8Array,
): number {
  let refused = 0;
  for (let at = 0; at < 20; at++) {
    block.u8.set(octets);
    for (let left = 1 + chance.below(4); left > 0; left--) {
      block.u8[chance.below(octets.length)] = chance.below(256);
    }
    if (block.decode(message, octets.length) instanceof Malformed) refused++;
  }
  return refused;
}

for (const seed of [1, 2, 2026]) {
  Deno.test(`random values survive as blocks, seed ${seed}`, async () => {
    try {
      await trip(seed);
    } catch (error) {
      console.log(`seed ${seed}`);
      throw error;
    }
  });
}

const nested: Message<unknown[]> = {
  name: "nested",
  type: "list<list<list<u8>>>",
  size: 8,
  align: 4,
  load: (m) => level(m as Block, 0, 3),
  store: () => {},
};

/** What generated code does for lists in lists. */
function level(m: Block, at: number, deep: number): unknown[] {
  const p = m.view.getInt32(at, true);
  const n = m.view.getInt32(at + 4, true);
  if (deep === 1) return [...m.liftU8(p, n)];
  const start = m.list(p, n, 8, 4);
  return Array.from({ length: n }, (_, i) => level(m, start + i * 8, deep - 1));
}

Deno.test("overlapping parts do not make a small block a large value", () => {
  const block = new Block(4096);
  for (let at = 0; at < 4096; at += 8) {
    block.i32[at / 4] = 0;
    block.i32[at / 4 + 1] = 500;
  }
  const value = block.decode(nested, 4096);
  ok(value instanceof Malformed);
  strictEqual(value.why, "the parts of a block overlap");
});

Deno.test("a value that does not fit is too long, and the next one fits", () => {
  const block = new Block(64);
  const text: Message<string> = {
    name: "text",
    type: "string",
    size: 8,
    align: 4,
    load: (m, p) =>
      m.liftString(m.view.getInt32(p, true), m.view.getInt32(p + 4, true)),
    store: (m, p, v) => {
      m.view.setInt32(p, m.lowerString(v), true);
      m.view.setInt32(p + 4, m.lowered, true);
    },
  };
  strictEqual(block.encode(text, "x".repeat(57)), "too-long");
  strictEqual(block.encode(text, "x".repeat(56)), 64);
  strictEqual(block.decode(text, 64), "x".repeat(56));
});
