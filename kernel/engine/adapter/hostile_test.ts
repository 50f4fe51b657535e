/**
 * Cells that lie to an adapter: it traps, and notes whose lie it was.
 *
 * Plan: one rule per case, each beside the control that the honest form passes;
 * the caller's arguments first (then the called cell has neither run nor
 * allocated), then the called cell's results (then the caller has not
 * allocated), then both allocators, then the order around post-return.
 */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import type { CoreFunction } from "../../../wit/abi/binding.ts";
import { LIFTED_OCTETS_MAX } from "../../../wit/abi/limits.ts";
import { FAULTS, WHO, WHY } from "./side.ts";
import { type Contract, contractOf, type Hand, Rig } from "./test_rig.ts";

const BODY = `interface all {
  enum colour { red, green, blue }
  variant shape { dot, line(u32), text(string), spot(f64) }
  flags rights { read, write, run }
  take-bool: func(v: bool);
  take-char: func(v: char);
  take-enum: func(v: colour);
  take-shape: func(v: shape);
  take-text: func(v: string);
  take-numbers: func(v: list<u32>);
  take-bools: func(v: list<bool>);
  take-texts: func(v: list<string>);
  take-many: func(v: list<list<u8>>);
  take-two: func(a: list<u8>, b: char);
  take-rights: func(v: rights, w: u8, x: s8) -> u32;
  spill: func(a: string, b: string, c: string, d: string, e: string, f: string,
    g: string, h: string, i: bool);
  give-bool: func() -> bool;
  give-text: func() -> string;
  give-shapes: func() -> list<shape>;
  give-maybe: func() -> option<u64>;
}`;

let made: Promise<Contract> | undefined;
const contract = () => made ??= contractOf(BODY);

/** A called cell whose functions all return `flat`, and count. */
async function rigOf(flat = 0) {
  let ran = 0;
  const rig = new Rig(await contract(), {});
  const { code } = await contract();
  // The functions are linked when the adapter is made: replaced before that.
  const hand = rig.callee;
  for (const { name } of code.functions) {
    hand.exports[`${code.contract}#${name}`] = (() => {
      ran += 1;
      return flat;
    }) as CoreFunction;
  }
  return { rig: rig.relinked(), ran: () => ran };
}

type Numbers = readonly (number | bigint)[];

interface Lie {
  readonly name: string;
  readonly honest: Numbers;
  readonly lies: readonly (readonly [Numbers, keyof typeof WHY])[];
  readonly fill?: (hand: Hand) => void;
}

const END = 65_536;

const LIES: readonly Lie[] = [
  {
    name: "take-char",
    honest: [0x10ffff],
    lies: [
      [[0x110000], "character"],
      [[0xd800], "character"],
      [[0xdfff], "character"],
      [[-1], "character"],
    ],
  },
  { name: "take-enum", honest: [2], lies: [[[3], "noCase"], [[-1], "noCase"]] },
  {
    name: "take-shape",
    honest: [1, 7n, 0],
    lies: [
      [[4, 0n, 0], "noCase"],
      [[-1, 0n, 0], "noCase"],
      [[2, BigInt(END - 1), 2], "outside"],
    ],
  },
  {
    name: "take-text",
    honest: [64, 7],
    fill: (hand) => {
      hand.octets(64, ...new TextEncoder().encode("aé\u{1f701}"));
      hand.octets(96, 0xc3);
      hand.octets(100, 0xed, 0xa0, 0x80);
      hand.octets(104, 0xc0, 0x80);
      hand.octets(108, 0xf4, 0x90, 0x80, 0x80);
      hand.octets(112, 0xe0, 0x80, 0x80);
      hand.octets(128, ...new TextEncoder().encode("x".repeat(9)), 0xff);
    },
    lies: [
      [[64, 2], "text"],
      [[64, 5], "text"],
      [[96, 1], "text"],
      [[100, 3], "text"],
      [[104, 2], "text"],
      [[108, 4], "text"],
      [[112, 3], "text"],
      [[128, 10], "text"],
      [[END, 1], "outside"],
      [[-1, 1], "outside"],
      [[0, -1], "tooMuch"],
      [[0, END + 1], "outside"],
    ],
  },
  {
    name: "take-numbers",
    honest: [64, 2],
    lies: [
      [[66, 1], "unaligned"],
      [[END - 4, 2], "outside"],
      [[0, 0x4000_0001], "tooMuch"],
    ],
  },
  {
    name: "take-bools",
    honest: [64, 2],
    fill: (hand) => hand.octets(66, 2),
    lies: [[[END - 1, 2], "outside"]],
  },
  {
    name: "take-texts",
    honest: [64, 1],
    fill: (hand) => hand.words(64, 0, 3, END, 1),
    lies: [[[64, 2], "outside"], [[0, 0x2000_0001], "tooMuch"]],
  },
  {
    name: "take-many",
    honest: [64, 100],
    fill: (hand) => {
      for (let at = 0; at < 2_000; at += 1) hand.words(64 + 8 * at, 0, END);
      for (let at = 0; at < 100; at += 1) hand.words(64 + 8 * at, 0, 9);
    },
    lies: [[[64, 100 + LIFTED_OCTETS_MAX / END + 1], "tooMuch"]],
  },
  {
    name: "take-two",
    honest: [64, 3, 65],
    lies: [[[64, 3, 0xd800], "character"]],
  },
  {
    name: "spill",
    honest: [256],
    fill: (hand) => {
      hand.octets(END - 68, ...new Array(68).fill(0));
      hand.octets(256 + 64, 1);
      hand.words(512, END + 1, 0);
    },
    lies: [
      [[258], "unaligned"],
      [[END - 64], "outside"],
      [[512], "outside"],
    ],
  },
];

