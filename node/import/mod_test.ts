import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ImportRefusal } from "./refusal.ts";
import { formatOf, isImportFormat, openImport, Tally } from "./mod.ts";
import { linksOf, outcome, utf8 } from "./testing.ts";

const TEXT = Array.from({ length: 9000 }, (_, i) => `n${i}\tm${i % 7}\n`)
  .join("");

async function inTemp(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("import: a file and its gzip give the same batches, and resume", () =>
  inTemp(async (folder) => {
    const plain = `${folder}/a.tsv`;
    const packed = `${folder}/a.tsv.gz`;
    await Deno.writeTextFile(plain, TEXT);
    await Deno.writeFile(packed, gzipSync(utf8(TEXT)));
    const all = await outcome((await openImport("tsv", plain)).batches({}));
    strictEqual(linksOf(all.batches).length, 9000);
    // Two members in one file, cut in the middle of a line.
    const members = `${folder}/members.gz`;
    const middle = 50_001;
    const halves = [TEXT.slice(0, middle), TEXT.slice(middle)];
    await Deno.writeFile(
      members,
      Uint8Array.from(halves.flatMap((half) => [...gzipSync(utf8(half))])),
    );
    for (const path of [plain, packed, members]) {
      const opened = await openImport("tsv", path);
      deepStrictEqual(await outcome(opened.batches({})), all);
      const { done, total } = opened.progress();
      strictEqual(done, total);
      const stored = opened.bookmark(all.batches[0]!);
      const again = await openImport("tsv", path);
      const resume = again.resumeFrom(stored);
      ok(resume !== undefined);
      const rest = await outcome(again.batches({ resume }));
      deepStrictEqual(rest.batches, all.batches.slice(1));
    }
  }));

Deno.test("import: another file is not taken for the bookmarked one", () =>
  inTemp(async (folder) => {
    const path = `${folder}/a.tsv`;
    await Deno.writeTextFile(path, TEXT);
    const first = await openImport("tsv", path);
    const { batches } = await outcome(first.batches({}));
    const stored = first.bookmark(batches[0]!);
    strictEqual(utf8(first.bookmarkKey ?? "").length, 55);
    await Deno.writeTextFile(path, TEXT.replace("n0", "x0"));
    const other = await openImport("tsv", path);
    strictEqual(other.bookmarkKey, first.bookmarkKey);
    strictEqual(other.resumeFrom(stored), undefined);
    strictEqual(
      (await openImport("packages", path)).resumeFrom(stored),
      undefined,
    );
    for (const junk of [undefined, "", "1 tsv", "2 tsv a b", stored + " x"]) {
      strictEqual(first.resumeFrom(junk), undefined);
    }
  }));

Deno.test("import: a mended line or a longer file goes on after the last batch", () =>
  inTemp(async (folder) => {
    const path = `${folder}/a.tsv`;
    await Deno.writeTextFile(path, TEXT + "no tab here\n");
    const broken = await openImport("tsv", path);
    const before = await outcome(broken.batches({}));
    const stored = broken.bookmark(before.batches.at(-1)!);
    await Deno.writeTextFile(path, TEXT + "a\tb\nc\td\n");
    const mended = await openImport("tsv", path);
    const resume = mended.resumeFrom(stored);
    const after = await outcome(mended.batches({ resume: resume ?? "" }));
    const whole = await outcome((await openImport("tsv", path)).batches({}));
    const links = (all: typeof whole) =>
      all.batches.reduce((sum, batch) => sum + batch.links, 0);
    strictEqual(links(before) + links(after), links(whole));
  }));

Deno.test("import: what cannot be opened is refused by name", () =>
  inTemp(async (folder) => {
    const refused = async (
      format: "tsv" | "markdown",
      path: string,
      why: RegExp,
    ) =>
      await rejects(
        async () => {
          const { refusal } = await outcome(
            (await openImport(format, path)).batches({}),
          );
          if (refusal !== undefined) throw new ImportRefusal(refusal);
        },
        (error: unknown) =>
          error instanceof ImportRefusal && why.test(error.message) ||
          Promise.reject(error),
      );
    await refused("tsv", `${folder}/none`, /none does not exist/);
    await refused("tsv", folder, /not a regular file|directory/i);
    await refused("markdown", `${folder}/none`, /none does not exist/);
    await Deno.writeFile(`${folder}/x`, Uint8Array.fromHex("fd377a585a0000"));
    await refused("tsv", `${folder}/x`, /packed with xz; unpack it first/);
    const gzip = gzipSync(utf8(TEXT));
    await Deno.writeFile(`${folder}/cut.gz`, gzip.subarray(0, 500));
    await refused("tsv", `${folder}/cut.gz`, /cut\.gz cannot be read/);
    await Deno.writeTextFile(`${folder}/f.md`, "text");
    await refused("markdown", `${folder}/f.md`, /f\.md cannot be read/);
    const loop = new URL("./fixtures/loop", import.meta.url).pathname;
    await refused("tsv", loop, /loop cannot be read/);
  }));

Deno.test("import: a reader that stops early lets the file go", () =>
  inTemp(async (folder) => {
    const large = utf8(TEXT.repeat(20));
    await Deno.writeFile(`${folder}/a.tsv`, large);
    await Deno.writeFile(`${folder}/a.tsv.gz`, gzipSync(large));
    for (const name of ["a.tsv", "a.tsv.gz"]) {
      const opened = await openImport("tsv", `${folder}/${name}`);
      for await (const batch of opened.batches({})) {
        strictEqual(batch.links, 4096);
        break;
      }
    }
    // An open file would be reported as a leak when the test ends.
  }));

Deno.test("import: formats by name and by path", () => {
  ok(isImportFormat("tsv") && !isImportFormat("csv"));
  strictEqual(formatOf("a/B.TSV.gz"), "tsv");
  strictEqual(formatOf("dists/main/Packages"), "packages");
  strictEqual(formatOf("deb_dists_Packages.gz"), "packages");
  strictEqual(formatOf("x.nt"), "ntriples");
  strictEqual(formatOf("x.csv"), undefined);
  strictEqual(new Tally().skipped, 0);
});
