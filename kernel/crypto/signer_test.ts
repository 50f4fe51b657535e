/** Signers keep to their purposes; identities, derivation and octets. */
import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import {
  fromBase64,
  fromHex,
  identityFromText,
  identityOf,
  identityText,
  networkIdentity,
  nobleComposite,
  PurposeRefused,
  seedsFrom,
  signerFor,
  toHex,
  utf8,
  verifyPurpose,
} from "./mod.ts";

const composite = nobleComposite();
const key = await composite.open(seedsFrom(new Uint8Array(32).fill(9)));

Deno.test("a signer signs for its purposes and refuses others", async () => {
  const signer = signerFor(key, ["signal"]);
  const message = utf8("body");
  const signature = await signer.sign("signal", message);
  const { bundle } = signer;
  ok(await verifyPurpose(composite, "signal", bundle, message, signature));
  strictEqual(
    await verifyPurpose(composite, "proposal", bundle, message, signature),
    false,
    "a signature is worthless for another purpose",
  );
  await rejects(signer.sign("proposal", message), PurposeRefused);
  strictEqual(identityText(signer.id), identityText(identityOf(bundle)));
});

Deno.test("a signer shows its bundle, its id and nothing else", () => {
  const signer = signerFor(key, ["signal"]);
  deepStrictEqual(Object.keys(signer).sort(), ["bundle", "id", "sign"]);
  ok(Object.isFrozen(signer));
});

Deno.test("both seeds and the master are different", () => {
  const master = new Uint8Array(32).fill(9);
  const seeds = seedsFrom(master);
  const texts = [master, seeds.mldsa65, seeds.ed25519].map(toHex);
  strictEqual(new Set(texts).size, 3);
  notStrictEqual(toHex(seedsFrom(new Uint8Array(32)).ed25519), texts[2]);
});

Deno.test("identities: known BLAKE3 digests, strict text", () => {
  strictEqual(
    identityText(identityOf(new Uint8Array())),
    "01af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  );
  strictEqual(
    toHex(networkIdentity("a")),
    toHex(identityOf(utf8("karyon network: a"))),
  );
  const text = identityText(identityOf(utf8("x")));
  strictEqual(toHex(identityFromText(text) ?? new Uint8Array()), text);
  for (const bad of [text.toUpperCase(), text.slice(2), "02" + text.slice(2)]) {
    strictEqual(identityFromText(bad), undefined, bad);
  }
});

Deno.test("base64 and hexadecimal have one spelling each", () => {
  deepStrictEqual(fromBase64("AAE="), Uint8Array.of(0, 1));
  for (const bad of ["AAE", "AAF=", " AAE=", "AA-_", "AAE=\n", "="]) {
    strictEqual(fromBase64(bad), undefined, bad);
  }
  deepStrictEqual(fromHex("00ff"), Uint8Array.of(0, 255));
  for (const bad of ["0", "0F", "0x", " 00", "zz"]) {
    strictEqual(fromHex(bad), undefined, bad);
  }
});
