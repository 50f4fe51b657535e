/** Every command, through one command line, against a simulated node. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Refusal } from "../api.ts";
import { identify } from "../http/simulated_node.ts";
import { COMMANDS } from "./run.ts";
import { Room } from "./testing.ts";

const utf8 = new TextEncoder();

Deno.test("cli: every command explains itself", async () => {
  const room = new Room();
  const general = await room.run(["--help"]);
  equal(general.code, 0);
  for (const { name, options } of COMMANDS) {
    ok(general.out.includes(`  ${name} `), name);
    const help = await room.run([name, "--help"]);
    equal(help.code, 0, name);
    ok(help.out.includes(`usage: karyon ${name}`), name);
    for (const option of Object.keys(options)) {
      ok(help.out.includes(`--${option}`), `${name} --${option}`);
    }
  }
  equal(room.opened, 0);
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
    equal(code, 2, `${argv.join(" ")}: ${err}`);
    match(err, wanted);
    equal(out, "");
  }
  equal(room.node.stored.length, 0);
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
  equal(made.code, 0, made.err);
  match(made.out, /linked at height 1/);
  const cid = identify(utf8.encode("alpha"));
  for (const name of ["alpha", cid, `cid:${cid}`]) {
    const { code, out } = await room.run(["particle", name]);
    equal(code, 0);
    match(out, new RegExp(`cid +${cid}`));
    match(out, /links out \(1\)\nto +amount +valence/);
    match(out, /β +7 +-1/);
  }
  const json = await room.run(["particle", "alpha", "--json"]);
  equal(JSON.parse(json.out).links.out[0].to.text, "β");
  const content = await room.run(["particle", "β", "--content"]);
  equal(content.out, "β");
  const found = await room.run(["search", "ALP"]);
  match(found.out, /alpha/);
  match(found.err, /1 match$/m);
  const top = await room.run(["top", "--json", "--limit", "2"]);
  equal(JSON.parse(top.out).items.length, 2);
  equal(room.opened, room.closed);
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
    equal(refused.code, code, kind);
    equal(refused.err, "karyon: why not\n  do this\n");
    equal(room.closed, 1, "the node is closed in any case");
    const json = await room.run(["top", "--json"]);
    deepEqual(JSON.parse(json.err), {
      error: { kind, message: "why\nnot", fix: "do this" },
    });
  }
  const room = new Room();
  room.inTheWay = new Refusal({ kind: "conflict", message: "store is held" });
  equal((await room.run(["top"])).code, 3);
  equal((await room.run(["up"])).code, 3);
});

Deno.test("cli: what the platform throws is one line", async () => {
  const room = new Room();
  room.node.top = () => {
    throw new Deno.errors.NotADirectory("Not a directory (os error 20)");
  };
  const { code, err } = await room.run(["top"]);
  equal(code, 1);
  match(err, /^karyon: the platform says: Not a directory.*\n {2}see that/);
  room.node.top = () => {
    throw new TypeError("x is undefined");
  };
  match((await room.run(["top"])).err, /this is a fault of Karyon/);
  equal(room.closed, 2);
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
  equal(code, 0);
  ok(out.includes("\x1b[4A\x1b[J"), "goes back over its own lines");
  equal(room.closed, 1);
});

Deno.test("cli: up runs until it is told to stop", async () => {
  const room = new Room();
  const running = room.run(["--port", "0", "--data", "/tmp/x", "--name", "n"]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  equal(room.closed, 0);
  room.interrupt();
  const { code, out, err } = await running;
  equal(code, 0);
  match(out, /karyon 0\.0\.0-test +http:\/\/127\.0\.0\.1:0/);
  match(out, /graph +running/);
  match(out, /identity +01abab/);
  match(out, /deno run kernel search .*--data \/tmp\/x/);
  match(err, /stopped; the store is whole/);
  equal(room.closed, 1);
  deepEqual(room.started[0]?.names, ["n"]);
  equal(room.started[0]?.genesis, "default");
});

Deno.test("cli: up says when the node stops by itself", async () => {
  const room = new Room();
  const running = room.run(["up", "--json"]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  room.fail("the disk is gone");
  const { code, err, out } = await running;
  equal(code, 1);
  match(err, /the disk is gone/);
  equal(JSON.parse(out).url, "http://127.0.0.1:8080");
  equal(room.closed, 1);
});

Deno.test("cli: propose, sign, submit", async () => {
  const room = new Room();
  const wasm = new Uint8Array([0, 97, 115, 109]);
  room.files.set("rank.wasm", wasm);
  const made = await room.run(["propose", "rank", "rank.wasm", "--note", "x"]);
  equal(made.code, 0, made.err);
  match(made.out, /signatures 0 of 1/);
  const signed = await room.run(["sign", "rank.proposal.json"]);
  match(signed.out, /signatures 1 of 1\n +01ff +good/);
  const sent = await room.run(["submit", "rank.proposal.json", "rank.wasm"]);
  equal(sent.code, 0, sent.err);
  match(sent.out, /swap of rank: executed/);
  match(sent.out, /pause +300 µs/);
  equal([...room.node.handedIn.values()][0]?.component, identify(wasm));
  const missing = await room.run(["submit", "none.json", "rank.wasm"]);
  equal(missing.code, 1);
  match(missing.err, /none\.json does not exist/);
});

Deno.test("cli: keys", async () => {
  const room = new Room();
  const made = await room.run(["keys", "new", "alice"]);
  equal(made.code, 0);
  match(made.err, /not sealed/);
  equal((await room.run(["keys", "new", "alice"])).code, 1);
  match((await room.run(["keys"])).out, /alice +secret +01ff/);
  equal((await room.run(["keys", "export", "alice"])).out, "public alice\n");
  await room.run(["keys", "export", "alice", "--out", "a.pub"]);
  const taken = await room.run(["keys", "import", "a.pub", "--as", "bob"]);
  match(taken.out, /bob +public +public alice/);
  match((await room.run(["keys", "policy"])).out, /needs 1 of 1/);
});

Deno.test("cli: conform lists suites, and tells a failure", async () => {
  const room = new Room();
  match((await room.run(["conform"])).out, /block +memory\/block, deno/);
  const argv = ["conform", "--contract", "block", "--driver"];
  const good = await room.run([...argv, "memory/block"]);
  equal(good.code, 0);
  match(good.out, /^ok 1/m);
  const bad = await room.run([...argv, "deno/block_file"]);
  equal(bad.code, 1);
  match(bad.err, /0 passed, 1 failed/);
});

Deno.test("cli: up --record", async () => {
  const room = new Room();
  const limits: Array<number | undefined> = [];
  for (
    const options of [[], ["--record"], ["--record", "--record-max-mib", "3"]]
  ) {
    const running = room.run(["up", ...options]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    room.interrupt();
    equal((await running).code, 0);
    limits.push(room.started.at(-1)?.recordOctetsMax);
  }
  deepEqual(limits, [undefined, 2 ** 30, 3 * 2 ** 20]);
  equal((await room.run(["up", "--record-max-mib", "3"])).code, 2);
  equal((await room.run(["up", "--record", "--record-max-mib", "0"])).code, 2);
});

Deno.test("cli: replay tells what it compared, and where it differs", async () => {
  const room = new Room();
  const life = {
    cell: "rank",
    generation: 2,
    recorded: "ab".repeat(32),
    replayed: "ab".repeat(32),
    calls: 12,
    questions: 34,
    octets: 5_600,
    end: "ended in order",
  };
  const whole = { frames: 78, end: "the node stopped", known: ["rank/2"] };
  room.replayed = { ...whole, lives: [life] };
  const equalOne = await room.run(["replay", "a.record", "--cell", "rank"]);
  equal(equalOne.code, 0);
  match(equalOne.out, /equal · 78 frames · 12 calls · 34 answers/);
  equal(room.replays.at(-1)?.cell, "rank");

  const difference = {
    frame: 56,
    during: "karyon:rank/ranks@0.1.0 top",
    what: "answer",
    path: ".val[3].focus",
    want: "0.5",
    got: "0.25",
  };
  room.replayed = { ...whole, lives: [{ ...life, difference }] };
  const other = await room.run(["replay", "a.record"]);
  equal(other.code, 1);
  match(other.out, /rank, generation 2: first difference at frame 56/);
  match(other.out, /answer at \.val\[3\]\.focus/);
  const json = await room.run(["replay", "a.record", "--json"]);
  equal(json.code, 1);
  deepEqual(JSON.parse(json.out).lives[0].difference, difference);

  room.replayed = { ...whole, lives: [life], damaged: "at octet 9" };
  const damaged = await room.run(["replay", "a.record"]);
  equal(damaged.code, 3);
  match(damaged.err, /damaged: at octet 9/);

  room.replayed = { ...whole, lives: [] };
  for (
    const line of [
      ["replay"],
      ["replay", "a.record", "--cell", "none"],
      ["replay", "a.record", "--component", "x.wasm"],
      ["replay", "a.record", "--generation", "0"],
    ]
  ) equal((await room.run(line)).code, 2, line.join(" "));
  const none = await room.run(["replay", "a.record", "--cell", "none"]);
  match(none.err, /no such life\n.*rank\/2/);
});

Deno.test("cli: version and openapi", async () => {
  const room = new Room();
  match((await room.run(["version"])).out, /^karyon 0\.0\.0-test \(deno 2/);
  equal((await room.run(["--version"])).code, 0);
  const document = JSON.parse((await room.run(["openapi"])).out);
  ok("/v1/signals" in document.paths);
});
