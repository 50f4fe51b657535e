/** The command `conform` over scripted suites; the suites have their own tests. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Room } from "./testing.ts";

const utf8 = new TextDecoder();
const BAD = ["conform", "--driver", "deno/block-file"];

Deno.test("conform: lists suites, and tells a failure", async () => {
  const room = new Room();
  match((await room.run(["conform"])).out, /block +2 +memory\/block, deno/);
  const listed = JSON.parse((await room.run(["conform", "--json"])).out);
  deepStrictEqual(listed[0].cases, ["behaviour/reads", "behaviour/writes"]);
  const good = await room.run(["conform", "--driver", "memory/block"]);
  strictEqual(good.code, 0, good.err);
  match(
    good.out,
    /^TAP version 14\n1\.\.1\nok 1 - behaviour\/reads: reads \\# all$/m,
  );
  match(good.err, /1 passed, 0 failed/);
});

Deno.test("conform: a failure has promise, evidence, seed and command", async () => {
  const room = new Room();
  const bad = await room.run([...BAD, "--seed", "9"]);
  strictEqual(bad.code, 1);
  match(bad.out, /^not ok 1/m);
  match(bad.out, /promise: "wit\/hal\/block\/block\.wit:51, block\.read"/);
  match(bad.out, /evidence: "octet 3 is <b>1<\/b>, not 2"/);
  match(bad.out, /again: ".*--driver deno\/block-file --seed 9 --case behav/);
  match(bad.err, /0 passed, 1 failed/);
  const json = JSON.parse((await room.run([...BAD, "--json"])).out);
  strictEqual(json.totals.failed, 1);
  strictEqual(json.results[0].verdict, "failed");
});

Deno.test("conform: JUnit and a page are written, and nothing escapes", async () => {
  const room = new Room();
  await room.run([...BAD, "--junit", "r.xml", "--html", "r.html"]);
  const xml = utf8.decode(room.files.get("r.xml"));
  match(
    xml,
    /<testsuite name="block on deno\/block-file" tests="1" failures="1"/,
  );
  match(xml, /<failure message="octet 3 is &lt;b&gt;1&lt;\/b&gt;, not 2">/);
  const page = utf8.decode(room.files.get("r.html"));
  match(page, /does not conform to <b>block<\/b>/);
  match(page, /Reads &lt;octets&gt;\./);
  match(page, /deno run kernel conform --contract block/);
  ok(!page.includes("<b>1</b>"));
  ok(!/<script|https?:\/\//.test(page));
});

Deno.test("conform: a table of every driver", async () => {
  const room = new Room();
  const { code, out } = await room.run(["conform", "--matrix"]);
  strictEqual(code, 1);
  match(out, /\| `memory\/block` +\| block +\| <memory\/block> +\| 1 +\| 0 /);
  const kept = await room.run(["conform", "--matrix", "--out", "m.md"]);
  strictEqual(utf8.decode(room.files.get("m.md")), out);
  match(kept.err, /wrote m\.md/);
});

Deno.test("conform: what cannot be shown is no success", async () => {
  const room = new Room();
  const gone = await room.run(["conform", "--driver", "gone/block"]);
  strictEqual(gone.code, 1);
  match(gone.out, /^1\.\.0 # SKIP it is not installed/m);
  const rows: ReadonlyArray<readonly [string[], RegExp]> = [
    [["--contract", "block"], /--driver is missing/],
    [
      ["--driver", "memory/block", "--case", "nothing"],
      /no case has "nothing"/,
    ],
    [["--driver", "memory/block", "--seed", "x"], /integer from 0/],
    [["--driver", "memory/block", "--allow", "all"], /is no permission/],
  ];
  for (const [more, wanted] of rows) {
    const { code, err } = await room.run(["conform", ...more]);
    strictEqual(code, 2, more.join(" "));
    match(err, wanted);
  }
});

Deno.test("conform: a report is signed, and checked", async () => {
  const room = new Room();
  const good = ["conform", "--driver", "memory/block"];
  const signed = await room.run([...good, "--attest", "r", "--key", "alice"]);
  strictEqual(signed.code, 0, signed.err);
  strictEqual(utf8.decode(room.files.get("r")), "alice: memory/block 1\n");
  const part = await room.run([...good, "--attest", "r", "--case", "reads"]);
  strictEqual(part.code, 2);
  const check = (...more: string[]) =>
    room.run(["conform", "--check", "r", ...more]);
  const whole = await check();
  strictEqual(whole.code, 0, whole.err);
  match(whole.out, /passed: 1 passed, 0 failed[^]*01ff \(alice\)/);
  strictEqual((await check("--by", "alice")).code, 0);
  const other = await check("--by", "bob");
  strictEqual(other.code, 1);
  match(other.err, /bob did not sign it/);
  for (
    const [text, why] of [
      ["failed", /did not pass/],
      ["changed", /not the one that was tested/],
    ] as const
  ) {
    room.files.set("r", new TextEncoder().encode(text));
    const { code, err } = await check();
    strictEqual(code, 1);
    match(err, why);
  }
});
