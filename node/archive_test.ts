/** A whole store into a file and back: the same roots, the same octets. */
import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { blake3 } from "@noble/hashes/blake3.js";
import { Effect, Result } from "effect";
import {
  concatOctets,
  identityOf,
  networkIdentity,
  toHex,
  utf8,
} from "../kernel/crypto/mod.ts";
import { ledger as ledgerContract } from "../wit/gen/graph_ledger.ts";
import { Refusal } from "./api.ts";
import {
  ArchiveReader,
  ArchiveWriter,
  type End,
  type Frame,
} from "./archive/mod.ts";
import { Room } from "./cli/testing.ts";
import { Neuron } from "./hostile/neuron.ts";
import { exportStore, restoreStore } from "./local/archive.ts";
import { ROLES } from "./local/system.ts";
import { decodeEnvelope, encodeDraft } from "./signals/mod.ts";
import { openTestNode, refusalOf } from "./testing/node.ts";

const NETWORK = networkIdentity("local");
const SYSTEM = "system.json";
const folders: string[] = [];

type Append = Extract<Frame, { kind: "append" }>;

/** Every kind of append that there is: own, foreign, several at once, operations. */
async function filled(): Promise<{ dataDir: string; root: string }> {
  const test = await openTestNode();
  const { api, kernel } = test.node;
  const { dataDir } = test;
  folders.push(dataDir);
  const link = (from: string, to: string) =>
    Effect.runPromise(api.link([{ from: { text: from }, to: { text: to } }]));
  await link("root", "one");
  const [one, two] = [await Neuron.of(3, NETWORK), await Neuron.of(4, NETWORK)];
  const envelope = await one.envelope("a", "b");
  await Effect.runPromise(api.submitSigned(envelope));
  one.accepted(envelope);
  const both = [await two.envelope("c", "d"), await one.envelope("b", "e")];
  const entries = both.map((octets) => {
    const { signal, contentsOctets } = Result.getOrThrow(
      decodeEnvelope(octets),
    );
    return { signal: signal.octets, contents: contentsOctets };
  });
  const ledger = kernel.connect(ROLES.graph, ledgerContract);
  const note = { key: "place", value: "of this node alone" };
  strictEqual(
    (await Effect.runPromise(ledger.append(entries, note))).tag,
    "ok",
  );
  const card = { kind: "card" as const, particle: identityOf(utf8("root")) };
  await Effect.runPromise(api.submitDraft(encodeDraft([], [card]), undefined));
  await link("one", "two");
  const { root, height } = await Effect.runPromise(api.state());
  strictEqual(height, 6);
  await test.close();
  return { dataDir, root };
}

/** A data directory that has only another one's compiled cells. */
function empty(from: string): string {
  const dataDir = Deno.makeTempDirSync({ prefix: "karyon-node-" });
  folders.push(dataDir);
  Deno.mkdirSync(`${dataDir}/cache`);
  for (const { name } of Deno.readDirSync(`${from}/cache`)) {
    Deno.copyFileSync(`${from}/cache/${name}`, `${dataDir}/cache/${name}`);
  }
  return dataDir;
}

async function exported(dataDir: string) {
  const parts: Uint8Array[] = [];
  const report = await Effect.runPromise(
    exportStore({ dataDir, systemFile: SYSTEM }, (octets) => {
      parts.push(octets.slice());
    }),
  );
  return { report, octets: concatOctets(parts) };
}

/** Octets in pieces of an odd length. */
async function* pieces(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < octets.length; at += 997) {
    yield octets.subarray(at, at + 997);
  }
}

function restored(dataDir: string, octets: Uint8Array) {
  const options = { dataDir, systemFile: SYSTEM };
  return restoreStore(options, pieces(octets), "x.karc");
}

async function framesOf(octets: Uint8Array): Promise<[Append[], End]> {
  const reader = new ArchiveReader(pieces(octets), "x.karc");
  deepStrictEqual(toHex(await reader.network()), toHex(NETWORK));
  const appends: Append[] = [];
  for (;;) {
    const frame = await reader.next();
    if (frame.kind === "end") return [appends, frame];
    strictEqual(frame.kind, "append");
    if (frame.kind === "append") appends.push(frame);
  }
}

/** An archive of these frames whose chain is good. */
function written(
  appends: readonly Pick<Append, "signals" | "payload">[],
  end: End,
  network: Uint8Array = NETWORK,
): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new ArchiveWriter(network, (piece) => void parts.push(piece));
  for (const append of appends) writer.append(append);
  writer.end(end);
  return concatOctets(parts);
}

Deno.test("archive: a store restored elsewhere has the same root and the same archive", async () => {
  try {
    const { dataDir, root } = await filled();
    const { report, octets } = await exported(dataDir);
    strictEqual(report.root, root);
    deepStrictEqual([report.height, report.appends], [6, 5]);
    strictEqual(report.octets, octets.length);
    const [appends, end] = await framesOf(octets);
    deepStrictEqual(appends.map(({ signals }) => signals), [1, 1, 2, 1, 1]);
    deepStrictEqual(written(appends, end), octets);
    deepStrictEqual(byHand(octets).slice(0, -1), appends.map(({ at }) => at));
    const first = Result.getOrThrow(decodeEnvelope(appends[0]!.payload));
    strictEqual(first.signal.body.links.length, 1);

    const there = empty(dataDir);
    const done = await Effect.runPromise(restored(there, octets));
    deepStrictEqual(done, { ...report, before: 0 });
    deepStrictEqual((await exported(there)).octets, octets);
    const node = await openTestNode({ dataDir: there });
    const { height } = await Effect.runPromise(
      node.node.api.link([{ from: { text: "two" }, to: { text: "new" } }]),
    );
    strictEqual(height, 7);
    await node.close();
    const longer = await refusalOf(restored(there, octets));
    match(longer.message, /end at octet \d+: it speaks of 6 signals.*store 7/);
    await hostile(dataDir, octets, appends, end);
  } finally {
    for (const folder of folders.splice(0)) {
      Deno.removeSync(folder, { recursive: true });
    }
  }
});

