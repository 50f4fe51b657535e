/** Keys and governance's files on a real disk; propose and sign. */
import {
  deepStrictEqual,
  match,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { Effect, Result } from "effect";
import {
  composite as join,
  identityOf,
  identityText,
  networkIdentity,
  toHex,
  utf8,
  verifyPurpose,
} from "../../kernel/crypto/mod.ts";
import { nobleMlDsa65 } from "../../kernel/crypto/noble.ts";
import { PLATFORM_ED25519 } from "../../kernel/crypto/platform.ts";
import { Chance } from "../../kernel/crypto/test_chance.ts";
import { policyOf } from "../../kernel/governance/mod.ts";
import {
  IDENTITY_KEY,
  type KeyStoreOptions,
  openKeyStore,
  proposeSwap,
  readPassphrase,
  signaturesOf,
  signProposal,
} from "./mod.ts";

const composite = join(nobleMlDsa65(), PLATFORM_ED25519);
const run = Effect.runPromise;
const LOG2N = 14;

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function options(folder: string, passphrase?: string): KeyStoreOptions {
  return {
    folder,
    composite,
    entropy: new Chance(passphrase?.length ?? 1).entropy,
    seal: passphrase === undefined
      ? undefined
      : { passphrase: utf8(passphrase), log2n: LOG2N },
  };
}

const open = (folder: string, passphrase?: string) =>
  run(openKeyStore(options(folder, passphrase)));

Deno.test("the identity is made once and signs after a restart", () =>
  inFolder(async (folder) => {
    const made = await run((await open(folder)).identity);
    deepStrictEqual([made.made, made.sealed, made.name], [
      true,
      false,
      IDENTITY_KEY,
    ]);
    const again = await open(folder);
    const found = await run(again.identity);
    deepStrictEqual([found.made, found.id], [false, made.id]);
    const signer = await run(again.signer(IDENTITY_KEY, ["signal"]));
    strictEqual(identityText(signer.id), made.id);
    const signature = await signer.sign("signal", utf8("m"));
    ok(
      await verifyPurpose(
        composite,
        "signal",
        signer.bundle,
        utf8("m"),
        signature,
      ),
    );
    const { mode } = await Deno.stat(`${folder}/keys/identity.key`);
    if (mode !== null) strictEqual(mode & 0o777, 0o600);
    const names = [...Deno.readDirSync(`${folder}/keys`)].map((e) => e.name);
    deepStrictEqual(names, ["identity.key"], "no temporary file is left");
  }));

Deno.test("a sealed key opens with its passphrase only", () =>
  inFolder(async (folder) => {
    const sealing = await open(folder, "correct horse");
    const made = await run(sealing.create("alice"));
    strictEqual(made.sealed, true);
    const text = await Deno.readTextFile(`${folder}/keys/alice.key`);
    match(text, /scrypt-aes-256-gcm/);
    const master = toHex(new Chance("correct horse".length).octets(32));
    strictEqual(
      text.includes(btoa(String.fromCharCode(
        ...Uint8Array.fromHex(master),
      ))),
      false,
    );
    const signer = await run(sealing.signer("alice", ["proposal"]));
    strictEqual(identityText(signer.id), made.id);
    const without = await open(folder);
    const locked = await run(Effect.flip(without.signer("alice", [])));
    strictEqual(
      locked._tag === "KeyRefused" && locked.rule,
      "passphrase-needed",
    );
    const wrong = await open(folder, "wrong horse");
    const refused = await run(Effect.flip(wrong.signer("alice", [])));
    strictEqual(
      refused._tag === "KeyRefused" && refused.rule,
      "passphrase-wrong",
    );
    deepStrictEqual((await run(without.list)).map(({ sealed }) => sealed), [
      true,
    ]);
  }));

Deno.test("a key in the clear is sealed, and stays the same key", () =>
  inFolder(async (folder) => {
    const clear = await open(folder);
    const made = await run(clear.create("alice"));
    strictEqual(made.sealed, false);
    const before = await Deno.readTextFile(`${folder}/keys/alice.key`);
    const { octets } = JSON.parse(before).secret;
    const needed = await run(Effect.flip(clear.seal("alice")));
    strictEqual(
      needed._tag === "KeyRefused" && needed.rule,
      "passphrase-needed",
    );
    const passphrase = "correct horse";
    const sealing = await open(folder, passphrase);
    deepStrictEqual(await run(sealing.seal("alice")), {
      ...made,
      sealed: true,
    });
    const after = await Deno.readTextFile(`${folder}/keys/alice.key`);
    strictEqual(after.includes(octets), false, "the master is not in it");
    const signer = await run(sealing.signer("alice", ["proposal"]));
    strictEqual(identityText(signer.id), made.id);
    const wrong = await open(folder, "wrong horse");
    const refused = await run(Effect.flip(wrong.signer("alice", [])));
    strictEqual(
      refused._tag === "KeyRefused" && refused.rule,
      "passphrase-wrong",
    );
    strictEqual(
      /horse/.test(refused.message),
      false,
      "no passphrase in a refusal",
    );
    const again = await run(Effect.flip(sealing.seal("alice")));
    strictEqual(again._tag === "KeyRefused" && again.rule, "sealed");
    const none = await run(Effect.flip(sealing.seal("bob")));
    strictEqual(none._tag === "KeyRefused" && none.rule, "missing");
  }));

Deno.test("changed, exposed and strange key files are refused", () =>
  inFolder(async (folder) => {
    const store = await open(folder);
    await run(store.create("alice"));
    const path = `${folder}/keys/alice.key`;
    const good = await Deno.readTextFile(path);
    const json = JSON.parse(good);
    const other = { by: "nothing", octets: btoa("x".repeat(32)) };
    const cases: ReadonlyArray<[string, string]> = [
      ["cut", good.slice(0, -20)],
      ["empty", ""],
      ["further key", JSON.stringify({ ...json, more: 1 })],
      ["another name", JSON.stringify({ ...json, name: "bob" })],
      ["another secret", JSON.stringify({ ...json, secret: other })],
      ["short bundle", JSON.stringify({ ...json, bundle: "AAAA" })],
      ["no secret", JSON.stringify({ ...json, secret: undefined })],
      ["not UTF-8", "\u0000\ufffd"],
    ];
    for (const [name, text] of cases) {
      await Deno.writeTextFile(path, text);
      const refused = await run(Effect.flip(store.signer("alice", [])));
      strictEqual(
        refused._tag === "KeyRefused" && refused.rule,
        "damaged",
        name,
      );
      strictEqual(
        refused.message.includes(json.secret.octets),
        false,
        "no secret",
      );
    }
    await Deno.writeTextFile(path, good);
    await run(store.signer("alice", []));
    if (Deno.build.os !== "windows") {
      await Deno.chmod(path, 0o640);
      const exposed = await run(Effect.flip(store.signer("alice", [])));
      strictEqual(exposed._tag === "KeyRefused" && exposed.rule, "exposed");
    }
  }));

Deno.test("names are checked, keys never overwritten, public keys travel", () =>
  inFolder(async (folder) => {
    const store = await open(folder);
    for (const name of ["", "..", "a/b", "A", "a_b", "-a", "x".repeat(65)]) {
      const refused = await run(Effect.flip(store.create(name)));
      strictEqual(refused._tag === "KeyRefused" && refused.rule, "name", name);
    }
    const alice = await run(store.create("alice"));
    const taken = await run(Effect.flip(store.create("alice")));
    strictEqual(taken._tag === "KeyRefused" && taken.rule, "exists");
    strictEqual((await run(store.publicKey("alice"))).id, alice.id);
    const text = await run(store.exportPublic("alice"));
    const elsewhere = await open(`${folder}/elsewhere`);
    const taker = await run(elsewhere.importPublic(text, "alice-of-x"));
    deepStrictEqual([taker.id, taker.secret], [alice.id, false]);
    const unable = await run(Effect.flip(elsewhere.signer("alice-of-x", [])));
    strictEqual(unable._tag === "KeyRefused" && unable.rule, "no-secret");
    const clash = await run(Effect.flip(elsewhere.create("alice-of-x")));
    strictEqual(clash._tag === "KeyRefused" && clash.rule, "exists");
    const id = alice.id;
    for (const bad of ["", "{}", text.replace(id, `01${"0".repeat(64)}`)]) {
      const refused = await run(Effect.flip(elsewhere.importPublic(bad, "y")));
      strictEqual(refused._tag === "KeyRefused" && refused.rule, "damaged");
    }
    const missing = await run(Effect.flip(store.publicKey("nobody")));
    strictEqual(missing._tag === "KeyRefused" && missing.rule, "missing");
  }));

Deno.test("a passphrase comes from a file, without its last line feed", () =>
  inFolder(async (folder) => {
    const path = `${folder}/passphrase`;
    await Deno.writeTextFile(path, "two words\n");
    deepStrictEqual(await run(readPassphrase(path)), utf8("two words"));
    strictEqual(await run(readPassphrase(undefined)), undefined);
    await Deno.writeTextFile(path, "\n");
    strictEqual(
      (await run(Effect.flip(readPassphrase(path))))._tag,
      "KeyRefused",
    );
    await Deno.writeTextFile(path, "x".repeat(2000));
    strictEqual(
      (await run(Effect.flip(readPassphrase(path))))._tag,
      "StorageFailed",
    );
    const none = await run(Effect.flip(readPassphrase(`${folder}/none`)));
    match(none.message, /no such file/);
  }));

Deno.test("propose and sign make a file that names who signed", () =>
  inFolder(async (folder) => {
    const store = await run(openKeyStore({
      ...options(folder),
      entropy: new Chance(77).entropy,
    }));
    await run(store.create("alice"));
    await run(store.create("bob"));
    const alice = await run(store.signer("alice", ["proposal"]));
    const bob = await run(store.signer("bob", ["proposal"]));
    notStrictEqual(identityText(alice.id), identityText(bob.id));
    const component = utf8("component");
    const draft = { network: networkIdentity("t"), cell: "rank", component };
    const entropy = new Chance(5).entropy;
    const proposed = await run(proposeSwap({ ...draft, note: "why" }, entropy));
    const another = await run(proposeSwap(draft, entropy));
    notStrictEqual(proposed.id, another.id);
    const { proposal } = proposed.bundle;
    strictEqual(
      identityText(proposal.component ?? new Uint8Array()),
      identityText(identityOf(component)),
    );
    const once = await run(signProposal(proposed.text, alice));
    const twice = await run(signProposal(once.text, bob));
    strictEqual(twice.id, proposed.id);
    const policy = Result.getOrThrow(policyOf([alice.bundle], 1));
    const reports = await run(signaturesOf(composite, policy, twice.bundle));
    deepStrictEqual(reports.map(({ verdict }) => verdict), [
      "good",
      "unknown-governor",
    ]);
    for (
      const change of [
        { cell: "Rank" },
        { replaces: "xyz" },
        { validForMs: 0 },
        { validForMs: 1.5 },
        { activateAtMs: -1 },
        { note: "x".repeat(5000) },
      ]
    ) {
      const refused = await run(
        Effect.flip(proposeSwap({ ...draft, ...change }, entropy)),
      );
      strictEqual(refused.rule, "malformed", JSON.stringify(change));
    }
  }));
