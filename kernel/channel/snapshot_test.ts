import { ok, strictEqual, throws } from "node:assert/strict";
import {
  CURRENT,
  HELD,
  makeSnapshot,
  SnapshotReader,
  snapshotWords,
  SnapshotWriter,
} from "./snapshot.ts";
import { chance, HostileWords } from "./testing/hostile_words.ts";
import { SharedWords } from "./words.ts";

const READERS = 2;
const OCTETS = 8;

function memory(): SharedWords {
  const octets = snapshotWords(READERS, OCTETS) * 4;
  const words = new SharedWords(new SharedArrayBuffer(octets));
  makeSnapshot(words, READERS, OCTETS);
  return words;
}

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(end);
  return end;
}

function publish(words: SharedWords, writer: SnapshotWriter, value: number) {
  words.set(writer.begin() as number, value);
  strictEqual(writer.publish(4), undefined);
}

Deno.test("a reader gets the newest version, and keeps it whole", () => {
  const words = memory();
  const writer = attached(SnapshotWriter.attach(words, 1));
  const slow = attached(SnapshotReader.attach(words, 0, 1));
  const quick = attached(SnapshotReader.attach(words, 1, 1));
  strictEqual(typeof slow.read(), "number");
  strictEqual(slow.version, 0);
  strictEqual(slow.length, 0);
  publish(words, writer, 100);
  const kept = slow.read() as number;
  strictEqual(slow.version, 1);
  for (let version = 2; version < 50; version++) {
    publish(words, writer, version);
    const at = quick.read() as number;
    strictEqual(words.get(at), version);
    strictEqual(quick.version, version);
    strictEqual(words.get(kept), 100, "what is held does not change");
  }
  strictEqual(words.get(slow.read() as number), 49);
  strictEqual(slow.read(), slow.read(), "the same version, the same place");
});

Deno.test("successors go on; what was not published was never there", () => {
  const words = memory();
  const writer = attached(SnapshotWriter.attach(words, 1));
  publish(words, writer, 7);
  words.set(writer.begin() as number, 8);
  strictEqual(SnapshotWriter.attach(words, 2), "held");
  const next = attached(SnapshotWriter.attach(words, 2, 1));
  strictEqual(next.version, 1);
  const reader = attached(SnapshotReader.attach(words, 0, 1));
  strictEqual(words.get(reader.read() as number), 7);
  strictEqual(SnapshotReader.attach(words, 0, 2), "held");
  publish(words, next, 9);
  const other = attached(SnapshotReader.attach(words, 0, 2, 1));
  strictEqual(words.get(other.read() as number), 9);
  strictEqual(other.version, 2);
});

Deno.test("what is wrong is refused", () => {
  const words = memory();
  const empty = new SharedWords(new SharedArrayBuffer(4096));
  strictEqual(SnapshotWriter.attach(empty, 1), "not-a-snapshot");
  throws(() => SnapshotReader.attach(words, READERS, 1), RangeError);
  throws(() => makeSnapshot(words, 25, 8), RangeError);
  throws(() => makeSnapshot(words, READERS, 2 ** 20), RangeError);
  const writer = attached(SnapshotWriter.attach(words, 1));
  const reader = attached(SnapshotReader.attach(words, 0, 1));
  throws(() => writer.publish(4), RangeError, "nothing was begun");
  writer.begin();
  throws(() => writer.publish(OCTETS + 1), RangeError);
  words.store(CURRENT, 99 << 24);
  strictEqual(reader.read(), "corrupt");
  strictEqual(writer.publish(4), "corrupt");
  strictEqual(writer.begin(), "corrupt");
  words.store(1, 1_000);
  strictEqual(SnapshotReader.attach(words, 1, 1), "corrupt");
});

Deno.test("readers that lie about what they hold cost no more than buffers", () => {
  const words = memory();
  const writer = attached(SnapshotWriter.attach(words, 1));
  for (const lie of [1, 2, 3, 4, 5, 31, 32, 33, -1, 2 ** 31 - 1]) {
    for (let r = 0; r < READERS; r++) words.store(HELD + r, lie - r);
    publish(words, writer, lie);
  }
  strictEqual(writer.version, 10);
});

Deno.test("a lying peer gets no access outside, and no endless loop", () => {
  const seed = 0x5eed;
  for (let round = 0; round < 2_000; round++) {
    const below = chance(seed + round);
    const words = new HostileWords(
      new Int32Array(snapshotWords(READERS, OCTETS)),
      below,
    );
    makeSnapshot(words, READERS, OCTETS);
    const writer = attached(SnapshotWriter.attach(words, 1));
    const reader = attached(SnapshotReader.attach(words, 1, 1));
    words.lies = 2 + below(30);
    for (let step = 0; step < 40; step++) {
      const before = words.accesses;
      const at = below(2) === 0 ? reader.read() : writer.begin();
      if (typeof at === "number") words.get(at + (OCTETS >> 2) - 1);
      if (writer.fault === undefined && writer.begin() !== "corrupt") {
        writer.publish(OCTETS);
      }
      ok(words.accesses - before < 40, `seed ${seed + round}`);
    }
  }
});
