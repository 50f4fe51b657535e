import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  CAPACITY,
  channelWords,
  HEAD,
  makeChannel,
  recordOctetsMax,
  TAIL,
} from "./channel.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { chance, HostileWords } from "./testing/hostile_words.ts";
import { SharedWords, type Words } from "./words.ts";

const CAPACITY_OCTETS = 256;

function memory(capacity = CAPACITY_OCTETS): SharedWords {
  const octets = channelWords(capacity) * 4;
  const words = new SharedWords(new SharedArrayBuffer(octets));
  makeChannel(words, capacity);
  return words;
}

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(end);
  return end;
}

function ends(words: Words): { sender: Sender; receiver: Receiver } {
  return {
    sender: attached(Sender.attach(words, 1)),
    receiver: attached(Receiver.attach(words, 1)),
  };
}

const octets = (...values: number[]) => Uint8Array.from(values);

Deno.test("what is sent is received, in order, of any length", () => {
  const { sender, receiver } = ends(memory());
  const into = new Uint8Array(sender.lengthMax);
  strictEqual(sender.lengthMax, recordOctetsMax(CAPACITY_OCTETS));
  strictEqual(receiver.receive(into), "empty");
  // Every length at every place of the ring, control and all.
  for (let length = 0; length <= sender.lengthMax; length++) {
    const message = new Uint8Array(length).fill(length);
    strictEqual(sender.send(message), undefined);
    deepStrictEqual(receiver.receive(into), message);
    receiver.release();
  }
  strictEqual(sender.send(new Uint8Array(sender.lengthMax + 1)), "too-long");
});

Deno.test("full and empty are answers, and have no effect", () => {
  const { sender, receiver } = ends(memory());
  const into = new Uint8Array(100);
  let sent = 0;
  while (sender.send(octets(sent)) === undefined) sent++;
  strictEqual(sent, CAPACITY_OCTETS / 16);
  strictEqual(sender.send(octets(99)), "full");
  for (let at = 0; at < sent; at++) {
    deepStrictEqual(receiver.receive(into), octets(at));
  }
  strictEqual(receiver.receive(into), "empty");
  strictEqual(sender.send(octets(99)), "full", "taken is not released");
  receiver.release();
  strictEqual(sender.send(octets(99)), undefined);
});

Deno.test("a batch is there at once, and not before", () => {
  const words = memory();
  const { sender, receiver } = ends(words);
  for (const value of [1, 2, 3]) {
    words.set(sender.reserve(4) as number, value);
    strictEqual(receiver.next(), "empty");
  }
  sender.commit();
  for (const value of [1, 2, 3]) {
    strictEqual(words.get(receiver.next() as number), value);
  }
});

Deno.test("a closed channel gives what is in it first", () => {
  const { sender, receiver } = ends(memory());
  sender.send(octets(1));
  sender.close();
  strictEqual(sender.send(octets(2)), "closed");
  deepStrictEqual(receiver.receive(new Uint8Array(8)), octets(1));
  strictEqual(receiver.next(), "closed");
});

Deno.test("a sender learns that the receiver closed", () => {
  const { sender, receiver } = ends(memory());
  receiver.close();
  strictEqual(sender.send(octets(1)), undefined, "it learns by this one");
  strictEqual(sender.send(octets(2)), "closed");
});

Deno.test("an end has one holder; a successor names who was before", () => {
  const words = memory();
  const { sender, receiver } = ends(words);
  strictEqual(Sender.attach(words, 2), "held");
  strictEqual(Receiver.attach(words, 2, 7), "held");
  sender.send(octets(1));
  sender.reserve(4);
  const next = attached(Sender.attach(words, 2, 1));
  next.send(octets(2));
  receiver.detach();
  strictEqual(receiver.next(), "closed");
  const other = attached(Receiver.attach(words, 2));
  const into = new Uint8Array(8);
  deepStrictEqual(other.receive(into), octets(1));
  deepStrictEqual(other.receive(into), octets(2));
  strictEqual(other.receive(into), "empty", "uncommitted was never sent");
});

