/**
 * What recording costs, and how fast a recording is replayed.
 *
 *   deno task bench:record [--links 50000] [--rounds 3] [--json]
 *
 * The same links into new stores and the same questions, not recorded and
 * recorded by turns; then the last recording is replayed. Medians of rounds.
 */
import { parseArgs } from "node:util";
import { Effect } from "effect";
import { replayFile } from "../node/record/replay_file.ts";
import { importInto } from "../node/testing/importing.ts";
import { writeLinks } from "../node/testing/links.ts";
import { openTestNode } from "../node/testing/node.ts";
import { settledRanks } from "../node/testing/ranks.ts";

const ASKED = 300;
const RECORD_OCTETS_MAX = 2 ** 32;

interface Round {
  readonly linksPerSecond: number;
  readonly topMicroseconds: number;
  readonly recordOctets: number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

async function round(
  dataDir: string,
  file: string,
  links: number,
  isRecorded: boolean,
): Promise<Round> {
  const record = { octetsMax: RECORD_OCTETS_MAX, report: () => {} };
  const test = await openTestNode(
    isRecorded ? { dataDir, record } : { dataDir },
  );
  const startMs = performance.now();
  await importInto(test.node, "tsv", file);
  const linksPerSecond = links / (performance.now() - startMs) * 1_000;
  await settledRanks(test.node, 60_000);
  const times: number[] = [];
  for (let asked = 0; asked < ASKED; asked++) {
    const askedMs = performance.now();
    await Effect.runPromise(test.node.api.top(10));
    times.push(1_000 * (performance.now() - askedMs));
  }
  await test.close();
  return {
    linksPerSecond,
    topMicroseconds: median(times),
    recordOctets: isRecorded ? Deno.statSync(recordOf(dataDir)).size : 0,
  };
}

function recordOf(dataDir: string): string {
  const [entry] = [...Deno.readDirSync(`${dataDir}/record`)];
  return `${dataDir}/record/${entry?.name}`;
}

async function replayed(path: string) {
  const startMs = performance.now();
  const report = await Effect.runPromise(
    replayFile({ file: path, progress: () => {} }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  const differing = report.lives.filter(({ difference }) => difference);
  if (differing.length > 0) throw new Error(JSON.stringify(differing[0]));
  return { seconds, frames: report.frames };
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    links: { type: "string", default: "50000" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const links = Number(values.links);
const folder = Deno.makeTempDirSync({ prefix: "karyon-bench-" });
try {
  const file = `${folder}/links.tsv`;
  writeLinks(file, links, Math.ceil(links / 5), 1);
  const rounds: Record<"off" | "on", Round[]> = { off: [], on: [] };
  for (let at = 0; at < Number(values.rounds); at++) {
    for (const way of ["off", "on"] as const) {
      const dataDir = `${folder}/${way}-${at}`;
      rounds[way].push(await round(dataDir, file, links, way === "on"));
    }
  }
  const of = (way: "off" | "on", what: keyof Round) =>
    median(rounds[way].map((one) => one[what]));
  const report = {
    links,
    linksPerSecond: {
      off: Math.round(of("off", "linksPerSecond")),
      on: Math.round(of("on", "linksPerSecond")),
    },
    topMicroseconds: {
      off: Math.round(of("off", "topMicroseconds")),
      on: Math.round(of("on", "topMicroseconds")),
    },
    octetsPerLink: Math.round(of("on", "recordOctets") / links),
    replay: await replayed(recordOf(`${folder}/on-0`)),
  };
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else console.log(report);
} finally {
  Deno.removeSync(folder, { recursive: true });
}
