/**
 * Hostile sources through the program's import: the line is named, nothing of
 * the refused batch is in the graph, and memory does not follow the source.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { writeNodeFile } from "../composition/node_file.ts";
import { serveTestNode, withNode } from "../testing/node.ts";
import { type Ended, karyon, Running, saidNo, start } from "./karyon.ts";
import { inFolder, withoutEffect } from "./room.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** The node needs some 250 MiB; a source is held by the chunk. */
const RESIDENT_OCTETS_MAX = 500 * MIB;

/**
 * Runs a command and watches the most memory that it had resident; Linux says.
 * A shell looks, because this process may not look into others.
 */
async function watched(
  ...argv: string[]
): Promise<Ended & { readonly peak: number }> {
  const running = start(...argv);
  const script =
    'while grep VmHWM "/proc/$1/status"; do sleep 0.05; done 2>/dev/null';
  const watch = new Running("sh", ["-c", script, "sh", `${running.pid}`]);
  const ended = await running.ended();
  const seen = [...(await watch.ended()).out.matchAll(/VmHWM:\s+(\d+) kB/g)];
  return { ...ended, peak: Number(seen.at(-1)?.[1] ?? 0) * 1024 };
}

/** A line, a GiB of zeros without a newline, a line; nothing on the disk. */
function writeGiant(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const encoder = new TextEncoder();
  file.writeSync(encoder.encode("first\tlink\n"));
  file.seekSync(GIB, Deno.SeekMode.Start);
  file.writeSync(encoder.encode("\nlast\tlink\n"));
}

Deno.test("hostile: a line of a GiB", () =>
  inFolder(async (folder) => {
    const file = `${folder}/giant.tsv`;
    const data = `${folder}/data`;
    writeGiant(file);
    const refused = await watched("import", file, "--data", data);
    strictEqual(refused.code, 1, refused.err);
    match(refused.err, /^karyon: .*line 2.*longer than 1048576 octets/m);
    const skipped = await watched(
      "import",
      file,
      "--skip-bad",
      "--json",
      "--data",
      data,
    );
    strictEqual(skipped.code, 0, skipped.err);
    const { links, bad } = JSON.parse(skipped.out);
    // Nothing of the refused batch was in the graph, its first line neither.
    strictEqual(links, 2);
    strictEqual(bad.length, 1);
    for (const { peak } of [refused, skipped]) {
      if (Deno.build.os !== "linux") continue;
      ok(peak > 0 && peak < RESIDENT_OCTETS_MAX, `${peak} octets resident`);
    }
  }));

const utf8 = new TextEncoder();

/** Name, file, content, what is told. */
const SOURCES: ReadonlyArray<
  readonly [string, string, string | Uint8Array, RegExp]
> = [
  [
    "UTF-8 cut off",
    "a.tsv",
    new Uint8Array([...utf8.encode("a\tb\nc\t"), 0xe2, 0x82, 10]),
    /line 2.*UTF-8/,
  ],
  [
    "a surrogate as UTF-8",
    "b.tsv",
    new Uint8Array([...utf8.encode("a\t"), 0xed, 0xa0, 0x80, 10]),
    /line 1.*UTF-8/,
  ],
  ["one field", "c.tsv", "a\tb\nalone\n", /line 2.*fields/],
  ["amount 2^48", "d.tsv", "a\tb\t281474976710656\n", /line 1.*amount/],
  ["amount 1e400", "e.tsv", `a\tb\t${"9".repeat(400)}\n`, /line 1.*amount/],
  ["valence 2", "f.tsv", "a\tb\t1\t2\n", /line 1.*valence/],
  ["a foreign hash", "g.tsv", `cid:02${"0".repeat(64)}\tb\n`, /line 1.*hash/],
  ["not a triple", "h.nt", "<a> <b>\n", /line 1/],
  ["a stanza without a name", "Packages", "Version: 1\n\n", /line 1/],
  [
    "gzip that ends early",
    "i.tsv.gz",
    new Uint8Array([0x1f, 0x8b, 8]),
    /i\.tsv/,
  ],
  ["xz", "j.tsv", new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /xz -dc/],
];

Deno.test("hostile: sources that are not what they say", () =>
  withNode(async (test) => {
    const server = await serveTestNode(test);
    await Effect.runPromise(writeNodeFile(test.dataDir, {
      pid: Deno.pid,
      url: server.url,
      token: "t".repeat(64),
      started: "",
    }));
    const bring = (path: string) =>
      karyon("import", path, "--data", test.dataDir);
    await inFolder(async (folder) => {
      const write = (file: string, content: string | Uint8Array) => {
        const octets = typeof content === "string"
          ? utf8.encode(content)
          : content;
        Deno.writeFileSync(`${folder}/${file}`, octets);
        return `${folder}/${file}`;
      };
      const good = await bring(write("good.tsv", "a\tb\n"));
      strictEqual(good.code, 0, good.err);
      await withoutEffect(test.node, async () => {
        for (const [name, file, content, tells] of SOURCES) {
          const ended = await bring(write(file, content));
          strictEqual(ended.code, 1, `${name}: ${ended.out}${ended.err}`);
          match(ended.err, tells, name);
          match(ended.err, /^karyon: /m, name);
          ok(!/\n\s+at |fault of Karyon/.test(ended.err), ended.err);
        }
      });
    });
    await server.close();
  }));

Deno.test("hostile: commands that cannot be meant", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const rows: ReadonlyArray<readonly [string[], number, RegExp]> = [
      [["import", `${folder}/none.tsv`], 1, /none\.tsv does not exist/],
      [["import", folder, "--format", "tsv"], 1, /not a regular file/],
      [["up", "--port", "99999"], 2, /from 0 to 65535/],
      [
        ["up", "--genesis", `${folder}/none.tsv`, "--port", "0"],
        1,
        /none\.tsv/,
      ],
      [["particle", "cid:../../etc/passwd"], 2, /not an identity/],
      [
        ["submit", `${folder}/none.json`, `${folder}/none.wasm`],
        1,
        /none\.json/,
      ],
      [["keys", "new", "../../evil"], 1, /not a key's name/],
      [
        ["propose", "rank", "/proc/none.wasm", "--out", `${folder}/p`],
        1,
        /none/,
      ],
    ];
    const told = await Promise.all(
      rows.map(async ([argv, code, tells], index) => {
        const ended = await karyon(...argv, "--data", `${data}-${index}`);
        saidNo(ended, { code, tells });
        return argv[0];
      }),
    );
    deepStrictEqual(told, rows.map(([argv]) => argv[0]));
    strictEqual(
      [...Deno.readDirSync(folder)].some(({ name }) => name === "evil"),
      false,
    );
  }));