for (const { name, honest, lies, fill } of LIES) {
  Deno.test(`arguments are checked: ${name}`, async () => {
    const { rig, ran } = await rigOf();
    fill?.(rig.caller);
    const call = rig.raw[name];
    call?.(...honest);
    strictEqual(ran(), 1, "control");
    const { length } = rig.callee.blocks;
    for (const [lie, why] of lies) {
      throws(() => call?.(...lie), WebAssembly.RuntimeError, String(lie));
      strictEqual(rig.adapter.who, WHO.callerData, String(lie));
      strictEqual(rig.adapter.fault, FAULTS[WHY[why]], String(lie));
    }
    strictEqual(ran(), 1, "the called cell has not run");
    strictEqual(rig.callee.blocks.length, length, "nor allocated");
  });
}

Deno.test("bits without a meaning do not cross", async () => {
  const rig = new Rig(await contract(), {});
  const seen: number[][] = [];
  const { code } = await contract();
  rig.callee.exports[`${code.contract}#take-rights`] = ((...flat: number[]) => {
    seen.push(flat);
    return 0;
  }) as unknown as CoreFunction;
  rig.relinked().raw["take-rights"]?.(-1, 0x1ff, 0x1ff);
  deepStrictEqual(seen, [[7, 0xff, -1]]);
});

const RETURN = 32;

Deno.test("a return pointer is checked before anything runs", async () => {
  const { rig, ran } = await rigOf(64);
  rig.raw["give-text"]?.(RETURN);
  strictEqual(ran(), 1, "control");
  for (const lie of [RETURN + 2, END - 4, -8]) {
    throws(() => rig.raw["give-text"]?.(lie), WebAssembly.RuntimeError);
    strictEqual(rig.adapter.who, WHO.callerData);
  }
  strictEqual(ran(), 1);
});

interface Returned {
  readonly name: string;
  readonly flat: number;
  readonly fill?: (hand: Hand) => void;
  readonly why?: keyof typeof WHY;
}

const RESULTS: readonly Returned[] = [
  { name: "give-bool", flat: 1 },
  { name: "give-maybe", flat: 64, fill: (hand) => hand.words(64, 1) },
  { name: "give-maybe", flat: 64, fill: (h) => h.words(64, 2), why: "noCase" },
  { name: "give-maybe", flat: 68, why: "unaligned" },
  { name: "give-maybe", flat: END - 8, why: "outside" },
  { name: "give-text", flat: 64, fill: (hand) => hand.words(64, 128, 4) },
  {
    name: "give-text",
    flat: 64,
    fill: (h) => h.words(64, -4, 5),
    why: "outside",
  },
  { name: "give-text", flat: -8, why: "outside" },
  {
    name: "give-shapes",
    flat: 64,
    fill: (hand) => hand.words(64, 128, 2),
  },
  {
    name: "give-shapes",
    flat: 64,
    fill: (hand) => {
      hand.words(64, 128, 2);
      hand.words(144, 4);
    },
    why: "noCase",
  },
];

for (const { name, flat, fill, why } of RESULTS) {
  const what = why === undefined ? "control" : why;
  Deno.test(`results are checked: ${name} ${flat}, ${what}`, async () => {
    const { rig } = await rigOf(flat);
    fill?.(rig.callee);
    const args = name === "give-bool" ? [] : [RETURN];
    if (why === undefined) {
      rig.raw[name]?.(...args);
      strictEqual(
        rig.posts,
        name === "give-bool" || name === "give-maybe" ? 0 : 1,
      );
      return;
    }
    throws(() => rig.raw[name]?.(...args), WebAssembly.RuntimeError);
    strictEqual(rig.adapter.who, WHO.calleeData);
    strictEqual(rig.adapter.fault, FAULTS[WHY[why]]);
    strictEqual(rig.adapter.isPending, false);
    deepStrictEqual(rig.caller.blocks, [], "the caller has not allocated");
    strictEqual(rig.posts, 0);
  });
}

Deno.test("an allocator that lies is its cell's fault", async () => {
  const { rig } = await rigOf(64);
  rig.callee.words(64, 128, 4);
  rig.caller.octets(64, 65, 66);
  for (const lie of [END - 1, -1]) {
    rig.callee.lie = lie;
    throws(() => rig.raw["take-text"]?.(64, 2), WebAssembly.RuntimeError);
    strictEqual(rig.adapter.who, WHO.calleeData);
    rig.caller.lie = lie;
    throws(() => rig.raw["give-text"]?.(RETURN), WebAssembly.RuntimeError);
    strictEqual(rig.adapter.who, WHO.callerData);
    strictEqual(rig.adapter.isPending, true);
    rig.adapter.runAfter(
      (await contract()).code.functions.findIndex(({ name }) =>
        name === "give-text"
      ),
    );
    strictEqual(rig.adapter.isPending, false);
  }
  strictEqual(rig.posts, 2, "post-return runs once, later");
  rig.callee.lie = rig.caller.lie = 1_024;
  rig.raw["take-text"]?.(64, 2);
  rig.raw["give-text"]?.(RETURN);
  strictEqual(rig.posts, 3, "control");
});

Deno.test("what a cell's own code throws is noted as its own", async () => {
  const rig = new Rig(await contract(), {});
  const { code } = await contract();
  const broken = new Error("broken");
  rig.callee.exports[`${code.contract}#give-bool`] = () => {
    throw broken;
  };
  rig.relinked();
  throws(() => rig.raw["give-bool"]?.(), broken);
  strictEqual(rig.adapter.who, WHO.calleeCode);
  strictEqual(rig.adapter.isGivenBack, false);
});
