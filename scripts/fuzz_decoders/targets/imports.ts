/**
 * node/import: the same batches however the octets arrive, and lawful drafts.
 *
 * Sizes of chunks are drawn from the octets themselves, so a case repeats.
 */
import { crc32 } from "node:zlib";
import { seeded } from "../../../conformance/kernel/engine/chance.ts";
import { type Batch, parsePosition } from "../../../node/import/batch.ts";
import { bookmarkValue, parseBookmark } from "../../../node/import/bookmark.ts";
import { importMarkdown } from "../../../node/import/markdown.ts";
import { importNTriples } from "../../../node/import/ntriples.ts";
import { importPackages } from "../../../node/import/packages.ts";
import { ImportRefusal } from "../../../node/import/refusal.ts";
import {
  chunks,
  linksOf,
  type Outcome,
  outcome,
  whole,
} from "../../../node/import/testing.ts";
import { importTsv } from "../../../node/import/tsv.ts";
import {
  hold,
  isSettled,
  octetsOf,
  octetsTarget,
  type Target,
  textOf,
  textTarget,
  type Verdict,
} from "../target.ts";

interface Options {
  readonly skipBad?: boolean;
  readonly resume?: string;
}

type Import = (
  source: AsyncIterable<Uint8Array>,
  options: Options,
) => AsyncGenerator<Batch>;

const CHUNK_SIZES = [1, 3, 17, 300, 5000];
/** Lines and notes in which what costs its square shows. */
const OCTETS_MAX = 256 * 1024;
const CHUNKS_MAX = 5000;

const shown = ({ batches, refusal }: Outcome): string =>
  JSON.stringify([
    refusal,
    batches.map(({ draft, ...rest }) => [draft.toHex(), rest]),
  ]);

async function checkStream(
  octets: Uint8Array,
  run: Import,
): Promise<Verdict> {
  const chance = seeded(crc32(octets));
  const drawn = CHUNK_SIZES[Math.floor(chance() * CHUNK_SIZES.length)] ?? 1;
  const largest = Math.max(drawn, Math.ceil(octets.length / CHUNKS_MAX));
  const size = () => Math.floor(chance() * (largest + 1));
  let verdict: Verdict = "taken";
  for (const skipBad of [true, false]) {
    const all = await outcome(run(whole(octets), { skipBad }));
    const cut = await outcome(run(chunks(octets, size), { skipBad }));
    hold(shown(all) === shown(cut), "other batches from other chunks");
    linksOf(all.batches);
    if (all.refusal !== undefined) {
      hold(!skipBad, `it stopped: ${all.refusal}`);
      verdict = "refused";
    }
    for (const [index, { offset, position }] of all.batches.entries()) {
      const rest = await outcome(
        run(whole(octets.slice(offset)), { skipBad, resume: position }),
      );
      const wanted = { ...all, batches: all.batches.slice(index + 1) };
      hold(
        shown(rest) === shown(wanted),
        "it goes on otherwise than it began",
      );
    }
  }
  return verdict;
}

function stream(
  name: string,
  about: string,
  run: Import,
  seeds: () => readonly (string | Uint8Array)[],
): Target {
  return octetsTarget({
    name,
    about,
    form: "lines",
    cost: 15,
    octetsMax: OCTETS_MAX,
    seeds: () =>
      seeds().map((seed) =>
        typeof seed === "string" ? new TextEncoder().encode(seed) : seed
      ),
    run: (octets) => checkStream(octets, run),
  });
}

const CID = `cid:01${"ab".repeat(32)}`;
const TSV = `a\tb\nc\td\t5\n${CID}\te ü\t7\t-1\r\n\nlast\t${CID}\t1\t0`;
const NTRIPLES = `<http://a/b> <http://p> "text"@en .
_:b1 <http://p> <http://c#d> . # said
<http://a/b> <http://q> "4\\u00e9\\n"^^<http://www.w3.org/2001/XMLSchema#int> .
`;
const NOTES = "Garden.md\0see [[Roses]], [weeds](sub/Weeds.md#top) `[[x]]`\n" +
  "\0Roses.md\0# Roses\n\n[[Garden|back]] and [[nowhere]]\n```\n[[no]]\n```\n" +
  "[id]: ../a%20b.md\n\0sub/Weeds.md\0up: [a](../Garden.md 'title')";

/** Names and texts in turn, each behind a zero. */
function folderOf(octets: Uint8Array) {
  const notes = new Map<string, Uint8Array>();
  const parts: Uint8Array[] = [];
  for (let at = 0; at <= octets.length;) {
    const found = octets.indexOf(0, at);
    const end = found < 0 ? octets.length : found;
    parts.push(octets.slice(at, end));
    at = end + 1;
  }
  for (let i = 0; i + 1 < parts.length; i += 2) {
    notes.set(
      new TextDecoder().decode(parts[i]),
      parts[i + 1] ?? new Uint8Array(),
    );
  }
  return {
    paths: [...notes.keys()].sort((a, b) => (a < b ? -1 : 1)),
    read: (path: string) =>
      Promise.resolve(notes.get(path) ?? new Uint8Array()),
  };
}

async function checkNotes(octets: Uint8Array): Promise<Verdict> {
  const folder = folderOf(octets);
  const all = await outcome(importMarkdown(folder, { skipBad: true }));
  hold(all.refusal === undefined, `it stopped: ${all.refusal}`);
  linksOf(all.batches);
  const [first] = all.batches;
  if (first !== undefined) {
    const { position: resume } = first;
    const rest = await outcome(
      importMarkdown(folder, { skipBad: true, resume }),
    );
    const wanted = { ...all, batches: all.batches.slice(1) };
    hold(shown(rest) === shown(wanted), "it goes on otherwise than it began");
  }
  const { refusal } = await outcome(importMarkdown(folder));
  return refusal === undefined ? "taken" : "refused";
}

export const IMPORTS: readonly Target[] = [
  stream("import-tsv", "links from lines with tabs", importTsv, () => [TSV]),
  stream(
    "import-packages",
    "links from a Debian index",
    importPackages,
    () => [octetsOf("node/import/fixtures/Packages").slice(0, 6000)],
  ),
  stream(
    "import-ntriples",
    "links from N-Triples",
    importNTriples,
    () => [NTRIPLES],
  ),
  octetsTarget({
    name: "import-markdown",
    about: "links from a folder of notes",
    cost: 8,
    octetsMax: OCTETS_MAX,
    form: "lines",
    seeds: () => [
      new TextEncoder().encode(NOTES),
      new TextEncoder().encode(`README.md\0${textOf("node/import/README.md")}`),
    ],
    run: checkNotes,
  }),
  textTarget({
    name: "import-bookmark",
    about: "where an import goes on",
    form: "lines",
    octetsMax: 1024,
    seeds: () => [
      bookmarkValue({ format: "tsv", fingerprint: "ab12", position: "9:2:0" }),
    ],
    run: (text) => {
      const bookmark = parseBookmark(text);
      if (bookmark === undefined) return "refused";
      isSettled(bookmarkValue(bookmark), text);
      try {
        parsePosition(bookmark.position);
        return "taken";
      } catch (error) {
        if (error instanceof ImportRefusal) return "refused";
        throw error;
      }
    },
  }),
];
