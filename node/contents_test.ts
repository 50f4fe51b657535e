/**
 * Contents of any size over HTTP: offered as they come, read by ranges, let go
 * and brought back; and exported and restored with what is gone.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { seeded } from "../conformance/sim/block_device.ts";
import { concatOctets, identityOf, toHex, utf8 } from "../kernel/crypto/mod.ts";
import type { RunningServer } from "./http/server.ts";
import { exportStore, restoreStore } from "./local/archive.ts";
import { checkStore } from "./local/store_check.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import {
  openTestNode,
  refusalOf,
  serveTestNode,
  type TestNode,
  until,
} from "./testing/node.ts";

const TOKEN = "t".repeat(64);
const SYSTEM = "system.json";
const SIZE = 2_500_000;

/** Octets that look random, the same for the same seed. */
function noise(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const random = seeded(seed);
  return new Uint8Array(length).map(() => Math.floor(random() * 256));
}

interface Served {
  readonly test: TestNode;
  readonly server: RunningServer;
  readonly api: RemoteNode;
}

async function served(dataDir?: string): Promise<Served> {
  const test = await openTestNode(dataDir === undefined ? {} : { dataDir });
  const server = await serveTestNode(test);
  const api = new RemoteNode({ url: server.url, token: TOKEN });
  return { test, server, api };
}

async function close({ test, server }: Served): Promise<void> {
  await server.close();
  await test.close();
}

/** Links to the particles, whose contents are not given. */
function link(api: RemoteNode, cids: readonly string[]) {
  return Effect.runPromise(api.link(
    cids.map((cid) => ({ from: { text: "files" }, to: { cid } })),
  ));
}

async function* pieces(octets: Uint8Array, piece: number) {
  await Promise.resolve();
  for (let at = 0; at < octets.length; at += piece) {
    yield octets.subarray(at, at + piece);
  }
}

const cidOf = (octets: Uint8Array) => toHex(identityOf(octets));

