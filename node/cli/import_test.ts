/** `import` through a command line: progress, faults, interruption, resuming. */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { Refusal } from "../api.ts";
import { Room } from "./testing.ts";

const LINES = 10_000;

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, at) => `n${at}\tn${at + 1}\n`).join(
    "",
  );
}

Deno.test("import: a file, then nothing new, then again", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a.tsv`;
    await Deno.writeTextFile(file, lines(LINES));
    const room = new Room();
    const first = await room.run(["import", file]);
    strictEqual(first.code, 0, first.err);
    match(first.out, /^10,000 links from .* KiB in .* links\/s\), height 3/);
    strictEqual(room.node.stored.length, LINES);
    const second = await room.run(["import", file, "--json"]);
    const report = JSON.parse(second.out);
    strictEqual(report.links, 0);
    strictEqual(report.complete, true);
    const third = await room.run(["import", file, "--restart"]);
    strictEqual(third.code, 0);
    strictEqual(room.node.stored.length, 2 * LINES);
  }));

Deno.test("import: interrupted, it ends after its batch and goes on", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a.tsv`;
    await Deno.writeTextFile(file, lines(LINES));
    const room = new Room();
    const { submitDraft } = room.node;
    room.node.submitDraft = (draft, bookmark) => {
      room.interrupt();
      return submitDraft.call(room.node, draft, bookmark);
    };
    const first = await room.run(["import", file]);
    strictEqual(first.code, 130);
    match(first.err, /give the same command again/);
    strictEqual(room.node.stored.length, 4096);
    strictEqual(room.closed, 1);
    room.node.submitDraft = submitDraft;
    const second = await room.run(["import", file]);
    strictEqual(second.code, 0);
    match(second.err, /goes on after 4096 lines/);
    strictEqual(room.node.stored.length, LINES);
    const ends = room.node.stored.map(({ from, to }) => from + to);
    strictEqual(new Set(ends).size, LINES, "each link once");
  }));

Deno.test("import: a malformed line stops it with its number", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a.tsv`;
    await Deno.writeTextFile(file, "a\tb\nbroken\nc\td\n");
    const room = new Room();
    const stopped = await room.run(["import", file]);
    strictEqual(stopped.code, 1);
    match(stopped.err, /line 2/);
    const json = await room.run(["import", file, "--json"]);
    match(JSON.parse(json.err).error.message, /line 2/);
    const skipped = await room.run(["import", file, "--skip-bad"]);
    strictEqual(skipped.code, 0);
    match(skipped.out, /1 malformed record left out:\n +line 2/);
    strictEqual(room.node.stored.length, 2);
    const missing = await room.run(["import", `${folder}/none.tsv`]);
    strictEqual(missing.code, 1);
    match(missing.err, /does not exist/);
  }));

Deno.test("import: a full store ends it with what is in", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a.tsv`;
    await Deno.writeTextFile(file, lines(LINES));
    const room = new Room();
    const { submitDraft } = room.node;
    let batches = 0;
    room.node.submitDraft = (draft, bookmark) =>
      ++batches < 3
        ? submitDraft.call(room.node, draft, bookmark)
        : Effect.fail(new Refusal({ kind: "full", message: "no room" }));
    const { code, err } = await room.run(["import", file]);
    strictEqual(code, 1);
    match(err, /karyon: no room/);
    strictEqual(room.node.stored.length, 2 * 4096);
    strictEqual(room.closed, 1);
  }));

Deno.test("import: a terminal gets one line that stays", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a.tsv`;
    await Deno.writeTextFile(file, lines(LINES));
    const { err } = await new Room().run(["import", file], { columns: 70 });
    const shown = err.split("\r\x1b[K").filter((line) => line.trim() !== "");
    ok(shown.length >= 2);
    match(
      shown[0] ?? "",
      /^4,096 links · .*\/s · line 4,096 · .* of .* · \d+ %/,
    );
    for (const line of shown) ok(line.length < 70, line);
  }));

Deno.test("import: a folder is taken for notes", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/One.md`, "see [[Two]]\n");
    await Deno.writeTextFile(`${folder}/Two.md`, "see [one](One.md)\n");
    const room = new Room();
    const { code, out, err } = await room.run(["import", folder]);
    strictEqual(code, 0, err);
    match(out, /from 2 notes/);
    ok(room.node.stored.length >= 4);
  }));
