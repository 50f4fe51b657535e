/** Signed reports against the formats' own examples, and against changes. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  identityText,
  nobleComposite,
  seedsFrom,
  signerFor,
  utf8,
} from "../../kernel/crypto/mod.ts";
import { dirHash } from "./dir_hash.ts";
import { NotSigned, open, preAuthentication, seal } from "./dsse.ts";
import { readStatement, statementOf } from "./test_result.ts";

const composite = nobleComposite();
const key = await composite.open(seedsFrom(new Uint8Array(32).fill(3)));
const signer = signerFor(key, ["report"]);
const TYPE = "http://example.com/HelloWorld";

Deno.test("attestation: what is signed is DSSE's own example", () => {
  deepStrictEqual(
    preAuthentication(TYPE, utf8("hello world")),
    utf8(`DSSEv1 29 ${TYPE} 11 hello world`),
  );
  deepStrictEqual(preAuthentication("", utf8("é")), utf8("DSSEv1 0  2 é"));
});

Deno.test("attestation: an envelope opens as it was sealed; nothing else does", async () => {
  const text = await seal(TYPE, utf8("hello world"), signer, "report");
  deepStrictEqual(await open(text, composite, "report"), {
    type: TYPE,
    payload: utf8("hello world"),
    signers: [identityText(signer.id)],
  });
  const json = JSON.parse(text);
  const [signature] = json.signatures;
  const with_ = (change: object) =>
    JSON.stringify({ ...json, signatures: [{ ...signature, ...change }] });
  const other = await composite.open(seedsFrom(new Uint8Array(32).fill(4)));
  const wrong: Readonly<Record<string, string>> = {
    "nothing": "",
    "no signatures": JSON.stringify({ ...json, signatures: [] }),
    "another type": JSON.stringify({ ...json, payloadType: "x" }),
    "another payload": JSON.stringify({ ...json, payload: btoa("hello") }),
    "a payload that is not base64": JSON.stringify({ ...json, payload: "*" }),
    "another key": with_({ bundle: other.bundle.toBase64() }),
    "another key's name": with_({ keyid: "01ff" }),
    "a cut key": with_({ bundle: "AAAA" }),
    "a cut signature": with_({ sig: signature.sig.slice(4) }),
    "one bad among good": JSON.stringify({
      ...json,
      signatures: [signature, { ...signature, sig: "AAAA" }],
    }),
  };
  for (const [name, envelope] of Object.entries(wrong)) {
    await rejects(open(envelope, composite, "report"), NotSigned, name);
  }
  await rejects(open(text, composite, "proposal"), NotSigned, "purpose");
});

Deno.test("attestation: a folder's digest is sha256sum's of its lines", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/b/c`, { recursive: true });
    await Deno.writeTextFile(`${folder}/b/c/d.txt`, "d");
    await Deno.writeTextFile(`${folder}/b/a.txt`, "");
    await Deno.writeTextFile(`${folder}/b.txt`, "b\n");
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        'cd "$0" && find . -type f | sed "s,^./,," | LC_ALL=C sort | ' +
        "xargs sha256sum | sha256sum",
        folder,
      ],
    }).output();
    const [digest] = new TextDecoder().decode(stdout).split(" ");
    strictEqual(dirHash(folder), digest);
    await Deno.writeTextFile(`${folder}/b/a.txt`, "x");
    strictEqual(dirHash(folder) === digest, false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("attestation: a statement says of each case what became of it", () => {
  const verdicts = [
    "passed",
    "failed",
    "left-out",
    "known-failure",
    "unexpected-pass",
  ] as const;
  const report = {
    contract: "block",
    wit: "wit/hal/block/block.wit",
    driver: "memory/block",
    platform: "here",
    seed: 7,
    promises: new Map(),
    profile: [],
    results: verdicts.map((verdict) => ({
      id: verdict,
      group: "behaviour",
      claim: verdict,
      promise: "block.read",
      verdict,
      reason: "why",
      ms: 1,
    })),
  };
  const digests = { driver: "aa", contract: "bb", suite: "cc" };
  const statement = readStatement(statementOf(report, digests));
  deepStrictEqual(statement?.subject, [
    { name: "memory/block", digest: { dirHash: "aa" } },
  ]);
  const { predicate } = statement;
  deepStrictEqual(
    [
      predicate.result,
      predicate.passedTests,
      predicate.warnedTests,
      predicate.failedTests,
      predicate.configuration[1].annotations.leftOut,
    ],
    [
      "FAILED",
      ["passed"],
      ["known-failure"],
      ["failed", "unexpected-pass"],
      { "left-out": "why" },
    ],
  );
  const only = (index: number) =>
    readStatement(
      statementOf({
        ...report,
        results: report.results.slice(index, index + 1),
      }, digests),
    )?.predicate.result;
  deepStrictEqual([only(0), only(3), only(1)], ["PASSED", "WARNED", "FAILED"]);
  strictEqual(readStatement("{}"), undefined);
});
