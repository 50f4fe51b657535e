/**
 * Damaged, foreign and full stores: a node refuses them and names the place, or
 * serves exactly what was acknowledged. What it refuses it leaves as it is.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { Refusal } from "../api.ts";
import type { LocalNode } from "../local/local_node.ts";
import { importInto } from "../testing/importing.ts";
import { seededRandom, writeLinks } from "../testing/links.ts";
import { openTestNode, refusalOf, type TestNode } from "../testing/node.ts";
import { allLinks } from "../testing/ranks.ts";
import { copyFolder, inFolder, systemFile } from "./room.ts";

const SEED = 0x5702e;
const LINKS = 9_000;
const STORE = "store.block";
/** Before it lie the two superblocks, of which one may be lost. */
const LOG_AT = 8_192;

/** Runs `body` with a data directory that holds some thousand links. */
function withStore(
  body: (folder: string, base: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    const base = `${folder}/base`;
    writeLinks(`${folder}/links.tsv`, LINKS, 500, SEED);
    const test = await openTestNode({ dataDir: base });
    await importInto(test.node, "tsv", `${folder}/links.tsv`);
    await test.close();
    await body(folder, base);
  });
}

async function contentOf({ node }: TestNode) {
  return {
    census: await Effect.runPromise(node.census),
    links: await allLinks(node),
  };
}

/** Opens a directory; what it holds, or why it was refused. */
async function opened(
  dataDir: string,
): Promise<Awaited<ReturnType<typeof contentOf>> | Refusal> {
  let test: TestNode;
  try {
    test = await openTestNode({ dataDir });
  } catch (error) {
    return error as Refusal;
  }
  try {
    return await contentOf(test);
  } finally {
    await test.close();
  }
}

function isRefusal(value: unknown): value is Refusal {
  return (value as { _tag?: string })._tag === "Refusal";
}

/** A refused store stays octet for octet, and its directory can be taken. */
async function refused(
  dataDir: string,
  name: string,
  tells: RegExp,
): Promise<void> {
  const before = Deno.readFileSync(`${dataDir}/${STORE}`);
  const refusal = await opened(dataDir);
  ok(isRefusal(refusal), `${name}: it was opened`);
  match(refusal.message, tells, name);
  ok(refusal.fix !== undefined && refusal.fix !== "", name);
  const after = Deno.readFileSync(`${dataDir}/${STORE}`);
  strictEqual(before.length, after.length, name);
  ok(before.every((octet, at) => octet === after[at]), `${name}: it changed`);
  using lock = Deno.openSync(`${dataDir}/lock`, { read: true });
  ok(lock.tryLockSync(true), `${name}: the lock is still held`);
}

Deno.test("hostile: a damaged store is refused at its place, or is whole", () =>
  withStore(async (folder, base) => {
    const octets = Deno.readFileSync(`${base}/${STORE}`);
    const whole = await opened(base);
    ok(!isRefusal(whole));
    let turn = 0;
    const damaged = (change: (store: Uint8Array) => Uint8Array) => {
      const dataDir = `${folder}/damaged-${turn += 1}`;
      copyFolder(base, dataDir);
      Deno.writeFileSync(`${dataDir}/${STORE}`, change(octets.slice()));
      return dataDir;
    };
    const flip = (at: number) => (store: Uint8Array) => {
      store[at] = (store[at] ?? 0) ^ 0x40;
      return store;
    };
    const inLog = /record \d+ at \d+: corrupt/;
    const rows: ReadonlyArray<
      readonly [string, (store: Uint8Array) => Uint8Array, RegExp]
    > = [
      ["cut in half", (s) => s.slice(0, s.length >> 1), inLog],
      ["cut to its superblocks", (s) => s.slice(0, LOG_AT), inLog],
      ["without its last block", (s) => s.slice(0, s.length - 4096), inLog],
      ["a hole of zeros", (s) => s.fill(0, 99_000, 150_000), inLog],
      ["first octet of the log", flip(LOG_AT), inLog],
      ["both superblocks", (s) => flip(4_099)(flip(3)(s)), /not of a graph/],
      ["no superblocks", (s) => s.fill(0, 0, LOG_AT), /superblocks are lost/],
      [
        "something else",
        () => new TextEncoder().encode("minutes of the meeting"),
        /not of a graph store/,
      ],
      [
        "a newer format",
        (s) => {
          s[8] = s[4_104] = 9;
          return s;
        },
        /the store has format 9, this cell reads formats? 1/,
      ],
    ];
    for (const [name, change, tells] of rows) {
      await refused(damaged(change), name, tells);
    }
    const random = seededRandom(SEED);
    for (let n = 0; n < 12; n += 1) {
      const at = random(octets.length);
      const found = await opened(damaged(flip(at)));
      if (isRefusal(found)) match(found.message, inLog, `octet ${at}`);
      else deepStrictEqual(found, whole, `octet ${at} of seed ${SEED}`);
    }
    // The control: one superblock may be lost, and is written anew.
    const lost = damaged(flip(3));
    deepStrictEqual(await opened(lost), whole);
    strictEqual(Deno.readFileSync(`${lost}/${STORE}`)[3], octets[3]);
  }));

