/**
 * Component octets from strangers: decoded or refused, quickly, whatever they are.
 */
import { ok, strictEqual, throws } from "node:assert/strict";
import {
  componentEmbed,
  componentNew,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import { Chance } from "../generator/testing/chance.ts";
import type { Type } from "./model.ts";
import { Malformed } from "./reader.ts";
import { typeText } from "./text.ts";
import { decodeWorld, difference } from "./world.ts";

const WIT = `package karyon:cell-a@0.1.0;
world a { import karyon:a/left@0.1.0; export karyon:a/right@0.1.0; }
package karyon:a@0.1.0 {
interface left {
  resource thing { constructor(n: u32); use-it: func() -> list<string>; }
  record pair { a: thing, b: option<u64> }
  one: func(p: pair) -> result<_, string>;
  two: func() -> tuple<f32, char>;
}
interface right {
  use left.{thing};
  variant v { x, y(list<u8>) }
  three: func(t: borrow<thing>, v: v) -> s8;
}
}`;

async function component(wit = WIT): Promise<Uint8Array> {
  return await componentNew(
    await componentEmbed({ witSource: wit, dummy: true, world: "a" }),
  );
}

/** Decodes or throws `Malformed`; anything else fails the test. */
function survives(octets: Uint8Array): void {
  try {
    decodeWorld(octets);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
}

Deno.test("contracts come out of a component as they went in", async () => {
  const { imports, exports } = decodeWorld(await component());
  strictEqual(
    exports.get("karyon:a/right@0.1.0"),
    "three: func(t: borrow<karyon:a/left@0.1.0.thing>, " +
      "v: variant{x(_), y(list<u8>)}) -> s8",
  );
  strictEqual(
    imports.get("karyon:a/left@0.1.0")?.split("\n").length,
    4,
  );
});

Deno.test("a changed field, case, parameter or result is a different contract", async () => {
  const honest = decodeWorld(await component());
  const changes: [string, string][] = [
    ["b: option<u64>", "b: option<s64>"],
    ["a: thing, b", "aa: thing, b"],
    ["y(list<u8>)", "z(list<u8>)"],
    ["three: func(t: borrow<thing>", "three: func(t: thing"],
    ["tuple<f32, char>", "tuple<f32, u32>"],
    ["use-it: func()", "use-it: func(n: u8)"],
  ];
  for (const [from, to] of changes) {
    const changed = decodeWorld(await component(WIT.replace(from, to)));
    const texts = (of: typeof honest) =>
      [...of.imports, ...of.exports].join("|");
    ok(texts(changed) !== texts(honest), `${from} -> ${to}`);
  }
});

Deno.test("an importer may use less than the contract, an exporter may not offer less", () => {
  const contract = "a: func()\nb: func() -> u8";
  strictEqual(difference("import", "a: func()", contract), undefined);
  strictEqual(difference("import", "", contract), undefined);
  strictEqual(difference("export", contract, contract), undefined);
  ok(difference("export", "a: func()", contract)?.includes("b: func() -> u8"));
  ok(difference("import", "c: func()", contract)?.includes("c: func()"));
});

Deno.test("every truncation is refused", async () => {
  const whole = await component();
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    survives(cut);
  }
  throws(() => decodeWorld(whole.subarray(0, 100)), Malformed);
});

Deno.test("random damage is survived", async () => {
  const whole = await component();
  const seed = 20261121;
  const chance = new Chance(seed);
  for (let round = 0; round < 5_000; round++) {
    const damaged = whole.slice();
    for (let left = 1 + chance.below(4); left > 0; left--) {
      damaged[chance.below(damaged.length)] = chance.below(256);
    }
    try {
      survives(damaged);
    } catch (error) {
      console.log(`seed ${seed}, round ${round}`);
      throw error;
    }
  }
});

Deno.test("random octets are refused", () => {
  const chance = new Chance(7);
  for (let round = 0; round < 200; round++) {
    const octets = new Uint8Array(chance.below(400));
    for (let at = 0; at < octets.length; at++) octets[at] = chance.below(256);
    throws(() => decodeWorld(octets), Malformed);
  }
  throws(() => decodeWorld(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), {
    message: /not a WebAssembly component/,
  });
});

/** A component with one type section of `count` definitions. */
function typeBomb(definitions: number[][]): Uint8Array {
  const body = [...leb(definitions.length), ...definitions.flat()];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00],
    7,
    ...leb(body.length),
    ...body,
  ]);
}

/** A type index, which the format writes as a signed number. */
function index(at: number): number[] {
  const octets = leb(at);
  const last = octets.at(-1) ?? 0;
  return last & 0x40 ? [...octets.slice(0, -1), last | 0x80, 0] : octets;
}

function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value;; rest >>>= 7) {
    if (rest < 128) return [...out, rest];
    out.push(rest & 127 | 128);
  }
}

Deno.test("types that double at each step cost nothing", () => {
  // tuple<t, t> forty times: written out, 2^40 names.
  const bomb: number[][] = [[0x7f]];
  for (let at = 0; at < 40; at++) {
    bomb.push([0x6f, 2, ...index(at), ...index(at)]);
  }
  survives(typeBomb(bomb));
  let type: Type = { kind: "prim", prim: "bool" };
  for (let at = 0; at < 40; at++) type = { kind: "tuple", items: [type, type] };
  throws(() => typeText(type, new Map()), { message: /longer than/ });
});

Deno.test("types nested too deep are refused", () => {
  const deep: number[][] = [[0x7f]];
  for (let at = 0; at < 1000; at++) deep.push([0x70, ...index(at)]);
  throws(() => decodeWorld(typeBomb(deep)), { message: /deep/ });
});
