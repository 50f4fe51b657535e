/**
 * Small snapshots, and everything that can happen to them.
 */
import {
  makeSnapshot,
  SnapshotReader,
  snapshotWords,
  SnapshotWriter,
} from "../snapshot.ts";
import type { Words } from "../words.ts";
import { attached } from "./channel_scenarios.ts";
import type { Scenario, Teller, ThreadPlan } from "./explorer.ts";
import { type MakeTwist, straight } from "./twist.ts";

const OCTETS = 8;
/** Told instead of a version that is not whole, and one that is too old. */
const TORN = -1;
const STALE = -2;

export interface SnapshotCase {
  readonly readers: number;
  readonly publishes: number;
  readonly reads: number;
  readonly writer?: MakeTwist;
  readonly reader?: MakeTwist;
  /** The writer dies somewhere, and its successor publishes as many. */
  readonly writerDies?: boolean;
  /** The first reader dies somewhere, and its successor reads as often. */
  readonly readerDies?: boolean;
}

export function snapshots(given: SnapshotCase): Scenario {
  const { readers, writer = straight, reader = straight } = given;
  const words = snapshotWords(readers, OCTETS);
  // Outside: the newest version that was published for certain.
  const published = words;
  const write =
    (generation: number, before: number): ThreadPlan["run"] =>
    (plain, teller) => {
      const memory = writer(plain);
      const found = SnapshotWriter.attach(memory, generation, before);
      // Who died before it had attached left the end free.
      const end = attached(
        found === "held" ? SnapshotWriter.attach(memory, generation) : found,
      );
      writes(memory, teller, end, given, published);
    };
  const read = (
    number: number,
    generation: number,
    before: number,
  ): ThreadPlan["run"] =>
  (plain, teller) => {
    const memory = reader(plain);
    const found = SnapshotReader.attach(memory, number, generation, before);
    const end = attached(
      found === "held"
        ? SnapshotReader.attach(memory, number, generation)
        : found,
    );
    reads(memory, teller, end, given, published);
  };
  const threads: ThreadPlan[] = [
    { name: "writer", run: write(1, 0), mortal: given.writerDies === true },
  ];
  for (let r = 0; r < readers; r++) {
    const mortal = given.readerDies === true && r === 0;
    threads.push({ name: `reader ${r}`, run: read(r, 1, 0), mortal });
  }
  if (given.writerDies) {
    threads.push({ name: "next writer", run: write(2, 1), after: 0 });
  }
  if (given.readerDies) {
    threads.push({ name: "next reader", run: read(0, 2, 1), after: 1 });
  }
  return {
    words: words + 1,
    constants: 3,
    init: (plain) => makeSnapshot(plain, readers, OCTETS),
    threads,
    check: (ended) => {
      const told = ended.flatMap(({ seen }) => seen);
      if (told.includes(TORN)) return "a version was not whole";
      return told.includes(STALE) ? "a version was too old" : undefined;
    },
  };
}

function writes(
  words: Words,
  { op, mark }: Teller,
  writer: SnapshotWriter,
  { publishes, readers }: SnapshotCase,
  published: number,
): void {
  for (let i = 0; i < publishes; i++) {
    mark("write", writer, i);
    const at = op("begin", readers, () => writer.begin());
    if (at === "corrupt") throw new Error("begin says corrupt");
    const version = writer.version + 1;
    words.set(at, version);
    words.set(at + 1, version);
    const accesses = 3 + (readers + 1) * (2 + readers);
    const said = op("publish", accesses, () => writer.publish(OCTETS));
    if (said !== undefined) throw new Error(said);
    words.store(published, version);
  }
}

function reads(
  words: Words,
  { see, op, mark }: Teller,
  reader: SnapshotReader,
  { reads }: SnapshotCase,
  published: number,
): void {
  let newest = 0;
  for (let i = 0; i < reads; i++) {
    mark("read", reader, i, newest);
    const least = words.load(published);
    const at = op("read", 5, () => reader.read());
    if (at === "corrupt") throw new Error("read says corrupt");
    const { version } = reader;
    if (version < least || version < newest) see(STALE);
    newest = version;
    if (version === 0) continue;
    if (words.get(at) !== version || words.get(at + 1) !== version) see(TORN);
  }
}