Deno.test("hostile: a store of another network is refused by both names", () =>
  inFolder(async (folder) => {
    const dataDir = `${folder}/data`;
    await (await openTestNode({ dataDir })).close();
    const other = systemFile(folder, (system) => {
      system.network = "another";
      const graph = system.cells["graph"];
      if (graph !== undefined) graph.config["network"] = "another";
    });
    const refusal = await openTestNode({ dataDir, systemFile: other })
      .then(() => undefined, (error: Refusal) => error);
    match(refusal?.message ?? "", /of network 01[0-9a-f]{64}, not of 01/);
    ok(refusal?.fix !== undefined);
  }));

/** One link with a long text; a block or two of the device. */
function filler(node: LocalNode, number: number) {
  return node.api.link([{
    from: { text: `${number} ${"long ".repeat(500)}` },
    to: { text: "full" },
  }]);
}

Deno.test("hostile: a full device refuses, loses nothing, goes on with room", () =>
  inFolder(async (folder) => {
    const dataDir = `${folder}/data`;
    const sized = (gib: string) =>
      systemFile(folder, ({ drivers }) => {
        const disk = drivers["disk"];
        if (disk !== undefined) disk.config["capacity-gib"] = gib;
      });
    const small = await openTestNode({ dataDir, systemFile: sized("0.0004") });
    let height = 0;
    let refusal: Refusal | undefined;
    while (refusal === undefined) {
      ok(height < 1_000, "the device is never full");
      const exit = await Effect.runPromise(
        Effect.result(filler(small.node, height)),
      );
      if (exit._tag === "Success") height = exit.success.height;
      else refusal = exit.failure;
    }
    strictEqual(refusal.kind, "full");
    ok(refusal.fix !== undefined);
    // Again and again: it stays a refusal, and everything else is answered.
    for (let n = 0; n < 20; n += 1) {
      const again = await refusalOf(filler(small.node, height));
      strictEqual(again.kind, "full");
    }
    const before = await contentOf(small);
    strictEqual(before.census.height, height);
    strictEqual(
      (await Effect.runPromise(small.node.api.health())).status,
      "ok",
    );
    const cells = await Effect.runPromise(small.node.api.cells());
    deepStrictEqual(cells.map(({ faults }) => faults), [0, 0, 0]);
    await small.close();
    const large = await openTestNode({ dataDir, systemFile: sized("1") });
    deepStrictEqual(await contentOf(large), before);
    const { height: next } = await Effect.runPromise(
      filler(large.node, height),
    );
    strictEqual(next, height + 1);
    await large.close();
    // A device smaller than the store is not begun anew.
    const refusedSmall = await openTestNode({
      dataDir,
      systemFile: sized("0.0001"),
    }).then(() => undefined, (error: Refusal) => error);
    match(refusedSmall?.message ?? "", /more than the capacity/);
    match(refusedSmall?.fix ?? "", /capacity-gib/);
  }));
