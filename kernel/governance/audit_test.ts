/** The audit log: chain, torn tails, breaks with their place, failing disks. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import { TestClock } from "effect/testing";
import { concatOctets, digestOf, toHex, Writer } from "../crypto/mod.ts";
import { seeded } from "../crypto/test_chance.ts";
import {
  AUDIT_REFUSALS_PER_WINDOW,
  AUDIT_TEXT_OCTETS_MAX,
  type AuditKind,
  type AuditStorage,
  encodeHead,
  NO_HEAD,
  openAudit,
  readAudit,
  renderRecord,
  sealRecord,
  StorageFailed,
  verifyAudit,
} from "./mod.ts";

/** A file in memory that can be told to fail half-way. */
class MemoryFile {
  octets: Uint8Array = new Uint8Array();
  head: Uint8Array | undefined;
  failAfter: number | undefined;

  readonly storage: AuditStorage = {
    readAll: Effect.sync(() => this.octets.slice()),
    append: (octets) =>
      Effect.suspend(() => {
        const written = octets.slice(0, this.failAfter ?? octets.length);
        this.octets = concatOctets([this.octets, written]);
        return this.failAfter === undefined
          ? Effect.void
          : new StorageFailed({ what: "appending", reason: "no space" });
      }),
    readHead: Effect.sync(() => this.head),
    saveHead: (octets) =>
      Effect.sync(() => {
        this.head = octets.slice();
      }),
    cut: (octets) =>
      Effect.sync(() => {
        this.octets = this.octets.slice(0, octets);
      }),
  };
}

const run = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.runPromise(Effect.provide(effect, TestClock.layer()));

const KINDS: readonly AuditKind[] = [
  "received",
  "executing",
  "executed",
  "rolled-back",
  "cell-fault",
  "key-made",
];

async function filled(): Promise<MemoryFile> {
  const file = new MemoryFile();
  await run(Effect.gen(function* () {
    const log = yield* openAudit(file.storage, { version: "1" });
    for (const kind of KINDS) yield* log.append(kind, { cell: kind, n: "κ" });
  }));
  return file;
}

Deno.test("records come back in order, chained, with their facts", async () => {
  const file = await filled();
  const read = Result.getOrThrow(readAudit(file.octets));
  deepStrictEqual(read.records.map(({ kind }) => kind), ["boot", ...KINDS]);
  deepStrictEqual(read.records.map(({ sequence }) => Number(sequence)), [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
  ]);
  deepStrictEqual(read.records[1]?.facts, { cell: "received", n: "κ" });
  strictEqual(read.tornOctets, 0);
  match(
    renderRecord(read.records[0]!),
    /^#0 1970-01-01T00:00:00.000Z boot version="1"$/,
  );
});

Deno.test("a second boot goes on with the chain", async () => {
  const file = await filled();
  const before = file.octets.length;
  await run(Effect.gen(function* () {
    const log = yield* openAudit(file.storage, {});
    yield* log.append("executed", {});
    const records = yield* log.records;
    strictEqual(records.length, KINDS.length + 3);
    const last = Result.getOrThrow(readAudit(file.octets));
    strictEqual(toHex(yield* log.head), toHex(last.head));
  }));
  ok(file.octets.length > before);
});

Deno.test("a tail torn anywhere is cut, noted, and the rest stays", async () => {
  const file = await filled();
  const whole = file.octets;
  const { records } = Result.getOrThrow(readAudit(whole));
  for (let length = 1; length < whole.length; length += 7) {
    const torn = new MemoryFile();
    torn.octets = whole.slice(0, length);
    const { goodOctets, tornOctets } = Result.getOrThrow(
      readAudit(torn.octets),
    );
    strictEqual(goodOctets + tornOctets, length);
    await run(openAudit(torn.storage, {}));
    const again = Result.getOrThrow(readAudit(torn.octets));
    const kept = again.records.slice(0, -1);
    deepStrictEqual(kept, records.slice(0, kept.length));
    const note = again.records.at(-1)?.facts["torn-tail"];
    if (tornOctets === 0) strictEqual(note, undefined);
    else match(note ?? "", new RegExp(`^${tornOctets} octets cut at octet`));
  }
});

