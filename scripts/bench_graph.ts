/**
 * The graph cell on a file, beside SQLite doing the same: `deno task bench:graph`.
 *
 * Both sides take turns in one run, over the same links, in one folder. Figures
 * are prices (time a link, time a call, octets a link), so that fewer is better
 * everywhere; a multiple is Karyon's price as a part of SQLite's. Links, lines
 * and envelopes are in files: no list of all of them is in memory.
 *
 * Deliberately absent: rank and query beside the graph (bench_ingest.ts).
 */
import { parseArgs } from "node:util";
import { writeLinks } from "../node/testing/links.ts";
import { Progress } from "./bench_progress.ts";
import {
  appendOne,
  benchKey,
  ingestFile,
  ingestSigned,
  openStore,
  run,
} from "./bench_graph_karyon.ts";
import {
  type Bench,
  lookups,
  medianOf,
  proven,
  text,
  timed,
} from "./bench_graph_reads.ts";
import {
  CACHE_OCTETS,
  contentIds,
  sha256,
  Tables,
} from "./bench_graph_sqlite.ts";
import { Envelopes, linesOf } from "./bench_graph_files.ts";
import { needsText, whatLacks } from "./bench_graph_needs.ts";
import { sqlite as texts } from "./bench_ingest.ts";
import { identityOf } from "../kernel/crypto/mod.ts";
import { print, type Section, thisMachine } from "./bench_report.ts";

const SIGNAL_LINKS = 4_096;
const SINGLES = 200;
const SEED = 20_261_121;

const MANUAL = `The graph cell on a file, beside SQLite doing the same.

usage: deno task bench:graph [--links N] [--particles N] [--parts LIST] [--alone]

  --links N       how many links (default 1,000,000)
  --particles N   among how many texts (default: a fifth of the links)
  --parts LIST    what is done once they are in, with commas between, or none:
                  batches,proofs,lookups,single,crash (default: all of it)
  --alone         without SQLite, which takes most of the time
  --json          the figures as JSON
  --help          this text

${needsText()}
Without them it says so and does not begin. Progress goes to standard error.

  ingest, an unsigned file   lines of text into signed, durable signals of 4096
                             links; SQLite the same with a transaction each
  ingest, signed batches     those signals again, verified, into another store
  one link, durable          a signal of one link, signed; the median
  open after a crash         the files as they lay while the process went on
                             writing, copied and opened until a first answer`;

/** Prices of both, and how many links a second that is. */
function priced(
  name: string,
  ms: number,
  links: number,
  yardstick?: string,
): Section["lines"][number] {
  const each = ms * 1_000 / links;
  const detail = `${Math.round(1_000 / each)} k links/s`;
  const line = { name, value: each, detail };
  return yardstick === undefined ? line : { ...line, yardstick };
}

async function ingestUnsigned(
  bench: Bench,
  envelopes: Envelopes,
): Promise<Section> {
  const { store, tables, file, links, folder, key } = bench;
  const progress = new Progress("links", links);
  const ownMs =
    await timed(() =>
      ingestFile(store, file, (done) => progress.tell(done, () => "Karyon"))
    ) - envelopes.keptMs;
  const own = priced("Karyon, signed, durable", ownMs, links);
  const section = {
    title: `Ingest, an unsigned file of ${links.toLocaleString("en-US")} links`,
    unit: "us",
  } as const;
  if (tables === undefined) return { ...section, lines: [own] };
  const beside = new Progress("links", links);
  let done = 0;
  const sameMs = await timed(async () => {
    for (const batch of linesOf(file, SIGNAL_LINKS)) {
      await tables.sign(batch, key.signer);
      done += batch.length;
      beside.tell(done, () => "SQLite");
    }
  });
  console.error("  SQLite with texts as keys");
  const plain = texts(`${folder}/texts.sqlite`, file, SIGNAL_LINKS);
  return {
    ...section,
    lines: [
      own,
      priced("SQLite, the same guarantees", sameMs, links, "of the same"),
      priced("SQLite, plain", plain.seconds * 1_000, links, "of plain"),
    ],
    notes: [
      "a link's price; plain: no hashes, no signatures, no axons, the text itself is the key",
    ],
  };
}

