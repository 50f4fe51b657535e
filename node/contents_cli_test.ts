/** `offer`, `content` and `drop` on a whole node, asked over HTTP. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { seeded } from "../conformance/sim/block_device.ts";
import { identityOf, toHex } from "../kernel/crypto/mod.ts";
import { Room } from "./cli/testing.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { refusalOf, serveTestNode, withNode } from "./testing/node.ts";

const SIZE = 1_700_000;

function noise(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const random = seeded(seed);
  return new Uint8Array(length).map(() => Math.floor(random() * 256));
}

Deno.test("node: a content is offered, gone on with, read, dropped and brought back by commands", () =>
  withNode(async (test) => {
    const server = await serveTestNode(test);
    try {
      const api = new RemoteNode({ url: server.url, token: "t".repeat(64) });
      const room = new Room();
      room.api = api;
      const film = noise(1, SIZE);
      const cid = toHex(identityOf(film));
      room.files.set("film", film);
      room.files.set("other", noise(2, 9));
      const json = async (...argv: string[]) => {
        const { code, out, err } = await room.run([...argv, "--json"]);
        strictEqual(code, 0, `${argv.join(" ")}: ${err}`);
        return JSON.parse(out);
      };
      const fails = async (code: number, ...argv: string[]) => {
        const ended = await room.run(argv);
        strictEqual(ended.code, code, `${argv.join(" ")}: ${ended.err}`);
        return ended.err;
      };

      match(await fails(1, "offer", "film"), /no link touches.*\n.*link/);
      match(await fails(1, "offer", "nothing"), /nothing does not exist/);
      match(
        await fails(1, "offer", "other", "--cid", cid),
        /other is the content of 01/,
      );
      // Its sender went away after a part of it: the command goes on there.
      await Effect.runPromise(
        api.link([{ from: { text: "films" }, to: { cid } }]),
      );
      await refusalOf(
        api.offer(cid, SIZE, pieces(film.slice(0, 900_000)), { ttl: 7 }),
      );
      const gone = await room.run([
        "offer",
        "film",
        "--link",
        "again",
        "--json",
      ]);
      strictEqual(gone.code, 0, gone.err);
      match(gone.err, /goes on at 879 KiB/);
      const kept = JSON.parse(gone.out);
      deepStrictEqual([kept.cid, kept.size, kept.from, kept.until], [
        cid,
        SIZE,
        900_000,
        8,
      ]);
      const { links_in } = await Effect.runPromise(api.particle(cid));
      strictEqual(links_in, 1, "it was linked before");
      strictEqual((await json("offer", "film")).here, true);

      // Read back: the whole, and ranges.
      await json("content", cid, "--out", "copy");
      deepStrictEqual(room.files.get("copy"), film);
      for (
        const [range, from, end] of [
          ["0-0", 0, 1],
          ["999999-1200000", 999_999, 1_200_001],
          ["1699990-", 1_699_990, SIZE],
          ["-25", SIZE - 25, SIZE],
          ["5-9999999", 5, SIZE],
        ] as const
      ) {
        const out = `part ${range}`;
        const read = await json("content", cid, "--range", range, "--out", out);
        deepStrictEqual([read.from, read.octets], [from, end - from]);
        strictEqual(
          room.files.get(out)?.toHex(),
          film.slice(from, end).toHex(),
        );
      }
      match(await fails(1, "content", cid, "--out", "copy"), /there already/);
      match(
        await fails(1, "content", cid, "--range", "1700000-", "--out", "none"),
        /has 1,700,000 octets/,
      );
      strictEqual(room.files.has("none"), false);
      match(await fails(2, "content", cid, "--range", "9-1"), /not a range/);
      match(await fails(2, "content", cid, "--json"), /--out/);

      // Dropped: the octets go, the links stay, and it comes back.
      const would = await json("drop", cid, "--dry-run");
      deepStrictEqual([would.would_lose, would.links_in], [SIZE, 1]);
      const stranger = new RemoteNode({ url: server.url });
      room.api = stranger;
      match(await fails(1, "drop", cid), /operator's token/);
      room.api = api;
      const lost = await json("drop", cid);
      deepStrictEqual(
        [lost.content, lost.size, lost.freed, lost.links_in],
        ["dropped", SIZE, SIZE, 1],
      );
      match(
        await fails(1, "content", cid, "--out", "none"),
        /not here: dropped/,
      );
      match(await fails(1, "drop", cid), /not here/);
      match(await fails(1, "drop", "films"), /the log's chain/);
      const { links } = await Effect.runPromise(api.links(cid, "in", 9));
      strictEqual(links[0]?.from.text, "films");
      const back = await room.run(["offer", "film", "--ttl", "3"]);
      strictEqual(back.out, `${cid}\n`);
      match(back.err, /chunks, \d+ of them new; kept until height 4/);
      // A new one, linked and offered in one go.
      const small = await json("offer", "other", "--link", "films");
      deepStrictEqual([small.size, small.until], [9, undefined]);
      match((await room.run(["drop", small.cid])).out, /stays: particle 01/);
      await server.close();
      match(await fails(3, "offer", "film"), /no node answers/);
    } finally {
      await server.close();
    }
  }));

async function* pieces(octets: Uint8Array) {
  await Promise.resolve();
  yield octets;
}
