/** did:key of bundles, against base58 read digit by digit. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  fromHex,
  nobleComposite,
  seedsFrom,
  toHex,
} from "../../kernel/crypto/mod.ts";
import { bundleOfDid, didOf } from "./did_key.ts";

/** An independent reading of base58btc, digit by digit. */
function base58(text: string): Uint8Array {
  const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  let value = 0n;
  for (const each of text) value = value * 58n + BigInt(digits.indexOf(each));
  const hex = value.toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`) ?? new Uint8Array();
}

Deno.test("did:key: has the bundle, whole and nothing else", async () => {
  // Of the did:key specification: an Ed25519 key, which is not one of ours.
  const ed25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
  deepStrictEqual(
    [...base58(ed25519.slice("did:key:z".length)).subarray(0, 2)],
    [0xed, 0x01],
  );
  strictEqual(bundleOfDid(ed25519), undefined);
  const { bundle } = await nobleComposite().open(seedsFrom(new Uint8Array(32)));
  const did = didOf(bundle);
  const inside = base58(did.slice("did:key:z".length));
  strictEqual(toHex(inside.subarray(0, 4)), "f9d6c101");
  deepStrictEqual(inside.slice(4), bundle);
  deepStrictEqual(bundleOfDid(did), bundle);
  for (
    const wrong of [
      "",
      "did:key:z",
      did.slice(0, -1),
      `${did}1`,
      `${did.slice(0, -1)}0`,
      did.replace("did:key:z", "did:key:u"),
      did.replace("did:key:z", "did:web:z"),
      did + "z".repeat(5_000),
    ]
  ) strictEqual(bundleOfDid(wrong), undefined, wrong.slice(0, 20));
});
