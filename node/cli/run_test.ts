/** Every command, through one command line, against a simulated node. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Refusal } from "../api.ts";
import { identify } from "../http/simulated_record.ts";
import { COMMANDS } from "./run.ts";
import { Room } from "./testing.ts";

const utf8 = new TextEncoder();

Deno.test("cli: every command explains itself", async () => {
  const room = new Room();
  const general = await room.run(["--help"]);
  strictEqual(general.code, 0);
  for (const { name, options } of COMMANDS) {
    ok(general.out.includes(`  ${name} `), name);
    const help = await room.run([name, "--help"]);
    strictEqual(help.code, 0, name);
    ok(help.out.includes(`usage: karyon ${name}`), name);
    for (const option of Object.keys(options)) {
      ok(help.out.includes(`--${option}`), `${name} --${option}`);
    }
  }
  strictEqual(room.opened, 0);
});

Deno.test("cli: what is misspelt is told with what was meant", async () => {
  const room = new Room();
  const rows: ReadonlyArray<readonly [string[], RegExp]> = [
    [["serach", "x"], /did you mean search\?/],
    [["celsl"], /did you mean cells\?/],
    [["imp", "x.tsv"], /did you mean import\?/],
    [["quux"], /see them all: --help/],
    [["top", "--limt", "3"], /no option --limt\n.*--limit/],
    [["search", "x", "--jsno"], /did you mean --json\?/],
    [["top", "--limit"], /--limit needs a value: N/],
    [["top", "--json=yes"], /--json takes no value/],
    [["top", "extra"], /too many arguments/],
    [
      ["top", ...Array(17).fill("--from=a")],
      /17 particles are too many\n.*16 times/,
    ],
    [["link", "a"], /too few arguments\n.*FROM TO/],
    [["top", "--limit", "0"], /from 1 to 1000/],
    [["top", "--limit", "1e3"], /from 1 to 1000/],
    [["link", "a", "b", "--valence", "2"], /from -1 to 1/],
    [["link", "cid:zz", "b"], /not an identity/],
    [["keys", "lst"], /did you mean keys list\?/],
    [["keys", "new"], /needs the name/],
    [["import", "x", "--format", "tvs"], /did you mean tsv\?/],
    [["import", "unknown.bin"], /--format with one of tsv/],
    [["up", "--port", "70000"], /from 0 to 65535/],
    [["conform", "--contract", "blok"], /did you mean block\?/],
  ];
  for (const [argv, wanted] of rows) {
    const { code, err, out } = await room.run(argv);
    strictEqual(code, 2, `${argv.join(" ")}: ${err}`);
    match(err, wanted);
    strictEqual(out, "");
  }
  strictEqual(room.node.stored.length, 0);
});

Deno.test("cli: link, particle, search and top agree", async () => {
  const room = new Room();
  const made = await room.run([
    "link",
    "alpha",
    "β",
    "--amount",
    "7",
    "--valence",
    "-1",
  ]);
  strictEqual(made.code, 0, made.err);
  match(made.out, /linked at height 1/);
  const cid = identify(utf8.encode("alpha"));
  for (const name of ["alpha", cid, `cid:${cid}`]) {
    const { code, out } = await room.run(["particle", name]);
    strictEqual(code, 0);
    match(out, new RegExp(`cid +${cid}`));
    match(out, /links out \(1\)\nto +amount +valence/);
    match(out, /β +7 +-1/);
  }
  const json = await room.run(["particle", "alpha", "--json"]);
  strictEqual(JSON.parse(json.out).links.out[0].to.text, "β");
  const content = await room.run(["particle", "β", "--content"]);
  strictEqual(content.out, "β");
  const found = await room.run(["search", "ALP"]);
  match(found.out, /alpha/);
  match(found.err, /1 match$/m);
  const top = await room.run(["top", "--json", "--limit", "2"]);
  strictEqual(JSON.parse(top.out).items.length, 2);
  strictEqual(room.opened, room.closed);
});

Deno.test("cli: exit codes tell who said no", async () => {
  const codes = {
    invalid: 1,
    unauthorised: 1,
    "not-found": 1,
    conflict: 1,
    "too-large": 1,
    full: 1,
    failed: 1,
    unavailable: 3,
    "too-many": 3,
  } as const;
  for (const [kind, code] of Object.entries(codes)) {
    const room = new Room();
    room.node.refuse = new Refusal({
      kind: kind as Refusal["kind"],
      message: "why\nnot",
      fix: "do this",
    });
    const refused = await room.run(["top"]);
    strictEqual(refused.code, code, kind);
    strictEqual(refused.err, "karyon: why not\n  do this\n");
    strictEqual(room.closed, 1, "the node is closed in any case");
    const json = await room.run(["top", "--json"]);
    deepStrictEqual(JSON.parse(json.err), {
      error: { kind, message: "why\nnot", fix: "do this" },
    });
  }
  const room = new Room();
  room.inTheWay = new Refusal({ kind: "conflict", message: "store is held" });
  strictEqual((await room.run(["top"])).code, 3);
  strictEqual((await room.run(["up"])).code, 3);
});

Deno.test("cli: what the platform throws is one line", async () => {
  const room = new Room();
  room.node.top = () => {
    throw new Deno.errors.NotADirectory("Not a directory (os error 20)");
  };
  const { code, err } = await room.run(["top"]);
  strictEqual(code, 1);
  match(err, /^karyon: the platform says: Not a directory.*\n {2}see that/);
  room.node.top = () => {
    throw new TypeError("x is undefined");
  };
  match((await room.run(["top"])).err, /this is a fault of Karyon/);
  strictEqual(room.closed, 2);
});

Deno.test("cli: a table keeps to the terminal", async () => {
  const room = new Room();
  await room.run(["link", "日本語のとても長いテキスト".repeat(5), "👩‍👩‍👧 family"]);
  const cid = identify(utf8.encode("👩‍👩‍👧 family"));
  const wide = await room.run(["top"]);
  ok(wide.out.includes(cid), "all of it where it is no terminal");
  const narrow = await room.run(["top"], { columns: 40 });
  ok(narrow.out.includes("…"));
  ok(narrow.out.includes("\x1b[2m"), "colours on a terminal");
  const plain = await room.run(["top"], {
    columns: 40,
    env: { NO_COLOR: "1" },
  });
  ok(!plain.out.includes("\x1b["));
  const cells = await room.run(["cells"], {
    columns: 60,
    env: { NO_COLOR: "1" },
  });
  for (const line of cells.out.split("\n")) ok(line.length <= 60, line);
});

Deno.test("cli: text from the graph cannot take over the terminal", async () => {
  const room = new Room();
  await room.run(["link", "a\x1b]0;title\x07b", "\u202egnp.exe"]);
  for (
    const argv of [["top"], ["search", "title"], ["particle", "\u202egnp.exe"]]
  ) {
    const { out } = await room.run(argv);
    // deno-lint-ignore no-control-regex -- they are what must not be there
    ok(!/[\x00-\x09\x0b-\x1f\u202e]/u.test(out), JSON.stringify(out));
  }
});

Deno.test("cli: cells --watch refreshes until it is interrupted", async () => {
  const room = new Room();
  const watching = room.run(["cells", "--watch"], { columns: 80 });
  await new Promise((resolve) => setTimeout(resolve, 40));
  room.interrupt();
  const { code, out } = await watching;
  strictEqual(code, 0);
  ok(out.includes("\x1b[4A\x1b[J"), "goes back over its own lines");
  strictEqual(room.closed, 1);
});

Deno.test("cli: up runs until it is told to stop", async () => {
  const room = new Room();
  const running = room.run(["--port", "0", "--data", "/tmp/x", "--name", "n"]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  strictEqual(room.closed, 0);
  room.interrupt();
  const { code, out, err } = await running;
  strictEqual(code, 0);
  match(out, /karyon 0\.0\.0-test +http:\/\/127\.0\.0\.1:0/);
  match(out, /graph +running/);
  match(out, /identity +01abab/);
  match(out, /deno run kernel search .*--data \/tmp\/x/);
  match(err, /stopped; the store is whole/);
  strictEqual(room.closed, 1);
  deepStrictEqual(room.started[0]?.names, ["n"]);
  strictEqual(room.started[0]?.genesis, "default");
});

Deno.test("cli: up says when the node stops by itself", async () => {
  const room = new Room();
  const running = room.run(["up", "--json"]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  room.fail("the disk is gone");
  const { code, err, out } = await running;
  strictEqual(code, 1);
  match(err, /the disk is gone/);
  strictEqual(JSON.parse(out).url, "http://127.0.0.1:8080");
  strictEqual(room.closed, 1);
});

Deno.test("cli: propose, sign, submit", async () => {
  const room = new Room();
  const wasm = new Uint8Array([0, 97, 115, 109]);
  room.files.set("rank.wasm", wasm);
  const made = await room.run(["propose", "rank", "rank.wasm", "--note", "x"]);
  strictEqual(made.code, 0, made.err);
  match(made.out, /signatures 0 of 1/);
  const signed = await room.run(["sign", "rank.proposal.json"]);
  match(signed.out, /signatures 1 of 1\n +01ff +good/);
  const sent = await room.run(["submit", "rank.proposal.json", "rank.wasm"]);
  strictEqual(sent.code, 0, sent.err);
  match(sent.out, /swap of rank: executed/);
  match(sent.out, /pause +300 µs/);
  strictEqual([...room.node.handedIn.values()][0]?.component, identify(wasm));
  const missing = await room.run(["submit", "none.json", "rank.wasm"]);
  strictEqual(missing.code, 1);
  match(missing.err, /none\.json does not exist/);
});

Deno.test("cli: a proposal for later, and those that wait", async () => {
  const room = new Room();
  room.files.set("rank.wasm", new Uint8Array([0]));
  const wrong: ReadonlyArray<readonly [string[], RegExp]> = [
    [["--at", "tomorrow"], /a time with its zone/],
    [["--at", "2026-12-01T03:00:00"], /2026-12-01T03:00:00Z or/],
    [["--at", "2026-13-01T03:00:00Z"], /a time with its zone/],
    [["--at-height", "0"], /from 1 to/],
    [["--at", "2026-12-01T03:00:00Z", "--at-height", "5"], /exclude/],
  ];
  for (const [argv, why] of wrong) {
    const { code, err } = await room.run([
      "propose",
      "rank",
      "rank.wasm",
      ...argv,
    ]);
    strictEqual(code, 2, argv.join(" "));
    match(err, why);
  }
  for (
    const [argv, when] of [
      [["--at", "2026-12-01T03:00+01:00"], /at 2026-12-01T02:00:00.000Z/],
      [["--at-height", "4096"], /at height 4096/],
      [[], /at once/],
    ] as const
  ) {
    const made = await room.run(["propose", "rank", "rank.wasm", ...argv]);
    match(made.out, when, made.err);
  }
  match((await room.run(["proposals"])).out, /nothing was accepted yet/);
  await room.run(["submit", "rank.proposal.json", "rank.wasm"]);
  match((await room.run(["proposals"])).out, /swap of rank +executed +at once/);
  const json = await room.run(["proposals", "--json"]);
  const { id } = JSON.parse(json.out)[0];
  match((await room.run(["proposals", id])).out, /signed by +1 of 1/);
  match((await room.run(["proposals", "--pending"])).out, /nothing waits/);
});

Deno.test("cli: propose each action, dry runs, and the audit log", async () => {
  const room = new Room();
  for (const file of ["c.wasm", "entry.json", "policy.json"]) {
    room.files.set(file, new Uint8Array([1]));
  }
  const good = [
    ["swap", "rank", "c.wasm"],
    ["load", "rank", "c.wasm", "entry.json"],
    ["unload", "rank"],
    ["set-budget", "rank", "--budget-ms", "3", "--class", "hard"],
    ["grant", "rank", "karyon:kernel/log@0.1.0", "kernel"],
    ["revoke", "rank", "karyon:kernel/log@0.1.0"],
    ["set-policy", "policy.json"],
  ];
  for (const argv of good) {
    const { code, err } = await room.run(["propose", ...argv]);
    strictEqual(code, 0, err);
  }
  ok(room.files.has("policy.proposal.json"));
  const bad = [
    ["load", "rank", "c.wasm"],
    ["grant", "rank", "karyon:kernel/log@0.1.0"],
    ["set-budget", "rank"],
    ["set-budget", "rank", "--class", "fast"],
    ["set-budget", "rank", "--budget-ms", "-1"],
    ["unload"],
  ];
  for (const argv of bad) {
    strictEqual((await room.run(["propose", ...argv])).code, 2, argv.join(" "));
  }
  const dry = await room.run([
    "submit",
    "rank.proposal.json",
    "c.wasm",
    "--dry-run",
  ]);
  strictEqual(dry.code, 0, dry.err);
  match(dry.out, /nothing was changed/);
  match(dry.out, /admission +rank 2 = 2 of 10 ms/);
  strictEqual(room.node.handedIn.size, 0);
  const json = await room.run([
    "submit",
    "rank.proposal.json",
    "c.wasm",
    "--dry-run",
    "--json",
  ]);
  strictEqual(JSON.parse(json.out).effect, "restart");
  const audit = await room.run(["audit"]);
  match(audit.out, /#0 .*boot\n1 records, none changed; head ff/);
  strictEqual(JSON.parse((await room.run(["audit", "--json"])).out).noted, 1);
  const made = await room.run([
    "keys",
    "policy",
    "--governor",
    "a",
    "--governor",
    "b",
    "--threshold",
    "1",
  ]);
  strictEqual(made.out, "1 of a b\n");
  match((await room.run(["keys", "seal", "a"])).out, /secret, sealed/);
});

Deno.test("cli: keys", async () => {
  const room = new Room();
  const made = await room.run(["keys", "new", "alice"]);
  strictEqual(made.code, 0);
  match(made.err, /not sealed/);
  strictEqual((await room.run(["keys", "new", "alice"])).code, 1);
  match((await room.run(["keys"])).out, /alice +secret +01ff/);
  strictEqual(
    (await room.run(["keys", "export", "alice"])).out,
    "public alice\n",
  );
  await room.run(["keys", "export", "alice", "--out", "a.pub"]);
  const taken = await room.run(["keys", "import", "a.pub", "--as", "bob"]);
  match(taken.out, /bob +public +public alice/);
  match((await room.run(["keys", "policy"])).out, /needs 1 of 1/);
});

Deno.test("cli: a backup phrase goes to a terminal or a new file only", async () => {
  const room = new Room();
  const piped = await room.run(["keys", "avatar", "a"]);
  strictEqual(piped.code, 2);
  match(piped.err, /nowhere to go[^]*--phrase/);
  const terminal = { columns: 80 };
  const json = await room.run(["keys", "avatar", "a", "--json"], terminal);
  strictEqual(json.code, 2);
  const shown = await room.run(["keys", "avatar", "a"], terminal);
  match(shown.out, /sealed[^]* 1 one +2 two[^]* 7 seven\n$/);
  match(shown.err, /write these words down/);
  const kept = ["keys", "avatar", "a", "--phrase", "words"];
  const filed = await room.run(kept, terminal);
  strictEqual(filed.out.includes("seven"), false);
  strictEqual((await room.run(kept, terminal)).code, 1);
  const back = await room.run(["keys", "restore", "a", "--phrase", "words"]);
  match(back.out, /a +secret, sealed +a +33/);
  match((await room.run(["keys", "restore", "a"])).err, /--phrase/);
});

Deno.test("cli: a derived key shows its place; a public key is a DID", async () => {
  const room = new Room();
  const made = await room.run(["keys", "derive", "a", "laptop"]);
  match(made.out, /a-laptop +secret, sealed +a\/laptop/);
  const as = ["keys", "derive", "a", "laptop", "--as", "identity"];
  match((await room.run(as)).out, /identity/);
  strictEqual((await room.run(["keys", "derive", "a"])).code, 2);
  strictEqual((await room.run(["keys", "did", "a"])).out, "did:key:za\n");
});

Deno.test("cli: version and openapi", async () => {
  const room = new Room();
  match((await room.run(["version"])).out, /^karyon 0\.0\.0-test \(deno 2/);
  strictEqual((await room.run(["--version"])).code, 0);
  const document = JSON.parse((await room.run(["openapi"])).out);
  ok("/v1/signals" in document.paths);
});
