/**
 * A whole node on two harts: rank on its own thread, graph and query on the
 * first. It answers what a node on one hart answers, octet by octet.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { openImport } from "./import/mod.ts";
import { hold } from "./local/data_directory.ts";
import { openRecords } from "./record/record_file.ts";
import { replayFile } from "./record/replay_file.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { writeLinks } from "./testing/links.ts";
import {
  openTestNode,
  type TestNode,
  until,
  withNode,
} from "./testing/node.ts";
import { governor, signedSwap } from "./testing/proposals.ts";
import { settledRanks } from "./testing/ranks.ts";
import { systemFile, type SystemJson } from "./testing/system_file.ts";

const LINKS = 2_000;
const SETTLE_MS = 120_000;
const run = Effect.runPromise;

const onTwo = (file: SystemJson) => {
  file.harts = 1;
  for (const cell of ["graph", "rank", "query"]) {
    const entry = file.cells[cell];
    if (entry !== undefined) entry.hart = Number(cell === "rank");
  }
};

async function withFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "karyon-harts-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function imported({ node }: TestNode, path: string): Promise<void> {
  const source = await openImport("tsv", path);
  for await (const { draft } of source.batches({})) {
    await run(node.api.submitDraft(draft));
  }
}

/** What anybody may ask, as octets: times and ages are not in it. */
async function answers({ node }: TestNode): Promise<Record<string, unknown>> {
  const focus = await settledRanks(node, SETTLE_MS);
  const top = await run(node.api.top(20));
  const { version: _version, age_ms: _age, ...standing } = await run(
    node.api.rankStatus(),
  );
  const [first] = top;
  ok(first !== undefined);
  await until(
    "the texts are indexed",
    SETTLE_MS,
    async () => (await run(node.api.search(first.text ?? "", 5))).pending === 0,
  );
  return {
    focus: new Uint8Array(focus.buffer).toHex(),
    top,
    standing,
    found: await run(node.api.search(first.text ?? "", 5)),
    particle: await run(node.api.particle(first.cid)),
    census: await run(node.census),
  };
}

const hartsOf = async ({ node }: TestNode) =>
  (await run(node.api.cells())).map(({ name, hart, state }) =>
    `${name} ${hart} ${state}`
  );

Deno.test("a node on two harts imports, ranks and answers like one on one hart", async () => {
  await withFolder(async (folder) => {
    const links = `${folder}/links.tsv`;
    writeLinks(links, LINKS, 500, 7);
    let one: Record<string, unknown> = {};
    const plain = systemFile(folder, () => {});
    await withNode(async (test) => {
      await imported(test, links);
      one = await answers(test);
      deepStrictEqual(await hartsOf(test), [
        "graph 0 running",
        "rank 0 running",
        "query 0 running",
      ]);
    }, { systemFile: plain });
    const two = systemFile(folder, onTwo);
    await withNode(async (test) => {
      await imported(test, links);
      deepStrictEqual(await answers(test), one);
      deepStrictEqual(await hartsOf(test), [
        "graph 0 running",
        "rank 1 running",
        "query 0 running",
      ]);
      await swapped(test);
      const { focus, top } = await answers(test);
      deepStrictEqual([focus, top], [one.focus, one.top]);
    }, { systemFile: two });
  });
});

/** Rank is swapped on its hart by a signed proposal. */
async function swapped(test: TestNode): Promise<void> {
  const { node, dataDir } = test;
  const component = relabelled(builtComponent("rank"), "two");
  const key = await governor(dataDir, "identity");
  const text = await signedSwap(node.network, "rank", component, [key]);
  const dry = await run(node.api.dryRun(text, component));
  deepStrictEqual(dry.refusals, []);
  match(
    dry.changes?.admission.after ?? "",
    /^hart 0: .*; hart 1: rank 2 = 2 of 10 ms$/,
  );
  const report = await run(node.api.propose(text, component));
  strictEqual(report.state, "executed");
  match(await run(node.api.metrics()), /karyon_cell_up\{cell="rank"\} 1/);
  const rank = (await run(node.api.cells())).find(({ name }) =>
    name === "rank"
  );
  strictEqual(`01${rank?.hash}`, report.component);
  strictEqual(rank?.hart, 1);
}

