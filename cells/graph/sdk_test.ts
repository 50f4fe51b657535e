/** BLAKE3 and the tables that the cell stands on, by themselves. */
import { blake3 } from "@noble/hashes/blake3.js";
import assert from "node:assert/strict";
import { seeded } from "../../conformance/sim/block_device.ts";
import { compileHarness } from "./testing/asc_harness.ts";

/** Lengths around every border of blocks, chunks and subtrees. */
const LENGTHS = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  15,
  16,
  17,
  31,
  32,
  33,
  63,
  64,
  65,
  66,
  127,
  128,
  129,
  191,
  192,
  193,
  1023,
  1024,
  1025,
  1087,
  2047,
  2048,
  2049,
  3072,
  3073,
  4095,
  4096,
  4097,
  5119,
  5120,
  5121,
  6144,
  6145,
  7168,
  7169,
  8191,
  8192,
  8193,
  9216,
  16384,
  16385,
  31744,
  31745,
  102400,
  1048576,
];

interface Blake3Harness {
  readonly memory: WebAssembly.Memory;
  allocate(octets: number): number;
  hashOne(from: number, length: number, to: number): void;
  hashMany(from: number, lengths: number, count: number, to: number): void;
  hashInPieces(from: number, length: number, piece: number, to: number): number;
}

Deno.test("sdk: BLAKE3 is BLAKE3", async (t) => {
  const module = await compileHarness("cells/graph/assembly/harness/blake3.ts");
  const { memory, ...harness } = module as unknown as Blake3Harness;
  const room = Math.max(...LENGTHS);
  const input = harness.allocate(room);
  const output = harness.allocate(32 * LENGTHS.length);
  const lengths = harness.allocate(4 * LENGTHS.length);
  const octets = () => new Uint8Array(memory.buffer);
  // The input of the official test vectors.
  for (let i = 0; i < room; i++) octets()[input + i] = i % 251;
  const wanted = (from: number, length: number) =>
    blake3(octets().slice(from, from + length)).toHex();
  const found = (at: number) => octets().slice(at, at + 32).toHex();

  await t.step("the official vectors' first outputs", () => {
    harness.hashOne(input, 0, output);
    assert.equal(
      found(output),
      "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    );
    harness.hashOne(input, 1, output);
    assert.equal(
      found(output),
      "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    );
  });
  await t.step("inputs of every shape, whole and in pieces", () => {
    for (const length of LENGTHS) {
      harness.hashOne(input, length, output);
      assert.equal(found(output), wanted(input, length), `${length} octets`);
      for (const piece of [1, 5000, 1 << 20]) {
        harness.hashInPieces(input, length, piece, output);
        assert.equal(found(output), wanted(input, length), `${length} octets`);
      }
    }
    assert.ok(harness.hashInPieces(input, room, 65536, output) > 10);
  });
  await t.step("many inputs at once, in every mix", () => {
    const random = seeded(5);
    for (let round = 0; round < 200; round++) {
      const some = Array.from(
        { length: Math.floor(random() * 20) },
        () => Math.floor(random() ** 2 * 200),
      );
      new Uint32Array(memory.buffer, lengths, some.length).set(some);
      harness.hashMany(input, lengths, some.length, output);
      let at = input;
      some.forEach((length, i) => {
        assert.equal(found(output + 32 * i), wanted(at, length));
        at += length;
      });
    }
  });
  await t.step("an input at the very end of the memory", () => {
    const end = memory.buffer.byteLength;
    for (const length of [1, 63, 65]) {
      octets().fill(7, end - length, end);
      harness.hashOne(end - length, length, output);
      assert.equal(found(output), wanted(end - length, length));
    }
  });
});

interface TablesHarness {
  readonly memory: WebAssembly.Memory;
  allocate(octets: number): number;
  saltWith(secret: number, length: number): void;
  find(digest: number): number;
  internAll(digests: number, count: number, to: number): void;
  rowAt(row: number): number;
  length(): number;
  cut(length: number): void;
}

const ROWS = 60_000;
const NO_ROW = 0xffffffff;

Deno.test("sdk: an index finds every row, also after its end was cut", async () => {
  const module = await compileHarness("cells/graph/assembly/harness/tables.ts");
  const { memory, ...harness } = module as unknown as TablesHarness;
  const random = seeded(9);
  const digests = Uint32Array.from(
    { length: 8 * ROWS },
    // A third differ in the last word only: the index must look at all of it.
    (_, i) => i % 24 < 7 ? 1 : Math.floor(random() * 2 ** 32),
  );
  const at = harness.allocate(32 * ROWS);
  const to = harness.allocate(4 * ROWS);
  harness.saltWith(at, 32);
  new Uint32Array(memory.buffer, at, digests.length).set(digests);
  const intern = (first: number, count: number) => {
    harness.internAll(at + 32 * first, count, to);
    return [...new Uint32Array(memory.buffer, to, count)];
  };
  const numbers = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => first + i);
  const found = (row: number) => (harness.find(at + 32 * row) >>> 0) - 1;

  assert.deepEqual(intern(0, ROWS), numbers(0, ROWS));
  assert.deepEqual(intern(0, ROWS), numbers(0, ROWS));
  assert.equal(harness.length(), ROWS);
  for (const length of [ROWS - 1, 41_234, 6_500, 1, 0]) {
    harness.cut(length);
    for (let row = 0; row < ROWS; row += 7) {
      assert.equal(found(row), row < length ? row : -1);
    }
  }
  // Numbers come anew, in the new order, into rows that are clean.
  assert.deepEqual(intern(20_000, 30_000), numbers(0, 30_000));
  const row = new Uint32Array(memory.buffer, harness.rowAt(29_999), 16);
  assert.deepEqual([...row.subarray(8)], new Array(8).fill(0));
  assert.deepEqual([...row.subarray(0, 8)], [
    ...digests.subarray(8 * 49_999, 8 * 50_000),
  ]);
  assert.ok(!intern(0, ROWS).includes(NO_ROW));
  assert.equal(harness.length(), ROWS);
});
