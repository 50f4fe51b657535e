/**
 * Rings and lanes: octets, bounds, and two threads that race for requests.
 *
 * Plan: records of every length come out whole over the seam of the ring; a full
 * ring refuses; a length that cannot be is noticed; a lane sets room for answers
 * aside; what is told is never lost; a withdrawn request never begins, with the
 * driver on another thread, and each accepted one is answered or withdrawn, once.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { CallerLane, DriverLane, Lanes, REQUEST } from "./lanes.ts";
import { Patience } from "./patience.ts";
import { Ring, RingBroken } from "./ring.ts";
import { type RacerStart, STOP } from "./testing/racer_worker.ts";

const PATIENT_MS = 60_000;
const octetsOf = (length: number, first: number) =>
  Uint8Array.from({ length }, (_, at) => first + at & 0xff);

function ring(capacity: number): Ring {
  return new Ring(new SharedArrayBuffer(Ring.octets(capacity)), 0, capacity);
}

Deno.test("hal/submission: records come out whole and in order, over every seam", () => {
  const one = ring(64);
  strictEqual(one.take(), undefined);
  for (let round = 0; round < 500; round++) {
    const lengths = [round % 21, (round * 7) % 15];
    for (const length of lengths) ok(one.put(octetsOf(length, round)));
    for (const length of lengths) {
      deepStrictEqual(one.take(), octetsOf(length, round), `round ${round}`);
    }
    strictEqual(one.take(), undefined);
  }
});

/** An empty ring begins anew: a record that stays makes the others go round. */
Deno.test("hal/submission: the same with a record that waits, in room of the reader's", () => {
  const one = ring(64);
  const room = new Uint8Array(12);
  ok(one.put(octetsOf(3, 0)));
  for (let round = 1; round < 500; round++) {
    ok(one.put(octetsOf(round % 17, round), octetsOf(round % 4, round + 9)));
    const want = round === 1 ? octetsOf(3, 0) : Uint8Array.of(
      ...octetsOf((round - 1) % 17, round - 1),
      ...octetsOf((round - 1) % 4, round + 8),
    );
    const record = one.take(room);
    deepStrictEqual(record, want, `round ${round}`);
    const fits = want.length <= room.length;
    strictEqual(record?.buffer === room.buffer, fits);
  }
});

Deno.test("hal/submission: records lie at multiples of eight, from the beginning on", () => {
  const memory = new SharedArrayBuffer(Ring.octets(64));
  const one = new Ring(memory, 0, 64);
  const seen = new Uint8Array(memory, 16);
  for (let round = 1; round < 9; round++) {
    ok(one.put(octetsOf(round, round)));
    ok(one.put(octetsOf(1, 100)));
    deepStrictEqual([seen[0], seen[8], seen[24]], [round, round, 100]);
    ok(one.take() !== undefined && one.take() !== undefined);
  }
});

Deno.test("hal/submission: who looks in vain sleeps the next times, until it pays", () => {
  const patience = new Patience();
  let asked = 0;
  const never = () => ++asked < 0;
  const tries: boolean[] = [];
  for (let i = 0; i < 8; i++) {
    const before = asked;
    strictEqual(patience.looks(never), false);
    tries.push(asked > before);
  }
  const [yes, no] = [true, false];
  deepStrictEqual(tries, [yes, no, yes, no, no, yes, no, no]);
  while (!patience.looks(() => true));
  strictEqual(patience.looks(() => true), true);
});

Deno.test("hal/submission: a full ring refuses and keeps what it has", () => {
  const one = ring(64);
  ok(one.put(octetsOf(10, 1), octetsOf(10, 11)));
  strictEqual(one.put(octetsOf(25, 0)), false);
  ok(one.put(octetsOf(24, 0)));
  strictEqual(one.put(new Uint8Array()), false);
  deepStrictEqual(one.take(), octetsOf(20, 1));
  for (const capacity of [0, 4, 48, 2 ** 31]) {
    throws(() => Ring.octets(capacity), RangeError);
  }
});

Deno.test("hal/submission: a length that cannot be is noticed", () => {
  const memory = new SharedArrayBuffer(Ring.octets(64));
  const one = new Ring(memory, 0, 64);
  for (const length of [61, 9, 2 ** 31, 0xffff_ffff]) {
    ok(one.put(octetsOf(8, 0)));
    // Behind the control words, where this record begins.
    new DataView(memory).setUint32(16, length, true);
    throws(() => one.take(), RingBroken);
    new DataView(memory).setUint32(16, 8, true);
    deepStrictEqual(one.take(), octetsOf(8, 0));
  }
});

