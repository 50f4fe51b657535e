/** Signatures on their own thread are those that are made here. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { platformComposite } from "../crypto/platform.ts";
import { signatureThread } from "./signature_thread.ts";

const SEEDS = [1, 2].map((octet) => ({
  mldsa65: new Uint8Array(32).fill(octet),
  ed25519: new Uint8Array(32).fill(16 + octet),
}));
const MESSAGES = [0, 1, 2, 3].map((octet) =>
  new Uint8Array(10 ** (octet + 2)).fill(octet)
);
const CONTEXT = new Uint8Array(15).fill(3);

Deno.test("signatures on a thread: the same octets and the same judgements", async () => {
  const here = await platformComposite();
  // The first is made here, the others there.
  const { composite, stop } = signatureThread(here, 1);
  try {
    for (const seeds of SEEDS) {
      const own = await here.open(seeds);
      const other = await composite.open(seeds);
      deepStrictEqual(other.bundle, own.bundle);
      const all = await Promise.all(
        MESSAGES.map((one) => other.sign(one, CONTEXT)),
      );
      for (const [at, message] of MESSAGES.entries()) {
        const signature = all[at] ?? new Uint8Array();
        deepStrictEqual(signature, await own.sign(message, CONTEXT));
        const verify = (octets: Uint8Array) =>
          composite.verify(own.bundle, message, CONTEXT, octets);
        strictEqual(await verify(signature), true);
        const changed = signature.with(7, 1 ^ (signature[7] ?? 0));
        strictEqual(await verify(changed), false);
      }
    }
  } finally {
    stop();
  }
});

Deno.test("signatures on a thread: who asks when it is over is served here", async () => {
  const here = await platformComposite();
  const { composite, stop } = signatureThread(here, 0);
  const [seeds, message] = [SEEDS[0], MESSAGES[0]];
  ok(seeds !== undefined && message !== undefined);
  const key = await composite.open(seeds);
  const asked = key.sign(message, CONTEXT);
  stop();
  const own = await (await here.open(seeds)).sign(message, CONTEXT);
  deepStrictEqual(await asked, own, "under way");
  deepStrictEqual(await key.sign(message, CONTEXT), own, "behind it");
});
