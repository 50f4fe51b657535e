import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { makeTable, type TableShape, tableWords } from "./table.ts";
import { TableReader } from "./table_reader.ts";
import { TableWriter } from "./table_writer.ts";
import { chance, HostileWords } from "./testing/hostile_words.ts";
import { SharedWords, type Words } from "./words.ts";

const SHAPE: TableShape = {
  readers: 2,
  buckets: 64,
  entries: 32,
  keyWords: 2,
  valueOctets: 12,
};

function memory(shape = SHAPE): SharedWords {
  const octets = tableWords(shape) * 4;
  const words = new SharedWords(new SharedArrayBuffer(octets));
  makeTable(words, shape);
  return words;
}

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(end);
  return end;
}

const keyOf = (key: number) => Int32Array.of(key, ~key);

function set(words: Words, writer: TableWriter, key: number, value: number) {
  return writer.set(keyOf(key), 8, (at) => {
    words.set(at, value);
    words.set(at + 1, -value);
  });
}

function get(words: Words, reader: TableReader, key: number) {
  reader.begin();
  const at = reader.get(keyOf(key));
  const value = typeof at === "number" ? words.get(at) : undefined;
  if (typeof at === "number") strictEqual(words.get(at + 1), -(value ?? 0));
  reader.end();
  return value;
}

Deno.test("a table does what a map does", () => {
  const seed = 0x7ab1e;
  const below = chance(seed);
  const words = memory();
  let writer = attached(TableWriter.attach(words, 1));
  const reader = attached(TableReader.attach(words, 0, 1));
  const model = new Map<number, number>();
  for (let step = 1; step < 20_000; step++) {
    const key = below(40);
    if (below(3) > 0) {
      const said = set(words, writer, key, step);
      // Always one entry free for a change, with no reader inside.
      if (model.size < SHAPE.entries - 1) strictEqual(said, undefined);
      if (said === undefined) model.set(key, step);
    } else {
      strictEqual(writer.delete(keyOf(key)), model.delete(key), `seed ${seed}`);
    }
    const asked = below(40);
    strictEqual(
      get(words, reader, asked),
      model.get(asked),
      `seed ${seed} step ${step}`,
    );
    if (step % 997 === 0) {
      writer = attached(TableWriter.attach(words, 1 + step, writer.generation));
    }
  }
  const all = Array.from({ length: 40 }, (_, key) => get(words, reader, key));
  deepStrictEqual(all, Array.from({ length: 40 }, (_, key) => model.get(key)));
});

Deno.test("a reader inside keeps what it may look at, until the table is full", () => {
  const words = memory();
  const writer = attached(TableWriter.attach(words, 1));
  const reader = attached(TableReader.attach(words, 1, 1));
  set(words, writer, 1, 1);
  reader.begin();
  const at = reader.get(keyOf(1)) as number;
  let changes = 0;
  while (set(words, writer, 1, 2 + changes) === undefined) changes++;
  strictEqual(changes, SHAPE.entries - 1);
  strictEqual(words.get(at), 1);
  strictEqual(words.get(reader.get(keyOf(1)) as number), 1 + changes);
  // Its successor is not inside.
  attached(TableReader.attach(words, 1, 2, 1));
  strictEqual(set(words, writer, 1, 99), undefined);
});

Deno.test("a change that its caller gives up leaves nothing behind", () => {
  const words = memory();
  const writer = attached(TableWriter.attach(words, 1));
  const reader = attached(TableReader.attach(words, 0, 1));
  set(words, writer, 1, 1);
  for (let at = 0; at < 2 * SHAPE.entries; at++) {
    throws(() =>
      writer.set(keyOf(1), 8, () => {
        throw new Error("given up");
      }), /given up/);
  }
  strictEqual(get(words, reader, 1), 1);
  strictEqual(set(words, writer, 1, 2), undefined);
});

Deno.test("what is wrong is refused", () => {
  const words = memory();
  const empty = new SharedWords(new SharedArrayBuffer(4096));
  strictEqual(TableWriter.attach(empty, 1), "not-a-table");
  const writer = attached(TableWriter.attach(words, 1));
  const reader = attached(TableReader.attach(words, 0, 1));
  strictEqual(TableWriter.attach(words, 2), "held");
  strictEqual(TableReader.attach(words, 0, 2), "held");
  throws(() => reader.get(keyOf(1)), RangeError, "not after begin");
  reader.begin();
  throws(() => reader.begin(), RangeError);
  reader.end();
  throws(() => writer.set(keyOf(1), 13, () => {}), RangeError);
  throws(() => writer.set(Int32Array.of(1), 4, () => {}), RangeError);
  throws(() => TableReader.attach(words, 2, 1), RangeError);
  for (const buckets of [0, 3, 2 ** 25, 16]) {
    throws(() => makeTable(words, { ...SHAPE, buckets }), RangeError);
  }
  words.store(3, 1_000);
  strictEqual(TableReader.attach(words, 1, 1), "corrupt");
});

Deno.test("a lying peer gets no access outside, and no endless loop", () => {
  const seed = 0x5eed;
  for (let round = 0; round < 1_000; round++) {
    const below = chance(seed + round);
    const words = new HostileWords(new Int32Array(tableWords(SHAPE)), below);
    makeTable(words, SHAPE);
    const writer = attached(TableWriter.attach(words, 1));
    const reader = attached(TableReader.attach(words, 1, 1));
    words.lies = 2 + below(30);
    for (let step = 0; step < 40; step++) {
      const before = words.accesses;
      const key = below(20);
      const what = below(3);
      if (what === 0) set(words, writer, key, step);
      else if (what === 1) writer.delete(keyOf(key));
      else {
        reader.begin();
        const at = reader.get(keyOf(key));
        if (typeof at === "number") words.get(at + 2);
        reader.end();
      }
      ok(words.accesses - before < 500, `seed ${seed + round}`);
    }
  }
});