Deno.test("contents over HTTP: offered in pieces, read by ranges, let go, restored", async () => {
  const file = noise(61, SIZE);
  const short = noise(62, 40_000);
  const brief = noise(63, 30_000);
  const [fileCid, shortCid, briefCid] = [file, short, brief].map(cidOf);
  const node = await served();
  const { dataDir } = node.test;
  const folders = [dataDir];
  try {
    const { api, server } = node;
    const at = `${server.url}/v1/particles/${fileCid}/content`;
    const offer = (octets: Uint8Array, cid = cidOf(octets), ttl?: number) =>
      api.offer(cid, octets.length, pieces(octets, 70_000), { ttl });
    match((await refusalOf(offer(file))).message, /no link touches/);
    await link(api, [fileCid!, shortCid!, briefCid!]);
    strictEqual(
      (await Effect.runPromise(api.particle(fileCid!))).content,
      "unknown",
    );
    const missing = await fetch(at);
    strictEqual(missing.status, 404);
    match((await missing.json()).detail, /not here: unknown/);
    const other = noise(64, SIZE);
    match(
      (await refusalOf(offer(other, fileCid))).message,
      /not the particle's/,
    );
    const kept = await Effect.runPromise(offer(file));
    deepStrictEqual([kept.size, kept.chunks, kept.until], [
      SIZE,
      kept.fresh,
      undefined,
    ]);
    match((await refusalOf(offer(file))).message, /here already/);
    await ranges(at, file);

    // One that is kept for two heights only, and one that is dropped.
    const { until: over } = await Effect.runPromise(offer(brief, briefCid, 2));
    strictEqual(over, 3);
    await Effect.runPromise(offer(short));
    const unsaid = new RemoteNode({ url: server.url });
    strictEqual((await refusalOf(unsaid.drop(shortCid!))).kind, "unauthorised");
    await Effect.runPromise(api.drop(shortCid!));
    strictEqual(
      (await Effect.runPromise(api.particle(shortCid!))).content,
      "dropped",
    );
    match((await refusalOf(api.drop(shortCid!))).message, /not here/);
    const text = await Effect.runPromise(api.resolve("files"));
    match((await refusalOf(api.drop(text))).message, /the log's chain/);
    strictEqual(
      (await Effect.runPromise(api.particle(briefCid!))).content,
      "here",
    );
    await link(api, [fileCid!]);
    await link(api, [fileCid!]);
    const expired = await Effect.runPromise(api.particle(briefCid!));
    deepStrictEqual([expired.content, expired.until, expired.size], [
      "expired",
      3,
      undefined,
    ]);
    await until("links stay", 60_000, async () => {
      const { links } = await Effect.runPromise(api.links(briefCid!, "in", 10));
      return links.length === 1;
    });
    await close(node);
    await archived(dataDir, folders, file, [shortCid!, briefCid!]);
  } finally {
    for (const folder of folders) Deno.removeSync(folder, { recursive: true });
  }
});

async function ranges(at: string, file: Uint8Array): Promise<void> {
  const ask = async (range: string) => {
    const response = await fetch(at, { headers: { range } });
    return {
      status: response.status,
      octets: await response.bytes(),
      response,
    };
  };
  for (
    const [from, end] of [[0, 1], [16_383, 16_385], [1_048_000, 2_400_000]]
  ) {
    const { status, octets, response } = await ask(`bytes=${from}-${end! - 1}`);
    strictEqual(status, 206);
    strictEqual(
      response.headers.get("content-range"),
      `bytes ${from}-${end! - 1}/${SIZE}`,
    );
    strictEqual(octets.toHex(), file.slice(from, end).toHex());
  }
  const tail = await ask("bytes=-100");
  strictEqual(tail.octets.toHex(), file.slice(-100).toHex());
  const past = await ask(`bytes=${SIZE}-`);
  strictEqual(past.status, 416);
  strictEqual(past.response.headers.get("content-range"), `bytes */${SIZE}`);
  const whole = await fetch(at);
  strictEqual((await whole.bytes()).toHex(), file.toHex());
}

/** The store says the same by fsck, and in another folder. */
async function archived(
  dataDir: string,
  folders: string[],
  file: Uint8Array,
  gone: readonly string[],
): Promise<void> {
  const report = await Effect.runPromise(
    checkStore({ dataDir, systemFile: SYSTEM }),
  );
  deepStrictEqual(report.log.warnings, []);
  const octets = await exported(dataDir);
  const there = Deno.makeTempDirSync({ prefix: "karyon-node-" });
  folders.push(there);
  const restored = await Effect.runPromise(
    restoreStore(
      { dataDir: there, systemFile: SYSTEM },
      pieces(octets, 9_999),
      "x.karc",
    ),
  );
  strictEqual(restored.root, report.log.root);
  // Given again, it compares; and a second export has the same octets.
  await Effect.runPromise(
    restoreStore(
      { dataDir: there, systemFile: SYSTEM },
      pieces(octets, 1 << 20),
      "x.karc",
    ),
  );
  strictEqual((await exported(there)).toHex(), octets.toHex());
  const node = await served(there);
  const { api } = node;
  const states = await Promise.all(
    gone.map((cid) => Effect.runPromise(api.particle(cid))),
  );
  deepStrictEqual(states.map(({ content }) => content), ["dropped", "expired"]);
  const some = await Effect.runPromise(api.content(cidOf(file), 1_000_000, 99));
  deepStrictEqual(some, file.slice(1_000_000, 1_000_099));
  // What is gone comes back when its octets are offered.
  await Effect.runPromise(
    api.offer(gone[0]!, 40_000, pieces(noise(62, 40_000), 40_000)),
  );
  strictEqual(
    (await Effect.runPromise(api.particle(gone[0]!))).content,
    "here",
  );
  await close(node);
}

async function exported(dataDir: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await Effect.runPromise(
    exportStore({ dataDir, systemFile: SYSTEM }, (octets) => {
      parts.push(octets.slice());
    }),
  );
  return concatOctets(parts);
}

Deno.test("contents over HTTP: an offer that breaks off leaves nothing, and needs its length", async () => {
  const node = await served();
  try {
    const { api, server } = node;
    const octets = utf8("some octets");
    await link(api, [cidOf(octets)]);
    const at = `${server.url}/v1/particles/${cidOf(octets)}/content`;
    const post = (
      body: BodyInit,
      query = "",
      type = "application/octet-stream",
    ) =>
      fetch(`${at}${query}`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
    const unsaid = await post(ReadableStream.from(pieces(octets, 3)));
    strictEqual(unsaid.status, 400);
    match((await unsaid.json()).detail, /how long/);
    strictEqual((await post("{}", "", "application/json")).status, 415);
    strictEqual((await post(octets.slice(1))).status, 400);
    strictEqual((await post(octets.slice(0, 4), "?size=11")).status, 400);
    strictEqual((await post(octets, "?ttl=-1")).status, 400);
    const huge = await post(
      ReadableStream.from(pieces(octets, 3)),
      "?size=9999999999",
    );
    strictEqual(huge.status, 413);
    strictEqual(
      (await Effect.runPromise(api.particle(cidOf(octets)))).content,
      "unknown",
    );
    // Control: the same octets are taken.
    strictEqual((await post(octets)).status, 200);
  } finally {
    await close(node);
    Deno.removeSync(node.test.dataDir, { recursive: true });
  }
});

Deno.test("contents over HTTP: what breaks off is held, goes on where it was, and makes room", async () => {
  const node = await served();
  try {
    const { api, server } = node;
    const file = noise(65, SIZE);
    const others = [1, 2, 3, 4].map((seed) => noise(seed, 60_000));
    const cid = cidOf(file);
    await link(api, [cid, ...others.map(cidOf)]);
    const at = `${server.url}/v1/particles/${cid}/content`;
    const post = async (body: Uint8Array<ArrayBuffer>, query: string) => {
      const headers = { "content-type": "application/octet-stream" };
      const answer = await fetch(`${at}${query}`, {
        method: "POST",
        headers,
        body,
      });
      return { status: answer.status, said: await answer.json() };
    };
    const held = () => Effect.runPromise(api.offering(cid));
    strictEqual((await refusalOf(api.offering(cid))).kind, "not-found");
    match(
      (await post(file.slice(9), `?size=${SIZE}&from=9`)).said.detail,
      /nothing .* is held/,
    );
    const early = await post(file.slice(0, 700_000), `?size=${SIZE}&ttl=9`);
    strictEqual(early.status, 400);
    match(early.said.fix, /from=700000/);
    deepStrictEqual(await held(), {
      cid,
      size: SIZE,
      done: 700_000,
      until: 10,
    });
    strictEqual(
      (await Effect.runPromise(api.particle(cid))).content,
      "unknown",
      "nothing of it is read before it is whole",
    );
    for (const query of [`?size=${SIZE}&from=699999`, "?size=9&from=700000"]) {
      const { status, said } = await post(file.slice(0, 9), query);
      strictEqual(status, 409);
      match(said.fix, /from=700000/);
    }
    // A sender that goes away in the middle.
    const away = new AbortController();
    const leaving = fetch(`${at}?size=${SIZE}&from=700000`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      signal: away.signal,
      body: ReadableStream.from((async function* () {
        yield file.slice(700_000, 1_900_000);
        await new Promise<void>(() => {});
      })()),
    }).catch(() => "left");
    // What came before is held again only once it has left.
    await until("it has begun", 60_000, async () => {
      const found = await Effect.runPromise(Effect.option(api.offering(cid)));
      return found._tag === "None";
    });
    away.abort();
    strictEqual(await leaving, "left");
    await until("it is held", 60_000, async () => {
      const found = await Effect.runPromise(Effect.option(api.offering(cid)));
      return found._tag === "Some";
    });
    const { done } = await held();
    const rest = await Effect.runPromise(
      api.offer(cid, SIZE, pieces(file.slice(done), 99_999), { from: done }),
    );
    deepStrictEqual([rest.size, rest.from, rest.until], [SIZE, done, 10]);
    const whole = await fetch(at);
    strictEqual((await whole.bytes()).toHex(), file.toHex());
    strictEqual((await refusalOf(api.offering(cid))).kind, "not-found");

    // Octets that are not the content's are found at the end, and given up.
    const [wrong] = others as [Uint8Array];
    const its = cidOf(wrong);
    const part = (octets: Uint8Array, from = 0) =>
      api.offer(
        cidOf(octets),
        60_000,
        pieces(octets.slice(from, 40_000), 9_000),
        {
          from,
        },
      );
    await refusalOf(part(wrong));
    const spoilt = noise(77, 20_000);
    match(
      (await refusalOf(
        api.offer(its, 60_000, pieces(spoilt, 9_000), { from: 40_000 }),
      )).message,
      /not the particle's/,
    );
    strictEqual((await refusalOf(api.offering(its))).kind, "not-found");
    // Four at most: the fifth takes the place of the one that broke off first.
    for (const octets of others) await refusalOf(part(octets));
    strictEqual((await Effect.runPromise(api.offering(its))).done, 40_000);
    const fifth = noise(66, 60_000);
    await link(api, [cidOf(fifth)]);
    await refusalOf(part(fifth));
    strictEqual((await refusalOf(api.offering(its))).kind, "not-found");
    strictEqual(
      (await Effect.runPromise(api.offering(cidOf(others[1]!)))).done,
      40_000,
    );
    // Begun anew, it needs nothing of before.
    const again = await Effect.runPromise(
      api.offer(cidOf(others[1]!), 60_000, pieces(others[1]!, 60_000)),
    );
    strictEqual(again.from, undefined);
    const dropped = await Effect.runPromise(api.drop(cidOf(others[1]!)));
    deepStrictEqual([dropped.size, dropped.freed], [60_000, 60_000]);
  } finally {
    await close(node);
    Deno.removeSync(node.test.dataDir, { recursive: true });
  }
});
