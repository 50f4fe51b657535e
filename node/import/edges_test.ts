import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { importEdges } from "./edges.ts";
import { formatOf, openImport } from "./mod.ts";
import { Tally } from "./refusal.ts";
import {
  chance,
  checkProperties,
  linksOf,
  outcome,
  utf8,
  whole,
} from "./testing.ts";

const read = (text: string, weighted: boolean, options = {}) =>
  outcome(importEdges(whole(utf8(text)), weighted, options));

Deno.test("edges: control, with and without weights", async () => {
  const plain = await read("0 1\n 12\t 7 \r\n\n# a\n% b\n3   3", false);
  strictEqual(plain.refusal, undefined);
  deepStrictEqual(linksOf(plain.batches), [
    { from: "0", to: "1", amount: 1n, valence: 0 },
    { from: "12", to: "7", amount: 1n, valence: 0 },
    { from: "3", to: "3", amount: 1n, valence: 0 },
  ]);
  const weighted = await read(
    "0 1 0\n1 9007199254740990 281474976710655",
    true,
  );
  strictEqual(weighted.refusal, undefined);
  deepStrictEqual(linksOf(weighted.batches), [
    { from: "0", to: "1", amount: 0n, valence: 0 },
    {
      from: "1",
      to: "9007199254740990",
      amount: 2n ** 48n - 1n,
      valence: 0,
    },
  ]);
});

const MALFORMED: ReadonlyArray<[string, boolean, string, RegExp]> = [
  ["one vertex", false, "1", /line 2: wants 2 numbers, found 1/],
  ["a weight too many", false, "1 2 3", /line 2: wants 2 numbers, found more/],
  ["no weight", true, "1 2", /line 2: wants 3 numbers, found 2/],
  ["four numbers", true, "1 2 3 4", /wants 3 numbers, found more/],
  ["a negative vertex", false, "-1 2", /line 2, column 1: a vertex is not/],
  ["a word", false, "1 two", /line 2, column 3: a vertex is not/],
  ["leading zeros", false, "1 02", /line 2, column 3: a vertex is not/],
  ["a vertex of 2^53", false, "1 9007199254740992", /a vertex is not/],
  ["a vertex of 40 digits", false, `1 ${"9".repeat(40)}`, /a vertex is not/],
  ["a broken weight", true, "1 2 0.5", /line 2, column 5: the weight is not/],
  ["a weight of 2^48", true, "1 2 281474976710656", /the weight is not/],
  ["a negative weight", true, "1 2 -3", /the weight is not/],
];

for (const [name, weighted, line, reason] of MALFORMED) {
  Deno.test(`edges: refuses ${name}`, async () => {
    const good = weighted ? "5 6 7" : "5 6";
    const text = `${good}\n${line}\n${good}\n`;
    const { batches, refusal } = await read(text, weighted);
    ok(refusal !== undefined && reason.test(refusal), refusal);
    strictEqual(batches.length, 0);
    const tally = new Tally();
    const lax = await read(text, weighted, { skipBad: true, tally });
    strictEqual(lax.refusal, undefined);
    strictEqual(linksOf(lax.batches).length, 2);
    strictEqual(tally.skipped, 1);
  });
}

Deno.test("edges: chunking, resuming and mutation", async () => {
  const seed = 0x5eed_0007;
  const below = chance(seed);
  const lines = (weighted: boolean) =>
    Array.from({ length: 9000 }, (_, i) => {
      const gap = [" ", "\t", "  "][below(3)];
      const weight = weighted ? `${gap}${below(100)}` : "";
      return i % 97 === 0 ? "# comment" : `${below(500)}${gap}${i}${weight}`;
    });
  for (const weighted of [false, true]) {
    const octets = utf8(lines(weighted).join("\n"));
    await checkProperties(
      octets,
      (source, options) => importEdges(source, weighted, options),
      seed,
    );
  }
});

Deno.test("edges: the name tells the format, and the door opens it", async () => {
  strictEqual(formatOf("a/kron.el"), "el");
  strictEqual(formatOf("KRON.WEL.gz"), "wel");
  const path = await Deno.makeTempFile({ suffix: ".wel" });
  try {
    await Deno.writeTextFile(path, "1 2 3\n");
    const source = await openImport("wel", path);
    const { batches } = await outcome(source.batches({}));
    strictEqual(linksOf(batches)[0]?.amount, 3n);
  } finally {
    await Deno.remove(path);
  }
});