async function ingestBatches(
  bench: Bench,
  envelopes: Envelopes,
): Promise<Section> {
  const { folder, links, key } = bench;
  const store = await openStore(`${folder}/signed`, key);
  const progress = new Progress("links", links);
  let ownMs = 0;
  let done = 0;
  for (const envelope of envelopes) {
    ownMs += await timed(async () => {
      done += await ingestSigned(store, [envelope]);
    });
    progress.tell(done, () => "Karyon, signed batches");
  }
  const { links: kept } = await store.census();
  if (kept !== BigInt(links)) throw new Error(`${kept} links were taken`);
  await store.close();
  const section = {
    title: `Ingest, signed batches of ${SIGNAL_LINKS} links`,
    unit: "us",
  } as const;
  const own = priced("Karyon, verified, durable", ownMs, links);
  if (bench.tables === undefined) return { ...section, lines: [own] };
  const tables = new Tables(`${folder}/signed.sqlite`, links);
  let sameMs = 0;
  for (const envelope of envelopes) {
    const ids = contentIds(envelope);
    const { composite, signer } = key;
    sameMs += await timed(() =>
      tables.accept(envelope, ids, composite, signer.bundle)
    );
  }
  tables.db.close();
  return {
    ...section,
    lines: [
      own,
      priced("SQLite, the same guarantees", sameMs, links, "of the same"),
    ],
  };
}

async function durable({ store, tables, key }: Bench): Promise<Section> {
  const own = await medianOf(SINGLES, (i) => appendOne(store, i));
  const section = { title: "One link, durable", unit: "us" } as const;
  const line = { name: "Karyon, signed", value: own };
  if (tables === undefined) return { ...section, lines: [line] };
  const same = await medianOf(SINGLES, (i) => tables.one(i, key.signer));
  const plain = await medianOf(
    SINGLES,
    (i) => tables.one(SINGLES + i, undefined),
  );
  return {
    ...section,
    lines: [
      line,
      { name: "SQLite, signed", value: same, yardstick: "of the same" },
      { name: "SQLite, not signed", value: plain, yardstick: "of plain" },
    ],
    notes: [
      `medians of ${SINGLES}; a composite signature is most of the first two`,
    ],
  };
}

async function space({ store, tables, links }: Bench): Promise<Section> {
  const { deviceUsed, memoryUsed } = await store.census();
  tables?.db.exec("pragma wal_checkpoint(truncate)");
  const beside = tables === undefined ? [] : [{
    name: "SQLite, its files",
    value: tables.octets / links,
    yardstick: "of SQLite",
  }];
  return {
    title: "Octets a link",
    unit: "octets",
    lines: [
      { name: "Karyon, on the device", value: Number(deviceUsed) / links },
      ...beside,
      { name: "Karyon, in memory", value: Number(memoryUsed) / links },
    ],
    notes: [
      "contents, signatures, checkpoints and trees included; SQLite was given a " +
      `cache of ${CACHE_OCTETS} octets a link; its log was written back before`,
    ],
  };
}

async function afterCrash(bench: Bench): Promise<Section> {
  const { folder, tables, key, store, particles } = bench;
  const { height } = await store.census();
  Deno.mkdirSync(`${folder}/crashed/cache`, { recursive: true });
  for (const { name } of Deno.readDirSync(`${folder}/node/cache`)) {
    const path = `cache/${name}`;
    Deno.copyFileSync(`${folder}/node/${path}`, `${folder}/crashed/${path}`);
  }
  Deno.copyFileSync(
    `${folder}/node/store.block`,
    `${folder}/crashed/store.block`,
  );
  for (const tail of tables === undefined ? [] : ["", "-wal"]) {
    Deno.copyFileSync(tables!.path + tail, `${folder}/crashed.sqlite${tail}`);
  }
  const id = identityOf(text(particles >> 1));
  let close = () => Promise.resolve();
  const own = await timed(async () => {
    const opened = await openStore(`${folder}/crashed`, key);
    await run(opened.reads.find(id));
    const found = await opened.census();
    if (found.height !== height) throw new Error("a signal was lost");
    close = opened.close;
  });
  await close();
  const section = {
    title: "Open after a crash, to the first answer",
    unit: "ms",
  } as const;
  const line = { name: "Karyon", value: own };
  if (tables === undefined) return { ...section, lines: [line] };
  let after: Tables | undefined;
  const same = await timed(() => {
    after = new Tables(`${folder}/crashed.sqlite`, bench.links);
    after.ask("select id from particle where cid = ?")(
      sha256(text(particles >> 1)),
    );
    return Promise.resolve();
  });
  after?.db.close();
  return {
    ...section,
    lines: [
      line,
      { name: "SQLite", value: same, yardstick: "of SQLite" },
    ],
    notes: [
      "Karyon starts a kernel, takes its compiled cell from the cache and reads its tables into memory; SQLite reads its write-ahead log",
    ],
  };
}