Deno.test("a node whose harts do not fit does not start, and says why", async () => {
  await withFolder(async (folder) => {
    const refusals: [string, (file: SystemJson) => void, RegExp][] = [
      [
        "a cell with a driver",
        (file) => {
          onTwo(file);
          Object.assign(file.cells.graph ?? {}, { hart: 1 });
        },
        /cells\.graph\.hart: graph is granted driver:disk, and drivers answer on hart 0 only/,
      ],
      [
        "a hard cell that calls another hart",
        (file) => {
          onTwo(file);
          Object.assign(file.cells.rank ?? {}, { class: "hard" });
        },
        /cells\.rank\.hart: a hard cell may not call across harts.*rank on hart 1 reaches graph on hart 0/,
      ],
      [
        "a hart that is not there",
        (file) => {
          onTwo(file);
          Object.assign(file.cells.rank ?? {}, { hart: 2 });
        },
        /cells\.rank\.hart: there is no hart 2: "harts" 1 makes harts 0 to 1/,
      ],
    ];
    for (const [what, change, reason] of refusals) {
      const path = systemFile(folder, change);
      const refused = openTestNode({
        dataDir: `${folder}/data`,
        systemFile: path,
      });
      const message = await refused.then(
        () => "it started",
        (error: unknown) => String(error),
      );
      match(message, reason, what);
    }
  });
});

Deno.test("each hart records its cells, and each recording is replayed", async () => {
  await withFolder(async (folder) => {
    const dataDir = `${folder}/data`;
    const lines: string[] = [];
    const test = await openTestNode({
      dataDir,
      systemFile: systemFile(folder, onTwo),
      record: { octetsMax: 2 ** 28, report: (line) => lines.push(line) },
    });
    try {
      const links = `${folder}/links.tsv`;
      writeLinks(links, 300, 100, 11);
      await imported(test, links);
      await answers(test);
      await swapped(test);
    } finally {
      await test.close();
    }
    match(lines.join("\n"), /recording to .*Z\.hart-1\.record: .*private/);
    const names = [...Deno.readDirSync(`${dataDir}/record`)]
      .map(({ name }) => name).sort((a, b) => a.length - b.length);
    strictEqual(names.length, 2, names.join());
    const reports = [];
    for (const name of names) {
      const file = `${dataDir}/record/${name}`;
      strictEqual((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
      reports.push(await run(replayFile({ file, progress: () => {} })));
    }
    const [first, second] = reports;
    deepStrictEqual(first?.known, ["graph/1", "query/1"]);
    match(second?.known.join(" ") ?? "", /^rank\/1 rank\/\d( rank\/\d)*$/);
    for (const { lives, damaged, end } of reports) {
      strictEqual(damaged, undefined);
      strictEqual(end, "the node stopped");
      for (const { cell, generation, difference, ...life } of lives) {
        strictEqual(difference, undefined, cell);
        // The ones after a swap may have been asked nothing yet.
        if (generation > 1) continue;
        ok(life.calls > 3 && life.questions > 3, cell);
      }
    }
  });
});

Deno.test("a hart that begins anew records to another file, within its share", async () => {
  await withFolder(async (folder) => {
    const octets = new Uint8Array(100);
    const lines: string[] = [];
    await run(Effect.scoped(Effect.gen(function* () {
      const directory = yield* hold(`${folder}/data`);
      const options = {
        octetsMax: 2_000,
        report: (line: string) => lines.push(line),
      };
      const { far } = yield* openRecords(directory, options, 1);
      const before = far(1);
      strictEqual(before.octetsMax, 1_000);
      before.write(octets);
      const after = far(1);
      strictEqual(after.octetsMax, 900);
      before.write(octets);
      after.write(octets);
      strictEqual(far(1).octetsMax, 800, "a late word is not written");
    })));
    deepStrictEqual(
      [...Deno.readDirSync(`${folder}/data/record`)]
        .map(({ name }) => name.replace(/^.*Z\./, "")).sort(),
      ["hart-1.2.record", "hart-1.3.record", "hart-1.record", "record"],
    );
    strictEqual(lines.length, 4);
  });
});