const SIZES = { slots: 4, requests: 512, answers: 512, told: 64 };

function lanes() {
  const both = Lanes.make(SIZES);
  return { caller: new CallerLane(both), driver: new DriverLane(both) };
}

const asking = (octets: number, answerOctets = 8) => ({
  body: octetsOf(octets, 0),
  answerOctets,
});

Deno.test("hal/submission: room for the answer is set aside with the request", () => {
  const { caller, driver } = lanes();
  ok(caller.ask(1n, asking(8, 200)));
  strictEqual(caller.ask(2n, asking(8, 230)), false);
  ok(caller.ask(2n, asking(8, 150)));
  strictEqual(caller.ask(3n, asking(8, 100)), false);
  for (const [ticket, length] of [[1n, 200], [2n, 150]] as const) {
    const record = driver.next();
    ok(record !== undefined && driver.begin(record));
    strictEqual(record.ticket, ticket);
    driver.answer(ticket, octetsOf(length, 0));
  }
  throws(() => {
    for (let i = 0; i < 20; i++) driver.tell(2, 0n, octetsOf(40, 0));
  }, /no room/);
  strictEqual(caller.receive()?.ticket, 1n);
  ok(caller.ask(3n, asking(8, 100)));
});

Deno.test("hal/submission: what is told waits for room, and comes in order", () => {
  const { caller, driver } = lanes();
  for (let i = 0; i < 50; i++) caller.tell(7, BigInt(i), octetsOf(16, i));
  strictEqual(caller.ask(99n, asking(8)), false);
  const seen: bigint[] = [];
  for (let look = 0; look < 100; look++) {
    const record = driver.next();
    if (record === undefined) caller.receive();
    else {
      strictEqual(record.kind, 7);
      seen.push(record.ticket);
    }
  }
  deepStrictEqual(seen, Array.from({ length: 50 }, (_, i) => BigInt(i)));
  ok(caller.ask(99n, asking(8)));
});

Deno.test("hal/submission: a slot that was withdrawn and is used again begins once", () => {
  const { caller, driver } = lanes();
  for (let ticket = 1n; ticket < 9n; ticket++) {
    ok(caller.ask(ticket, asking(8)));
    ok(caller.withdraw(ticket));
    strictEqual(caller.withdraw(ticket), false);
  }
  ok(caller.ask(9n, asking(8)));
  const begun: bigint[] = [];
  for (let record = driver.next(); record; record = driver.next()) {
    if (driver.begin(record)) begun.push(record.ticket);
    strictEqual(driver.begin(record), false);
  }
  deepStrictEqual(begun, [9n]);
});

Deno.test("hal/submission: two threads race for requests, and one of them wins each", () => {
  const sizes = { slots: 16, requests: 4096, answers: 4096, told: 512 };
  const both = Lanes.make(sizes);
  const worker = new Worker(
    new URL("testing/racer_worker.ts", import.meta.url),
    { type: "module", deno: { permissions: "none" } },
  );
  const start: RacerStart = { memory: both.memory, sizes };
  worker.postMessage(start);
  const caller = new CallerLane(both);
  const open = new Set<bigint>();
  const ends = { withdrawn: 0, answered: 0 };
  const begun = performance.now();
  const receive = () => {
    for (let record = caller.receive(); record; record = caller.receive()) {
      strictEqual(record.kind, REQUEST);
      ok(open.delete(record.ticket), `${record.ticket} was answered twice`);
      deepStrictEqual(
        record.body,
        octetsOf(24, Number(record.ticket)).toReversed(),
      );
      ends.answered += 1;
    }
  };
  const wanted = 20_000n;
  for (let ticket = 1n; ticket <= wanted;) {
    const body = octetsOf(24, Number(ticket));
    if (caller.ask(ticket, { body, answerOctets: 24 })) {
      open.add(ticket);
      // Sooner or later than the other thread begins it.
      for (let spin = Number(ticket * 7n % 400n); spin > 0; spin--);
      if (ticket % 3n === 0n && caller.withdraw(ticket)) {
        open.delete(ticket);
        ends.withdrawn += 1;
      }
      ticket += 1n;
    } else caller.wait(1000);
    receive();
    ok(performance.now() - begun < PATIENT_MS, "stuck");
  }
  while (open.size > 0 && performance.now() - begun < PATIENT_MS) {
    caller.wait(1000);
    receive();
  }
  caller.tell(STOP, 0n, new Uint8Array());
  worker.terminate();
  strictEqual(open.size, 0);
  strictEqual(ends.withdrawn + ends.answered, Number(wanted));
});