/** What a whole store refuses, and what it holds afterwards. */
async function hostile(
  from: string,
  octets: Uint8Array,
  appends: readonly Append[],
  end: End,
): Promise<void> {
  const [first, second, third, ...rest] = appends;
  const dataDir = empty(from);
  const blank = { dataDir, systemFile: SYSTEM };
  match((await refusalOf(exportStore(blank, () => {}))).message, /is empty$/);
  const refused = async (file: Uint8Array, what: RegExp) => {
    const { message, fix } = await refusalOf(restored(dataDir, file));
    match(message, what);
    notDeepStrictEqual(fix, undefined);
  };
  const others = written(appends, end, networkIdentity("another"));
  await refused(others, /x\.karc at octet 5: its network is 01/);
  // The chain of each of these is good: who made them can count.
  await refused(
    written([first!, third!, second!, ...rest], end),
    /frame at octet \d+: no key bundle of neuron 01/,
  );
  const forged = { ...third!, payload: third!.payload.slice() };
  const body = new DataView(forged.payload.buffer).getUint32(0, true);
  forged.payload[body - 10]! ^= 1;
  await refused(
    written([first!, second!, forged, ...rest], end),
    /frame at octet \d+: (bad signature|the signature)/,
  );
  const wrong = { ...end, root: identityOf(utf8("another root")) };
  const place = third!.at;
  await refused(octets.subarray(0, place + 50), /ends inside the frame that/);
  // Both signals of a frame, or none: the file that was cut goes on from there.
  const { before } = await Effect.runPromise(restored(dataDir, octets));
  strictEqual(before, 2);
  await refused(
    written(appends, wrong),
    /end at octet \d+: the state root is 01[\da-f]+, the file says 01/,
  );
  await refused(
    written([second!, first!, third!, ...rest], end),
    /octet \d+: the store holds another signal there/,
  );
}

/** The places of the frames, and that each chain is right: by archive.md alone. */
function byHand(octets: Uint8Array): number[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  strictEqual(new TextDecoder().decode(octets.subarray(0, 4)), "KARC");
  strictEqual(octets[4], 1);
  let chain: Uint8Array = blake3(octets.subarray(0, 38));
  const places: number[] = [];
  for (let at = 38; at < octets.length;) {
    places.push(at);
    const length = octets[at] === 1 ? 7 + view.getUint32(at + 3, true) : 42;
    chain = blake3(concatOctets([chain, octets.subarray(at, at + length)]));
    at += length + 32;
    strictEqual(toHex(octets.subarray(at - 32, at)), toHex(chain));
  }
  strictEqual(octets[places.at(-1)!], 2);
  return places;
}

Deno.test("archive: what is cut, changed, moved or longer is refused, with its octet", async () => {
  const appends = [700, 3_000, 1].map((length, i) => ({
    signals: 1 + i,
    payload: new Uint8Array(length).fill(i),
  }));
  const end = { height: 6n, root: identityOf(utf8("root")) };
  const good = written(appends, end);
  const [frames] = await framesOf(good);
  deepStrictEqual(frames.map(({ payload }) => payload.length), [700, 3_000, 1]);
  const refused = async (octets: Uint8Array, what: string) => {
    const reason = await framesOf(octets).then(
      () => undefined,
      (error) => error,
    );
    strictEqual(reason instanceof Refusal, true, what);
    match(reason.message, /^x\.karc at octet \d+: /);
  };
  for (let at = 0; at < good.length; at += at < 80 ? 1 : 41) {
    await refused(good.subarray(0, at), `cut at ${at}`);
    if (at >= 5 && at < 38) continue;
    const changed = good.slice();
    changed[at]! ^= 16;
    await refused(changed, `changed at ${at}`);
  }
  const places = [...frames.map(({ at }) => at)];
  const [one, two, three] = places;
  const moved = concatOctets([
    good.subarray(0, one),
    good.subarray(two, three),
    good.subarray(one, two),
    good.subarray(three),
  ]);
  await refused(moved, "two frames changed places");
  await refused(
    concatOctets([good.subarray(0, two), good.subarray(three)]),
    "a frame is left out",
  );
  await refused(concatOctets([good, Uint8Array.of(0)]), "an octet more");
});

Deno.test("cli: export writes a new file, restore reads it", async () => {
  const room = new Room();
  const written = await room.run(["export", "x.karc"]);
  strictEqual(written.code, 0);
  match(written.out, /height +2 in 2 appends/);
  strictEqual(room.files.get("x.karc")?.length, 1_000);
  const back = await room.run(["restore", "x.karc"]);
  match(back.out, /before +1 were there already/);
  const twice = await room.run(["export", "x.karc"]);
  strictEqual(twice.code, 1);
  match(twice.err, /x\.karc is there already[^]*choose another name/);
  const piped = await room.run(["export", "-"]);
  deepStrictEqual([piped.out, piped.code], ["", 0]);
  match(piped.err, /root +01cd/);
  room.inTheWay = new Refusal({ kind: "conflict", message: "a node runs" });
  strictEqual((await room.run(["export", "y.karc"])).code, 1);
  strictEqual(room.files.has("y.karc"), false);
});