Deno.test("what was not released comes again, unless it was done", () => {
  const words = memory();
  const { sender, receiver } = ends(words);
  for (const value of [1, 2, 3]) sender.send(octets(value));
  const into = new Uint8Array(8);
  receiver.receive(into);
  receiver.release();
  receiver.receive(into);
  const { done } = receiver;
  const again = attached(Receiver.attach(words, 2, 1));
  deepStrictEqual(again.receive(into), octets(2));
  const once = attached(Receiver.attach(words, 3, 2, undefined, done));
  deepStrictEqual(once.receive(into), octets(3));
  strictEqual(once.position, done);
  const lost = attached(Receiver.attach(words, 4, 3, undefined, done + 4));
  strictEqual(lost.next(), "corrupt");
});

Deno.test("memory that is no channel is refused", () => {
  const words = memory();
  const empty = new SharedWords(new SharedArrayBuffer(4096));
  strictEqual(Sender.attach(empty, 1), "not-a-channel");
  strictEqual(Sender.attach(words, 1, 0, [1]), "other-type");
  const tiny = new SharedWords(new SharedArrayBuffer(8));
  strictEqual(Receiver.attach(tiny, 1), "not-a-channel");
  for (const capacity of [0, -8, 48, 2 ** 30, 512]) {
    words.store(CAPACITY, capacity);
    strictEqual(Receiver.attach(words, 1), "corrupt", String(capacity));
  }
  words.store(CAPACITY, CAPACITY_OCTETS);
  words.store(TAIL, 4);
  strictEqual(Receiver.attach(words, 1), "corrupt");
  words.store(TAIL, 0);
  ok(Receiver.attach(words, 1) instanceof Receiver, "the control");
  for (const capacity of [0, 32, 100, 2 ** 29]) {
    throws(() => makeChannel(words, capacity), RangeError);
  }
});

Deno.test("positions that are impossible end an end, with the reason", () => {
  for (const lie of [-8, 4, CAPACITY_OCTETS + 8, 2 ** 31 - 8]) {
    const words = memory();
    const { sender, receiver } = ends(words);
    words.store(TAIL, lie);
    strictEqual(receiver.next(), "corrupt");
    ok(receiver.fault?.includes(String(lie)));
    words.store(HEAD, lie);
    while (sender.reserve(8) !== "corrupt");
    strictEqual(sender.reserve(0), "corrupt");
  }
});

Deno.test("a lying peer gets no access outside, and no endless loop", () => {
  const seed = 0x5eed;
  for (let round = 0; round < 3_000; round++) {
    const below = chance(seed + round);
    const capacity = 64 << below(3);
    const words = new HostileWords(
      new Int32Array(channelWords(capacity)),
      below,
    );
    makeChannel(words, capacity);
    const { sender, receiver } = ends(words);
    words.lies = 2 + below(30);
    const into = new Uint8Array(recordOctetsMax(capacity));
    for (let step = 0; step < 60; step++) {
      const before = words.accesses;
      const length = below(into.length + 2);
      if (below(2) === 0) sender.send(into.subarray(0, length));
      else receiver.receive(into);
      if (below(3) === 0) receiver.release();
      ok(words.accesses - before < 20, `seed ${seed + round}`);
    }
  }
});

Deno.test("a sleeping receiver on the main thread is woken", async () => {
  const { sender, receiver } = ends(memory());
  const slept = receiver.sleepAsync(1_000);
  sender.send(octets(1));
  await slept;
  strictEqual(typeof receiver.next(), "number");
});

Deno.test("asleep or not: with something there it does not sleep", async () => {
  const { sender, receiver } = ends(memory());
  sender.send(octets(1));
  receiver.sleep(1_000);
  await receiver.sleepAsync(1_000);
  strictEqual(typeof receiver.next(), "number");
  sender.close();
  receiver.release();
  strictEqual(receiver.next(), "closed");
  receiver.sleep(1_000);
});
