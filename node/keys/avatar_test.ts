/**
 * Avatars in the key store: from the phrase alone all keys come back, and a
 * device's file gives that device only.
 */
import {
  deepStrictEqual,
  doesNotMatch,
  match,
  strictEqual,
} from "node:assert/strict";
import { Effect } from "effect";
import { composite as join, toHex, utf8 } from "../../kernel/crypto/mod.ts";
import { nobleMlDsa65 } from "../../kernel/crypto/noble.ts";
import { PLATFORM_ED25519 } from "../../kernel/crypto/platform.ts";
import { Chance } from "../../kernel/crypto/test_chance.ts";
import { KeyRefused, openKeyStore } from "./mod.ts";
import { phraseOf, seedOfPhrase } from "./phrase.ts";

const composite = join(nobleMlDsa65(), PLATFORM_ED25519);
const run = Effect.runPromise;

async function inFolders(
  body: (one: string, other: string) => Promise<void>,
): Promise<void> {
  const folders = [await Deno.makeTempDir(), await Deno.makeTempDir()] as const;
  try {
    await body(...folders);
  } finally {
    for (const each of folders) await Deno.remove(each, { recursive: true });
  }
}

const open = (folder: string, passphrase?: string) =>
  run(openKeyStore({
    folder,
    composite,
    entropy: new Chance(7).entropy,
    seal: passphrase === undefined
      ? undefined
      : { passphrase: utf8(passphrase), log2n: 14 },
  }));

async function ruleOf(
  work: Effect.Effect<unknown, { readonly message: string }>,
): Promise<string> {
  const refused = await run(Effect.flip(work));
  return refused instanceof KeyRefused ? refused.rule : refused.message;
}

Deno.test("keys: a phrase is BIP-39's, and so is its seed", async () => {
  // The list of the BIP has it with a passphrase; this is the one without.
  const phrase = `${"abandon ".repeat(23)}art`;
  strictEqual(phraseOf(new Uint8Array(32)), phrase);
  const seed = await seedOfPhrase(
    ` ${phrase.toUpperCase().replace(" ", "\n")}`,
  );
  strictEqual(
    toHex(seed ?? new Uint8Array()),
    "408b285c123836004f4b8842c89324c1f01382450c0d439af345ba7fc49acf70" +
      "5489c6fc77dbd4e3dc1dd8cc6bc9f043db8ada1e243c4a0eafb290d399480840",
  );
  const short = `${"abandon ".repeat(11)}about`;
  const wrong = [
    "",
    short,
    phrase.replace("art", "about"),
    phrase.replace("art", "artt"),
    `${phrase} art`,
    "x ".repeat(2_000),
  ];
  for (const each of wrong) strictEqual(await seedOfPhrase(each), undefined);
});

Deno.test("keys: the phrase alone gives an avatar and its devices back", () =>
  inFolders(async (here, there) => {
    const store = await open(here, "correct horse");
    const phrase = await run(store.newPhrase);
    const key = await run(store.avatar("alice", phrase));
    deepStrictEqual([key.path, key.sealed], [["alice"], true]);
    const laptop = await run(store.derive("alice", "laptop"));
    strictEqual(laptop.name, "alice-laptop");
    const blog = await run(store.derive("alice-laptop", "blog", "blog"));
    deepStrictEqual(blog.path, ["alice", "laptop", "blog"]);
    const later = await open(there);
    const again = await run(later.avatar("alice", phrase));
    strictEqual(again.id, key.id);
    const identity = await run(later.derive("alice", "laptop", "identity"));
    strictEqual(identity.id, laptop.id);
    strictEqual((await run(later.derive("identity", "blog"))).id, blog.id);
    const signer = await run(store.signer("blog", ["signal"]));
    strictEqual(toHex(signer.id), blog.id);
    for (const { name } of Deno.readDirSync(`${here}/keys`)) {
      const text = Deno.readTextFileSync(`${here}/keys/${name}`);
      doesNotMatch(text, new RegExp(phrase.slice(0, 20)));
      match(text, /scrypt/);
    }
  }));

Deno.test("keys: a device's file is that device's and no more", () =>
  inFolders(async (here, there) => {
    const store = await open(here);
    const key = await run(store.avatar("alice", await run(store.newPhrase)));
    const laptop = await run(store.derive("alice", "laptop"));
    const device = await open(there);
    await Deno.copyFile(
      `${here}/keys/alice-laptop.key`,
      `${there}/keys/alice-laptop.key`,
    );
    deepStrictEqual((await run(device.list)).map(({ id }) => id), [laptop.id]);
    const below = await run(device.derive("alice-laptop", "laptop"));
    strictEqual([key.id, laptop.id].includes(below.id), false);
    strictEqual(await ruleOf(device.derive("alice", "phone")), "missing");
    const path = `${there}/keys/alice-laptop.key`;
    const json = JSON.parse(await Deno.readTextFile(path));
    for (
      const changed of [
        { ...json, path: [] },
        { ...json, path: ["a", "b", "c", "d", "e"] },
        { ...json, format: "karyon-key-1" },
        { ...json, format: "karyon-key-1", path: undefined },
        { ...json, secret: { by: "nothing", octets: btoa("x".repeat(128)) } },
      ]
    ) {
      await Deno.writeTextFile(path, JSON.stringify(changed));
      strictEqual(await ruleOf(device.signer("alice-laptop", [])), "damaged");
    }
  }));

Deno.test("keys: what has no place in a tree is refused", () =>
  inFolders(async (here) => {
    const store = await open(here);
    await run(store.create("own"));
    strictEqual(await ruleOf(store.derive("own", "x")), "path");
    const phrase = await run(store.newPhrase);
    strictEqual(await ruleOf(store.avatar("own", phrase)), "exists");
    strictEqual(
      await ruleOf(store.avatar("alice", "no words")),
      "phrase",
    );
    await run(store.avatar("a", phrase));
    for (const [parent, label] of [["a", "b"], ["a-b", "c"], ["a-b-c", "d"]]) {
      await run(store.derive(parent ?? "", label ?? ""));
    }
    strictEqual(await ruleOf(store.derive("a-b-c-d", "e")), "path");
    strictEqual(await ruleOf(store.derive("a", "B")), "name");
    strictEqual(await ruleOf(store.derive("a", "b")), "exists");
  }));
