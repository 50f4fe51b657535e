/** Words, widths and tables. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { distance, suggest } from "./suggest.ts";
import { table } from "./table.ts";
import { cut, pad, printable, width } from "./width.ts";
import { microseconds, octets, seconds, share } from "./words.ts";

Deno.test("width: counts what a terminal shows", () => {
  equal(width("abc"), 3);
  equal(width("日本"), 4);
  equal(width("e\u0301"), 1);
  equal(width("👩‍👩‍👧"), 2);
  equal(width("✓"), 1);
  equal(width(""), 0);
  equal(cut("日本語", 5), "日本…");
  equal(cut("abc", 3), "abc");
  equal(cut("abc", 0), "");
  equal(pad("é", 3), "é  ");
  equal(pad("12", 4, true), "  12");
  equal(printable("a\n\tb\x1b[31mc\u202e"), "a b\ufffd[31mc\ufffd");
});

Deno.test("suggest: near enough to be meant, or nothing", () => {
  equal(distance("kitten", "sitting"), 3);
  equal(distance("ab", "ba"), 1);
  equal(suggest("pu", ["up", "top"]), "up");
  equal(suggest("xyzzy", ["up", "top"]), undefined);
  equal(suggest("x".repeat(5000), ["up"]), undefined);
});

Deno.test("table: shrinks first, then leaves out", () => {
  const columns = [
    { title: "a", value: (row: string) => row, flex: 4 },
    { title: "n", value: () => "12345", right: true },
    { title: "s", value: () => "spare", spare: 1 },
  ];
  const rows = ["a long text", "b"];
  deepEqual(table(columns, rows, undefined)[1], "a long text  12345  spare");
  deepEqual(table(columns, rows, 20)[1], "a lon…  12345  spare");
  deepEqual(table(columns, rows, 12)[1], "a lo…  12345");
  for (const room of [12, 15, 20, 30]) {
    for (const line of table(columns, rows, room)) ok(width(line) <= room);
  }
  deepEqual(table(columns, [], 80), ["a      n  s"].map(() => "a  n  s"));
});

Deno.test("words: units and rounding", () => {
  equal(octets(0), "0 B");
  equal(octets(1536), "1.50 KiB");
  equal(octets(123 * 1024 * 1024), "123 MiB");
  equal(microseconds(340), "340 µs");
  equal(microseconds(1200), "1.20 ms");
  equal(seconds(3 * 60 + 20), "3 min 20 s");
  equal(seconds(7500), "2 h 5 min");
  equal(share(0), "0");
  equal(share(0.25), "0.2500");
  equal(share(0.00001234), "1.23e-5");
});
