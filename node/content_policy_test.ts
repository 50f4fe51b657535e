/** `contents` of the system file on a whole node: by kind, bounded, over in time. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { identityOf, toHex, utf8 } from "../kernel/crypto/mod.ts";
import type { NodeApi } from "./api.ts";
import { openTestNode, refusalOf } from "./testing/node.ts";
import { systemFile } from "./testing/system_file.ts";

const run = Effect.runPromise;
const cidOf = (octets: Uint8Array) => toHex(identityOf(octets));

const TEXT = utf8("a text that is kept for ever\n".repeat(9));
const IMAGE = new Uint8Array(5_000);
IMAGE.set(Uint8Array.fromHex("89504e470d0a1a0a"));
const OTHER = new Uint8Array(700).fill(200);

/** In pieces of one octet and more, so that the kind is not in the first one. */
async function* pieces(octets: Uint8Array) {
  await Promise.resolve();
  yield octets.subarray(0, 1);
  yield octets.subarray(1, 3);
  yield octets.subarray(3);
}

async function tell(api: NodeApi, octets: Uint8Array, ttl?: number) {
  const offer = api.offer(cidOf(octets), octets.length, pieces(octets), {
    ttl,
  });
  const { kind, until } = await run(offer);
  return [kind, until];
}

Deno.test("node: contents are kept as the system file says of their kind", async () => {
  const folder = await Deno.makeTempDir({ prefix: "karyon-policy-" });
  const path = systemFile(folder, (file) => {
    Object.assign(file, {
      contents: {
        text: { ttl: 0 },
        image: { ttl: 2, ttl_max: 4 },
        other: { ttl: 3 },
      },
    });
  });
  const dataDir = `${folder}/data`;
  await Deno.mkdir(dataDir);
  const test = await openTestNode({ systemFile: path, dataDir });
  try {
    const { api } = test.node;
    const link = (octets: Uint8Array) =>
      run(api.link([{ from: { text: "x" }, to: { cid: cidOf(octets) } }]));
    for (const octets of [TEXT, IMAGE, OTHER]) await link(octets);
    const refusal = await refusalOf(
      api.offer(cidOf(IMAGE), IMAGE.length, pieces(IMAGE), { ttl: 5 }),
    );
    match(refusal.message, /it is image: .* 4 heights at most/);
    strictEqual(
      (await run(api.particle(cidOf(IMAGE)))).content,
      "unknown",
      "nothing was kept",
    );
    // A key bundle is kept for ever: what is in the way is that it is here.
    const { neuron } = await run(api.identity());
    const bundle = await run(api.content(neuron, 0, 4096));
    const offer = (ttl?: number) =>
      refusalOf(api.offer(neuron, bundle.length, pieces(bundle), { ttl }));
    match((await offer()).message, /here already/);
    match((await offer(2)).message, /signatures need it/);
    deepStrictEqual(await tell(api, TEXT), ["text", undefined]);
    deepStrictEqual(await tell(api, IMAGE, 4), ["image", 7]);
    await run(api.drop(cidOf(IMAGE)));
    deepStrictEqual(await tell(api, IMAGE), ["image", 5]);
    deepStrictEqual(await tell(api, OTHER, 9), ["other", 12]);
    await link(TEXT);
    strictEqual((await run(api.particle(cidOf(IMAGE)))).content, "here");
    await link(TEXT);
    const states = await Promise.all(
      [TEXT, IMAGE, OTHER].map((octets) => run(api.particle(cidOf(octets)))),
    );
    deepStrictEqual(
      states.map(({ content }) => content),
      ["here", "expired", "here"],
    );
  } finally {
    await test.close();
    await Deno.remove(folder, { recursive: true });
  }
});