Deno.test("sectors that never reached the disk count as torn", async () => {
  const { octets } = await filled();
  const { head, records } = Result.getOrThrow(readAudit(octets));
  const last = sealRecord(head, {
    sequence: BigInt(records.length),
    timeMs: 0n,
    kind: "executed",
    facts: { a: "b" },
  }).octets;
  const unwritten = last.slice();
  unwritten.fill(0, last.length - 32);
  for (const tail of [unwritten, new Uint8Array(last.length)]) {
    const read = Result.getOrThrow(readAudit(concatOctets([octets, tail])));
    strictEqual(read.tornOctets, tail.length);
    strictEqual(read.records.length, records.length);
  }
});

Deno.test("every changed octet is a break at its record, or at a torn end", () =>
  seeded(31, async (chance) => {
    const { octets } = await filled();
    const { records } = Result.getOrThrow(readAudit(octets));
    for (let at = 0; at < octets.length; at += 1) {
      const changed = octets.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 + chance.below(255));
      const read = readAudit(changed);
      ok(Result.isFailure(read), `octet ${at}`);
      ok(read.failure.offset <= at, `octet ${at}`);
      ok(read.failure.sequence < records.length);
      const opened = await run(
        Effect.flip(openAudit(storageOf(changed), {})),
      );
      strictEqual(opened._tag, "AuditBroken");
    }
  }));

function storageOf(octets: Uint8Array): AuditStorage {
  const file = new MemoryFile();
  file.octets = octets;
  return file.storage;
}

Deno.test("dropped, doubled and swapped records are breaks", async () => {
  const { octets } = await filled();
  const ends: number[] = [0];
  for (let at = 0; at < octets.length;) {
    const length = new DataView(octets.buffer, octets.byteOffset + at)
      .getUint32(0, true);
    at += 8 + length + 32;
    ends.push(at);
  }
  const part = (index: number) => octets.slice(ends[index], ends[index + 1]);
  const parts = ends.slice(0, -1).map((_, index) => part(index));
  const cases: ReadonlyArray<[string, Uint8Array[]]> = [
    ["first dropped", parts.slice(1)],
    ["one dropped", parts.toSpliced(2, 1)],
    ["one doubled", parts.toSpliced(2, 0, part(2))],
    ["two swapped", parts.with(2, part(3)).with(3, part(2))],
  ];
  ok(Result.isSuccess(readAudit(concatOctets(parts))), "control");
  for (const [name, order] of cases) {
    ok(Result.isFailure(readAudit(concatOctets(order))), name);
  }
});

Deno.test("random octets are torn or broken, never thrown at", () =>
  seeded(32, (chance) => {
    for (let round = 0; round < 300; round += 1) {
      const read = readAudit(chance.octets(chance.below(200)));
      if (Result.isSuccess(read)) strictEqual(read.success.records.length, 0);
    }
  }));

Deno.test("after a failed append the next one leaves no gap", async () => {
  const file = new MemoryFile();
  await run(Effect.gen(function* () {
    const log = yield* openAudit(file.storage, {});
    file.failAfter = 11;
    const failed = yield* Effect.flip(log.append("received", { a: "1" }));
    strictEqual(failed._tag, "StorageFailed");
    file.failAfter = undefined;
    yield* log.append("received", { a: "2" });
    const records = yield* log.records;
    deepStrictEqual(records.map(({ facts }) => facts), [{}, { a: "2" }]);
  }));
});

Deno.test("a long text is cut between characters", async () => {
  const file = new MemoryFile();
  const long = "κ".repeat(AUDIT_TEXT_OCTETS_MAX);
  await run(Effect.gen(function* () {
    const log = yield* openAudit(file.storage, { long });
    const [record] = yield* log.records;
    match(record?.facts["long"] ?? "", /^κ+…$/);
  }));
});