/** What can be done once the links are in, in this order. */
const PARTS: Record<
  string,
  (bench: Bench, envelopes: Envelopes) => Promise<Section[]>
> = {
  batches: async (bench, envelopes) => [await ingestBatches(bench, envelopes)],
  proofs: async (bench) => [await proven(bench)],
  lookups,
  single: async (bench) => [await durable(bench)],
  crash: async (bench) => [await afterCrash(bench)],
};

async function measure(
  folder: string,
  links: number,
  particles: number,
  { parts, alone }: { parts: readonly string[]; alone: boolean },
): Promise<Section[]> {
  const file = `${folder}/links.tsv`;
  writeLinks(file, links, particles, SEED);
  const key = await benchKey();
  const envelopes = new Envelopes(`${folder}/envelopes`);
  const keeps = parts.includes("batches");
  const store = await openStore(
    `${folder}/node`,
    key,
    keeps ? (signal, contents) => envelopes.keep(signal, contents) : undefined,
  );
  const tables = alone ? undefined : new Tables(`${folder}/same.sqlite`, links);
  const bench = { folder, links, particles, key, file, store, tables };
  try {
    console.error("an unsigned file …");
    const sections = [await ingestUnsigned(bench, envelopes)];
    envelopes.end();
    const stored = await space(bench);
    for (const part of parts) {
      console.error(`${part} …`);
      sections.push(...await PARTS[part]!(bench, envelopes));
    }
    const { memoryUsed } = await store.census();
    const value = Number(memoryUsed) / links;
    const line = { name: "Karyon, in memory at the end", value };
    return [...sections, { ...stored, lines: [...stored.lines, line] }];
  } finally {
    await store.close();
    tables?.db.close();
    key.stop();
  }
}

function partsOf(text: string): string[] {
  const asked = text === "none" ? [] : text.split(",");
  const unknown = asked.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown === undefined) {
    return Object.keys(PARTS).filter((part) => asked.includes(part));
  }
  console.error(`--parts: there is no part "${unknown}"\n\n${MANUAL}`);
  Deno.exit(2);
}

function numberOf(name: string, value: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  if (number >= 1 && number <= 100_000_000) return number;
  console.error(`--${name} is 1 to 100000000, not "${value}"\n\n${MANUAL}`);
  Deno.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        links: { type: "string", default: "1000000" },
        particles: { type: "string" },
        parts: { type: "string", default: Object.keys(PARTS).join(",") },
        alone: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(`\n${MANUAL}`);
    Deno.exit(2);
  }
}

async function main(): Promise<void> {
  const values = readArguments();
  if (values.help) return console.log(MANUAL);
  const links = numberOf("links", values.links);
  const fifth = `${Math.max(1, Math.floor(links / 5))}`;
  const particles = numberOf("particles", values.particles ?? fifth);
  const parts = partsOf(values.parts);
  const lacks = whatLacks(links, values.alone);
  if (lacks !== undefined) {
    console.error(`bench:graph does not begin: ${lacks}`);
    Deno.exit(1);
  }
  const machine = thisMachine();
  const folder = await Deno.makeTempDir({ prefix: "karyon-bench-" });
  try {
    const sections = await measure(folder, links, particles, {
      parts,
      alone: values.alone,
    });
    print("graph", machine, { json: values.json, rounds: 1 }, sections);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
