/** Signatures on their own thread are those that are made here. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { nobleMlDsa65 } from "../crypto/noble.ts";
import { signatureThread } from "./signature_thread.ts";

const SEEDS = [1, 2].map((octet) => new Uint8Array(32).fill(octet));
const MESSAGES = [0, 1, 2, 3].map((octet) => new Uint8Array(190).fill(octet));

Deno.test("signatures on a thread: the same octets and the same judgements", async () => {
  const here = nobleMlDsa65();
  // The first is made here, the others there.
  const { half, stop } = signatureThread(1);
  try {
    for (const seed of SEEDS) {
      const [own, other] = [await here.open(seed), await half.open(seed)];
      deepStrictEqual(other.publicKey, own.publicKey);
      const all = await Promise.all(MESSAGES.map((one) => other.sign(one)));
      for (const [at, message] of MESSAGES.entries()) {
        const signature = all[at] ?? new Uint8Array();
        deepStrictEqual(signature, await own.sign(message));
        const verify = (octets: Uint8Array) =>
          half.verify(own.publicKey, message, octets);
        strictEqual(await verify(signature), true);
        strictEqual(
          await verify(signature.with(7, 1 ^ (signature[7] ?? 0))),
          false,
        );
      }
    }
  } finally {
    stop();
  }
});

Deno.test("signatures on a thread: who asks when it is over is served here", async () => {
  const { half, stop } = signatureThread(0);
  const [seed = new Uint8Array(32)] = SEEDS;
  const key = await half.open(seed);
  const [message = new Uint8Array()] = MESSAGES;
  const asked = key.sign(message);
  stop();
  const own = await (await nobleMlDsa65().open(seed)).sign(message);
  deepStrictEqual(await asked, own, "under way");
  deepStrictEqual(await key.sign(message), own, "behind it");
});
