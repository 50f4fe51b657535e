/**
 * Where contents are cut, and the tree that checks their ranges, against
 * published vectors: FastCDC's and BLAKE3's own.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { noise, official } from "./testing/apart.ts";
import { compileHarness } from "./testing/asc_harness.ts";

const VECTORS = new URL("../../conformance/vectors/graph/", import.meta.url);
const ROOM = 1 << 20;
const GROUP = 16_384;

interface Harness {
  readonly memory: WebAssembly.Memory;
  allocate(octets: number): number;
  gear(index: number): bigint;
  cutAt(from: number, length: number): number;
  cutWith(
    from: number,
    length: number,
    least: number,
    mean: number,
    most: number,
    below: bigint,
    above: bigint,
  ): number;
  treeOctets(size: number): number;
  treeOf(from: number, size: number, tree: number, root: number): void;
  checks(
    root: number,
    tree: number,
    size: number,
    first: number,
    last: number,
    from: number,
  ): number;
}

interface Cut {
  readonly name: string;
  readonly least: number;
  readonly mean: number;
  readonly most: number;
  readonly below: string;
  readonly above: string;
  readonly cuts: readonly number[];
}

interface Vectors {
  readonly blake3: {
    readonly cases: readonly { length: number; hash: string }[];
  };
  readonly fastcdc: { readonly file: string; readonly cases: readonly Cut[] };
}

Deno.test("chunks: cuts and trees are the published ones", async (t) => {
  const vectors: Vectors = JSON.parse(
    Deno.readTextFileSync(new URL("contents.json", VECTORS)),
  );
  const module = await compileHarness("cells/graph/assembly/harness/chunks.ts");
  const harness = module as unknown as Harness;
  const input = harness.allocate(ROOM);
  const tree = harness.allocate(ROOM);
  const root = harness.allocate(32);
  const octets = (at: number, length: number) =>
    new Uint8Array(harness.memory.buffer, at, length);
  const put = (content: Uint8Array) =>
    octets(input, content.length).set(content);

  await t.step("the Gear table is MD5 of 64 equal octets", () => {
    for (let i = 0; i < 256; i++) {
      const digest = createHash("md5").update(new Uint8Array(64).fill(i))
        .digest();
      const wanted = digest.readBigUInt64BE(0);
      assert.equal(BigInt.asUintN(64, harness.gear(i)), wanted);
    }
  });
  await t.step("FastCDC cuts a picture where fastcdc-rs does", () => {
    const { file, cases } = vectors.fastcdc;
    const picture = Deno.readFileSync(new URL(file, VECTORS));
    put(picture);
    for (const { name, least, mean, most, below, above, cuts } of cases) {
      const found: number[] = [];
      for (let at = 0; at < picture.length;) {
        const length = harness.cutWith(
          input + at,
          picture.length - at,
          least,
          mean,
          most,
          BigInt(`0x${below}`),
          BigInt(`0x${above}`),
        );
        found.push(length);
        at += length;
      }
      assert.deepEqual(found, cuts, name);
    }
    // The numbers of this store: one chunk, as in the case "64k".
    assert.equal(harness.cutAt(input, picture.length), picture.length);
    put(new Uint8Array(ROOM));
    assert.equal(harness.cutAt(input, ROOM), 262_144);
  });
  const treeOf = (content: Uint8Array) => {
    put(content);
    harness.treeOf(input, content.length, tree, root);
    return octets(root, 32).toHex();
  };
  await t.step("the tree's root is the official hash", () => {
    for (const { length, hash } of vectors.blake3.cases) {
      assert.equal(treeOf(official(length)), hash, `${length} octets`);
    }
    for (const length of [16_385, 32_768, 32_769, 49_153, 300_000, ROOM]) {
      const content = noise(length, length);
      assert.equal(
        treeOf(content),
        blake3(content).toHex(),
        `${length} octets`,
      );
    }
  });
  await t.step(
    "a range is checked with its groups and the parents above",
    () => {
      const content = noise(5, 200_000);
      treeOf(content);
      const last = Math.ceil(content.length / GROUP) - 1;
      const check = (first: number, end: number) =>
        harness.checks(
          root,
          tree,
          content.length,
          first,
          end,
          input + first * GROUP,
        );
      for (let first = 0; first <= last; first++) {
        for (let end = first; end <= last; end++) {
          assert.equal(
            check(first, end),
            1,
          );
        }
      }
      // One bit of any group or parent is found by the ranges that it is in.
      for (let i = 0; i < 60; i++) {
        const at = (i * 3343) % content.length;
        const group = Math.floor(at / GROUP);
        octets(input + at, 1)[0]! ^= 1;
        assert.equal(check(group, group), 0, `octet ${at}`);
        assert.equal(check(0, last), 0);
        if (group > 0) assert.equal(check(0, group - 1), 1);
        octets(input + at, 1)[0]! ^= 1;
      }
      for (let at = 0; at < harness.treeOctets(content.length); at += 7) {
        octets(tree + at, 1)[0]! ^= 16;
        assert.equal(check(0, last), 0, `octet ${at} of the tree`);
        octets(tree + at, 1)[0]! ^= 16;
      }
      assert.equal(check(0, last), 1);
    },
  );
});
