/** Values as octets: there and back, canonical, and where two differ first. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parting, shown } from "./difference.ts";
import { OCTETS_MAX, VALUE_DEPTH_MAX } from "./limits.ts";
import { Misread, OctetReader, OctetWriter, sameOctets } from "./octets.ts";
import { readValue, Unwritable, writeValue } from "./value.ts";

function octetsOf(value: unknown): Uint8Array {
  const out = new OctetWriter(2 ** 24);
  writeValue(out, value);
  return out.written.slice();
}

function back(octets: Uint8Array): unknown {
  const reader = new OctetReader(octets);
  const value = readValue(reader);
  strictEqual(reader.left, 0);
  return value;
}

const VALUES: readonly unknown[] = [
  undefined,
  true,
  false,
  0,
  -0,
  1,
  127,
  128,
  -129,
  4_294_967_295,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  2 ** 53,
  0.1,
  -1e300,
  Infinity,
  NaN,
  0n,
  (1n << 64n) - 1n,
  -(1n << 63n),
  "",
  "a",
  "é漢🙂".repeat(3),
  "x".repeat(100_000),
  new Uint8Array(),
  new Uint8Array(100_000),
  new Uint8Array([0, 1, 0, 2, 0, 0]),
  new Uint16Array([1, 65_535]),
  new Float64Array([0.5, -0, Infinity]),
  new BigInt64Array([-1n, 1n]),
  [],
  [["k", "v"], ["", ""]],
  { tag: "ok", val: { id: new Uint8Array([9]), links: [{ amount: 3n }] } },
];

Deno.test("record: values come back as they were", () => {
  for (const value of VALUES) deepStrictEqual(back(octetsOf(value)), value);
});

Deno.test("record: equal values have equal octets, others have not", () => {
  const same = [
    octetsOf({ tag: "ok", val: undefined, a: 1 }),
    octetsOf({ a: 1, tag: "ok" }),
  ] as const;
  strictEqual(sameOctets(...same), true);
  const all = VALUES.map((value) => octetsOf(value).toHex());
  strictEqual(new Set(all).size, VALUES.length);
});

Deno.test("record: zeros at the end of octets cost nothing", () => {
  strictEqual(octetsOf(new Uint8Array(2 ** 20)).length < 10, true);
});

Deno.test("record: what no contract has is refused", () => {
  let deep: unknown = 1;
  for (let at = 0; at <= VALUE_DEPTH_MAX; at++) deep = [deep];
  for (const value of [null, Symbol("x"), () => 1, 1n << 64n, deep]) {
    throws(() => octetsOf(value), Unwritable);
  }
  throws(() => {
    const out = new OctetWriter(10);
    writeValue(out, new Uint8Array(11).fill(1));
  }, RangeError);
});

Deno.test("record: what nests as deep as may be read is written again", () => {
  const nested = (lists: number) =>
    new Uint8Array([...Array(lists - 1).fill([11, 1]).flat(), 11, 0]);
  const deepest = nested(VALUE_DEPTH_MAX + 1);
  deepStrictEqual(octetsOf(readValue(new OctetReader(deepest))), deepest);
  throws(() => back(nested(VALUE_DEPTH_MAX + 2)), Misread);
});

Deno.test("record: a few octets do not ask for memory without bound", () => {
  const out = new OctetWriter(100_000);
  out.byte(11);
  out.count(3);
  for (let i = 0; i < 3; i++) {
    out.byte(9);
    out.count(OCTETS_MAX);
    out.count(0);
  }
  throws(() => back(out.written), /too many zeros/);
});

Deno.test("record: octets that are no value are misread, never worse", () => {
  const whole = octetsOf(VALUES[VALUES.length - 1]);
  for (let length = 0; length < whole.length; length++) {
    throws(() => back(whole.slice(0, length)), Misread);
  }
  for (let at = 0; at < whole.length; at++) {
    for (const flip of [1, 128, 255]) {
      const spoilt = whole.slice();
      spoilt[at] = (spoilt[at] ?? 0) ^ flip;
      try {
        readValue(new OctetReader(spoilt));
      } catch (error) {
        if (!(error instanceof Misread)) throw error;
      }
    }
  }
  const huge = new OctetWriter(100);
  huge.byte(9);
  huge.count(OCTETS_MAX + 1);
  huge.count(0);
  throws(() => back(huge.written), Misread);
});

Deno.test("record: the first place where values differ", () => {
  const want = { tag: "ok", val: [{ amount: 1n, id: new Uint8Array([1, 2]) }] };
  const rows: ReadonlyArray<readonly [unknown, string, string, string]> = [
    [{ tag: "err", val: "x" }, ".tag", '"ok"', '"err"'],
    [{ tag: "ok", val: [] }, ".val.length", "1", "0"],
    [
      { tag: "ok", val: [{ amount: 2n, id: new Uint8Array([1, 2]) }] },
      ".val[0].amount",
      "1",
      "2",
    ],
    [
      { tag: "ok", val: [{ amount: 1n, id: new Uint8Array([1, 3]) }] },
      ".val[0].id[1]",
      "2",
      "3",
    ],
    [7, "", shown(want), "7"],
  ];
  strictEqual(parting(want, structuredClone(want)), undefined);
  for (const [got, path, wanted, gotten] of rows) {
    deepStrictEqual(parting(want, got), { path, want: wanted, got: gotten });
  }
  strictEqual(parting(-0, 0)?.want, "-0");
  strictEqual(parting(NaN, NaN), undefined);
});

Deno.test("record: a shown value is short, however large it is", () => {
  const large = Array.from({ length: 100_000 }, (_, at) => ({ at }));
  for (const value of [large, "x".repeat(1e6), { large }, [[[large]]]]) {
    strictEqual(shown(value).length <= 160, true);
  }
});
