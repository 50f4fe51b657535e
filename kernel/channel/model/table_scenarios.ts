/**
 * Small tables, and everything that can happen to them.
 */
import {
  makeTable,
  TABLE_WRITER,
  type TableShape,
  tableWords,
} from "../table.ts";
import { TableReader } from "../table_reader.ts";
import { TableWriter } from "../table_writer.ts";
import type { Words } from "../words.ts";
import { attached } from "./channel_scenarios.ts";
import type { Scenario, Teller, ThreadPlan } from "./explorer.ts";
import { type MakeTwist, straight } from "./twist.ts";

const SHAPE = { buckets: 4, entries: 3, keyWords: 1, valueOctets: 8 };
const TORN = -1;
const STALE = -2;
const LOST = -3;

/** What the writer does: sets a key to the next value, or deletes it. */
export type Change = ["set" | "delete", key: number];

export interface TableCase {
  readonly changes: readonly Change[];
  /** The keys that each reader looks up, between one `begin` and `end` each. */
  readonly readers: readonly (readonly (readonly number[])[])[];
  readonly writer?: MakeTwist;
  readonly reader?: MakeTwist;
  /** The writer dies somewhere; its successor makes all changes again. */
  readonly writerDies?: boolean;
  readonly readerDies?: boolean;
}

export function tables(given: TableCase): Scenario {
  const { writer = straight, reader = straight } = given;
  const shape = { ...SHAPE, readers: given.readers.length };
  const words = tableWords(shape);
  const write =
    (generation: number, before: number): ThreadPlan["run"] =>
    (plain, teller) => {
      const memory = writer(plain);
      const found = TableWriter.attach(memory, generation, before);
      // Who died before it had attached left the end free.
      const end = attached(
        found === "held" ? TableWriter.attach(memory, generation) : found,
      );
      changes(memory, teller, end, given, words, generation * 100);
    };
  const read = (
    number: number,
    generation: number,
    before: number,
  ): ThreadPlan["run"] =>
  (plain, teller) => {
    const memory = reader(plain);
    const found = TableReader.attach(memory, number, generation, before);
    const end = attached(
      found === "held" ? TableReader.attach(memory, number, generation) : found,
    );
    looks(memory, teller, end, given, number, words, shape);
  };
  const { writerDies = false, readerDies = false } = given;
  const threads: ThreadPlan[] = [
    { name: "writer", run: write(1, 0), mortal: writerDies },
    ...given.readers.map((_, at) => ({
      name: `reader ${at}`,
      run: read(at, 1, 0),
      mortal: readerDies && at === 0,
    })),
  ];
  if (writerDies) {
    threads.push({ name: "next writer", run: write(2, 1), after: 0 });
  }
  if (readerDies) {
    threads.push({ name: "next reader", run: read(0, 2, 1), after: 1 });
  }
  return {
    words: words + 8,
    constants: TABLE_WRITER,
    init: (plain) => makeTable(plain, shape),
    threads,
    check: (ended) => {
      const told = ended.flatMap(({ seen }) => seen);
      if (told.includes(TORN)) return "a value was not whole";
      if (told.includes(STALE)) return "a value was too old";
      return told.includes(LOST) ? "a value was not found" : undefined;
    },
  };
}

/** The words at `ghosts` say what each key has had for certain, outside. */
function changes(
  words: Words,
  { mark, op }: Teller,
  writer: TableWriter,
  given: TableCase,
  ghosts: number,
  first: number,
): void {
  for (const [index, [what, key]] of given.changes.entries()) {
    mark("change", inside(writer), first, index);
    const value = first + index;
    const keys = Int32Array.of(key);
    if (what === "delete") {
      words.store(ghosts + key, 0);
      op("delete", 20, () => writer.delete(keys));
      continue;
    }
    const said = op("set", 20, () =>
      writer.set(keys, 8, (at) => {
        words.set(at, value);
        words.set(at + 1, value);
      }));
    if (said === undefined) words.store(ghosts + key, value);
  }
}

/** A writer's fields, its lists as text. */
function inside(writer: TableWriter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(writer).map(([name, value]) => [name, String(value)]),
  );
}

function looks(
  words: Words,
  { see, mark, op }: Teller,
  reader: TableReader,
  { readers, changes }: TableCase,
  number: number,
  ghosts: number,
  shape: TableShape,
): void {
  const turns = readers[number] ?? [];
  const isKept = (key: number) =>
    !changes.some(([what, of]) => what === "delete" && of === key);
  for (const [turn, keys] of turns.entries()) {
    mark("look", reader, turn);
    const least = keys.map((key) => words.load(ghosts + key));
    op("begin", 2, () => reader.begin());
    const found = keys.map((key) => {
      const accesses = 2 * shape.buckets + 1;
      const at = op("get", accesses, () => reader.get(Int32Array.of(key)));
      return at;
    });
    // Only now, when the writer has had time: all of them are still whole.
    for (const [index, at] of found.entries()) {
      if (at === "corrupt") throw new Error("get says corrupt");
      const before = least[index] ?? 0;
      if (at === "absent") {
        if (before > 0 && isKept(keys[index] ?? 0)) see(LOST);
        continue;
      }
      const value = words.get(at);
      if (value !== words.get(at + 1)) see(TORN);
      if (value < before) see(STALE);
    }
    op("end", 1, () => reader.end());
  }
}
