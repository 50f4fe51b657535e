/** Ingest: a file of links into a new store, beside SQLite on the same machine. */
import { parseArgs } from "node:util";
import { DatabaseSync } from "node:sqlite";
import { Effect } from "effect";
import { importInto } from "../node/testing/importing.ts";
import { writeLinks } from "../node/testing/links.ts";
import { openTestNode } from "../node/testing/node.ts";
import { settledRanks } from "../node/testing/ranks.ts";

const MANUAL = `A file of links into a new store, beside SQLite on this machine.

usage: deno task bench:ingest [--links N] [--particles N] [--json]

  --links N       how many links (default 1,000,000: some minutes)
  --particles N   among how many texts (default 200,000)
  --json          the figures as JSON
  --help          this text

Karyon's side is all that an import does: parse, hash, compose, sign, check, append,
flush, one signal of up to 4,096 links after the other. SQLite's is the same file
into a table of particles (unique content) and one of links: in transactions of
4,096 links, each durable (WAL, synchronous FULL), and in one transaction. SQLite
neither signs nor hashes contents.
`;

const SIGNAL_LINKS = 4_096;

interface Rate {
  readonly seconds: number;
  readonly linksPerSecond: number;
}

function rate(links: number, startMs: number): Rate {
  const seconds = (performance.now() - startMs) / 1_000;
  return { seconds, linksPerSecond: Math.round(links / seconds) };
}

async function karyon(folder: string, file: string, links: number) {
  const dataDir = `${folder}/node`;
  const first = await openTestNode({ dataDir });
  const startMs = performance.now();
  await importInto(first.node, "tsv", file);
  const ingest = rate(links, startMs);
  const rankMs = performance.now();
  await settledRanks(first.node, 600_000);
  const rankSeconds = (performance.now() - rankMs) / 1_000;
  const cells = await Effect.runPromise(first.node.api.cells());
  await first.close();
  const restartMs = performance.now();
  const second = await openTestNode({ dataDir });
  const restartSeconds = (performance.now() - restartMs) / 1_000;
  const counted = await Effect.runPromise(second.node.census);
  await second.close();
  if (counted.links !== links) {
    throw new Error(`the store holds ${counted.links} of ${links} links`);
  }
  const { size } = Deno.statSync(`${dataDir}/store.block`);
  return {
    ingest,
    rankSeconds,
    restartSeconds,
    memoryMib: Object.fromEntries(
      cells.map((cell) => [cell.name, Math.round(cell.memory_bytes / 2 ** 20)]),
    ),
    rssMib: Math.round(Deno.memoryUsage().rss / 2 ** 20),
    deviceOctetsPerLink: Math.round(size / links),
  };
}

export function sqlite(
  path: string,
  file: string,
  perTransaction: number,
): Rate {
  const db = new DatabaseSync(path);
  db.exec("pragma journal_mode = wal; pragma synchronous = full;");
  db.exec(`
    create table particle (id integer primary key, content text unique);
    create table link (origin integer, target integer, amount integer, valence integer);
    create index link_origin on link (origin);
    create index link_target on link (target);
  `);
  const known = db.prepare("select id from particle where content = ?");
  const make = db.prepare("insert into particle (content) values (?)");
  const link = db.prepare("insert into link values (?, ?, ?, 0)");
  const idOf = (content: string): number | bigint =>
    (known.get(content) as { id: number } | undefined)?.id ??
      make.run(content).lastInsertRowid;
  const startMs = performance.now();
  const lines = Deno.readTextFileSync(file).split("\n");
  let done = 0;
  db.exec("begin");
  for (const line of lines) {
    const [from, to, amount] = line.split("\t");
    if (from === undefined || to === undefined) continue;
    link.run(idOf(from), idOf(to), Number(amount ?? 1));
    done += 1;
    if (done % perTransaction === 0) db.exec("commit; begin");
  }
  db.exec("commit");
  const result = rate(done, startMs);
  db.close();
  return result;
}

function readAsked() {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        links: { type: "string", default: "1000000" },
        particles: { type: "string", default: "200000" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(MANUAL);
      Deno.exit(0);
    }
    const numberOf = (name: "links" | "particles") => {
      const number = Number(values[name]);
      if (Number.isSafeInteger(number) && number > 0) return number;
      throw new Error(`--${name} is a number from 1, not "${values[name]}"`);
    };
    const [links, particles] = [numberOf("links"), numberOf("particles")];
    return { links, particles, json: values.json };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

if (import.meta.main) {
  const { links, particles, json } = readAsked();
  const folder = await Deno.makeTempDir({ prefix: "karyon-bench-" });
  try {
    const file = `${folder}/links.tsv`;
    writeLinks(file, links, particles, 20_261_121);
    const own = await karyon(folder, file, links);
    const batched = sqlite(`${folder}/a.sqlite`, file, SIGNAL_LINKS);
    const single = sqlite(`${folder}/b.sqlite`, file, Infinity);
    const result = {
      links,
      ...own,
      sqliteDurableBatches: batched,
      sqliteOneTransaction: single,
    };
    if (json) {
      console.log(JSON.stringify(result, null, 2));
    } else {
      report(result);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function report(
  result:
    & { links: number; sqliteDurableBatches: Rate; sqliteOneTransaction: Rate }
    & Awaited<ReturnType<typeof karyon>>,
): void {
  const k = (n: number) => `${(n / 1_000).toFixed(0)} k links/s`;
  const own = result.ingest.linksPerSecond;
  const beside = ({ linksPerSecond }: Rate) =>
    `${k(linksPerSecond)}, ratio ${(own / linksPerSecond).toFixed(2)}`;
  const memory = Object.entries(result.memoryMib)
    .map(([cell, mib]) => `${cell} ${mib}`).join(", ");
  console.log(`${result.links} links into a new store
  Karyon (signed, hashed, durable)    ${k(own)}
  SQLite, durable batches of ${SIGNAL_LINKS}     ${
    beside(result.sqliteDurableBatches)
  }
  SQLite, one transaction             ${beside(result.sqliteOneTransaction)}
  memory of the cells, MiB            ${memory}
  memory of the process, MiB          ${result.rssMib}
  on the device, octets per link      ${result.deviceOctetsPerLink}
  ranks settled after                 ${result.rankSeconds.toFixed(2)} s
  restart to serving                  ${result.restartSeconds.toFixed(2)} s`);
}
