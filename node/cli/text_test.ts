/** Words, widths and tables. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { distance, suggest } from "./suggest.ts";
import { table } from "./table.ts";
import { cut, pad, printable, width } from "./width.ts";
import { microseconds, octets, seconds, share } from "./words.ts";

Deno.test("width: counts what a terminal shows", () => {
  strictEqual(width("abc"), 3);
  strictEqual(width("日本"), 4);
  strictEqual(width("e\u0301"), 1);
  strictEqual(width("👩‍👩‍👧"), 2);
  strictEqual(width("✓"), 1);
  strictEqual(width(""), 0);
  strictEqual(cut("日本語", 5), "日本…");
  strictEqual(cut("abc", 3), "abc");
  strictEqual(cut("abc", 0), "");
  strictEqual(pad("é", 3), "é  ");
  strictEqual(pad("12", 4, true), "  12");
  strictEqual(printable("a\n\tb\x1b[31mc\u202e"), "a b\ufffd[31mc\ufffd");
});

Deno.test("suggest: near enough to be meant, or nothing", () => {
  strictEqual(distance("kitten", "sitting"), 3);
  strictEqual(distance("ab", "ba"), 1);
  strictEqual(suggest("pu", ["up", "top"]), "up");
  strictEqual(suggest("xyzzy", ["up", "top"]), undefined);
  strictEqual(suggest("x".repeat(5000), ["up"]), undefined);
});

Deno.test("table: shrinks first, then leaves out", () => {
  const columns = [
    { title: "a", value: (row: string) => row, flex: 4 },
    { title: "n", value: () => "12345", right: true },
    { title: "s", value: () => "spare", spare: 1 },
  ];
  const rows = ["a long text", "b"];
  deepStrictEqual(
    table(columns, rows, undefined)[1],
    "a long text  12345  spare",
  );
  deepStrictEqual(table(columns, rows, 20)[1], "a lon…  12345  spare");
  deepStrictEqual(table(columns, rows, 12)[1], "a lo…  12345");
  for (const room of [12, 15, 20, 30]) {
    for (const line of table(columns, rows, room)) ok(width(line) <= room);
  }
  deepStrictEqual(table(columns, [], 80), ["a      n  s"].map(() => "a  n  s"));
});

Deno.test("words: units and rounding", () => {
  strictEqual(octets(0), "0 B");
  strictEqual(octets(1536), "1.50 KiB");
  strictEqual(octets(123 * 1024 * 1024), "123 MiB");
  strictEqual(microseconds(340), "340 µs");
  strictEqual(microseconds(1200), "1.20 ms");
  strictEqual(seconds(3 * 60 + 20), "3 min 20 s");
  strictEqual(seconds(7500), "2 h 5 min");
  strictEqual(share(0), "0");
  strictEqual(share(0.25), "0.2500");
  strictEqual(share(0.00001234), "1.23e-5");
});