Deno.test("refusals are limited per minute, and counted", async () => {
  const file = new MemoryFile();
  await run(Effect.gen(function* () {
    const log = yield* openAudit(file.storage, {});
    for (let n = 0; n < AUDIT_REFUSALS_PER_WINDOW + 10; n += 1) {
      yield* log.append("refused", {});
    }
    yield* log.append("executed", {});
    yield* TestClock.adjust("2 minutes");
    yield* log.append("refused", {});
    const records = yield* log.records;
    strictEqual(records.length, 1 + AUDIT_REFUSALS_PER_WINDOW + 2);
    strictEqual(records.at(-1)?.facts["refusals-left-out"], "10");
  }));
});

Deno.test("a log that lacks its last records is noticed, each cut of it", async () => {
  const file = await filled();
  const { octets, head } = file;
  ok(Result.isSuccess(verifyAudit(octets, head)), "control");
  const whole = Result.getOrThrow(readAudit(octets));
  for (let kept = 0; kept < octets.length; kept += 1) {
    const verdict = verifyAudit(octets.slice(0, kept), head);
    ok(Result.isFailure(verdict), `${kept} octets`);
    match(verdict.failure.message, /7 records were noted.* cut off/);
  }
  strictEqual(whole.records.length, 7);
  file.octets = octets.slice(0, octets.length - 40);
  const refused = await run(Effect.flip(openAudit(file.storage, {})));
  match(refused.message, /its end was cut off/);
  strictEqual(
    file.octets.length,
    octets.length - 40,
    "nothing was cut or added",
  );
});

Deno.test("a log may be ahead of its head, and never another one", async () => {
  const file = await filled();
  const { hashes } = Result.getOrThrow(readAudit(file.octets));
  for (const [index, hash] of hashes.entries()) {
    const head = encodeHead({ records: BigInt(index + 1), hash });
    ok(Result.isSuccess(verifyAudit(file.octets, head)));
    const other = encodeHead({ records: BigInt(index + 1), hash: hashes[0]! });
    strictEqual(Result.isSuccess(verifyAudit(file.octets, other)), index === 0);
  }
  for (
    const bad of [new Uint8Array(), new Uint8Array(45), file.head!.slice(1)]
  ) {
    ok(Result.isFailure(verifyAudit(file.octets, bad)));
  }
});

Deno.test("a log without a head goes on, and says so", async () => {
  const file = await filled();
  file.head = undefined;
  const log = await run(openAudit(file.storage, {}));
  const last = (await run(log.records)).at(-1);
  match(last?.facts["head"] ?? "", /was not there/);
  ok(file.head !== undefined);
});

/** A record around a payload that no writer makes, its hashes right. */
function sealedPayload(payload: Uint8Array): Uint8Array {
  const length = new Writer().u32(payload.length).done();
  const check = digestOf(concatOctets([NO_HEAD, length])).slice(0, 4);
  const front = concatOctets([length, check, payload]);
  return concatOctets([front, digestOf(concatOctets([NO_HEAD, front]))]);
}

Deno.test("facts that are never written are not read", () => {
  const reading = (name: string, text: string) =>
    readAudit(sealedPayload(
      new Writer().u64(0n).u64(0n).u8(1).u8(1).u8(name.length).text(name)
        .u16(text.length).text(text).done(),
    ));
  const good = Result.getOrThrow(reading("cell", "rank"));
  deepStrictEqual(good.records[0]?.facts, { cell: "rank" });
  const bad: readonly [string, string][] = [
    ["n".repeat(33), ""],
    ["", ""],
    // As a member of an object it would come before all others.
    ["7", ""],
    ["cell", "x".repeat(AUDIT_TEXT_OCTETS_MAX + 1)],
  ];
  for (const [name, text] of bad) {
    const read = reading(name, text);
    ok(Result.isFailure(read), name);
    strictEqual(read.failure.sequence, 0);
  }
});
