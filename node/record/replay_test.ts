/**
 * Whole nodes on the recording, and their cells replayed: equal, changed, trapped,
 * swapped, stopped by time, damaged, full.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { CellReport } from "../api.ts";
import type { Replayed, ReplayedLife } from "../cli/composition.ts";
import {
  builtComponent,
  type Edit,
  editedComponent,
  relabelled,
} from "../testing/components.ts";
import { openTestNode, type TestNode, until } from "../testing/node.ts";
import { governor, signedSwap } from "../testing/proposals.ts";
import { replayFile } from "./replay_file.ts";

const MIB = 2 ** 20;

interface Recorded {
  /** Path of the recording. */
  readonly file: string;
  readonly folder: string;
  readonly lines: readonly string[];
}

/** Runs `body` on a node on the recording; the caller removes the folder. */
async function recorded(
  body: (test: TestNode) => Promise<void>,
  octetsMax = 256 * MIB,
): Promise<Recorded> {
  const lines: string[] = [];
  const record = { octetsMax, report: (line: string) => lines.push(line) };
  const test = await openTestNode({ record });
  const folder = test.dataDir;
  try {
    await body(test);
  } finally {
    await test.close();
  }
  const [entry, ...others] = [...Deno.readDirSync(`${folder}/record`)];
  deepStrictEqual(others, []);
  return { file: `${folder}/record/${entry?.name}`, folder, lines };
}

/** Uneven links among particles, ranked and searched. */
async function lived({ node }: TestNode): Promise<void> {
  const links = Array.from({ length: 200 }, (_, at) => ({
    from: { text: `particle ${at}` },
    to: { text: `particle ${(at * at) % 37}` },
  }));
  await Effect.runPromise(node.api.link(links));
  await until("ranks are published", 20_000, async () => {
    const { height, version } = await Effect.runPromise(node.api.rankStatus());
    return version > 0 && height === 1;
  });
  await until("texts are indexed", 20_000, async () => {
    const { pending } = await Effect.runPromise(node.api.search("particle", 5));
    return pending === 0;
  });
  await Effect.runPromise(node.api.top(20));
  const cid = await Effect.runPromise(node.api.resolve("particle 3"));
  await Effect.runPromise(node.api.particle(cid));
  await Effect.runPromise(node.api.links(cid, "out", 10));
}

type Asked = Partial<Parameters<typeof replayFile>[0]>;

function replayed(file: string, asked: Asked = {}): Promise<Replayed> {
  return Effect.runPromise(
    replayFile({ progress: () => {}, ...asked, file }),
  );
}

function equalTo({ lives }: Replayed): void {
  deepStrictEqual(
    lives.flatMap(({ difference }) => difference ?? []),
    [],
  );
}

function lifeOf({ lives }: Replayed, cell: string, at = 0): ReplayedLife {
  const life = lives.filter((each) => each.cell === cell)[at];
  if (life === undefined) throw new Error(`no life ${at} of ${cell}`);
  return life;
}

/** Replaces the rank cell by a signed proposal. */
async function swapRank(test: TestNode, component: Uint8Array) {
  const key = await governor(test.dataDir, "identity");
  const text = await signedSwap(test.node.network, "rank", component, [key]);
  return await Effect.runPromise(test.node.api.propose(text, component));
}

async function rankOf({ node }: TestNode): Promise<CellReport> {
  const cells = await Effect.runPromise(node.api.cells());
  const rank = cells.find(({ name }) => name === "rank");
  if (rank === undefined) throw new Error("no cell rank");
  return rank;
}

Deno.test("replay: every cell of a node, and a changed one", async (t) => {
  const { file, folder, lines } = await recorded(lived);

  await t.step("the recording says where it is, and is its owner's", () => {
    match(lines.join("\n"), /recording to .*\.record: .*private/);
    strictEqual((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
    strictEqual((Deno.statSync(`${folder}/record`).mode ?? 0) & 0o777, 0o700);
  });

  await t.step("graph, rank and query are equal, octet by octet", async () => {
    const report = await replayed(file);
    equalTo(report);
    strictEqual(report.end, "the node stopped");
    deepStrictEqual(report.known, ["graph/1", "rank/1", "query/1"]);
    for (const cell of ["graph", "rank", "query"]) {
      const life = lifeOf(report, cell);
      strictEqual(life.end, "ended in order");
      strictEqual(life.recorded, life.replayed);
      ok(life.calls > 3 && life.questions > 3 && life.octets > 100, cell);
    }
  });

  await t.step("one cell alone", async () => {
    const report = await replayed(file, { cell: "query", generation: 1 });
    equalTo(report);
    deepStrictEqual(report.lives.map(({ cell }) => cell), ["query"]);
    const none = await replayed(file, { cell: "query", generation: 2 });
    deepStrictEqual(none.lives, []);
  });

  await t.step("the same program under another hash is equal", async () => {
    const report = await withComponent(
      folder,
      file,
      relabelled(builtComponent("rank"), "other"),
    );
    equalTo(report);
    const life = lifeOf(report, "rank");
    ok(life.recorded !== life.replayed);
  });

  await t.step("one changed constant is named at its place", async () => {
    const report = await withComponent(
      folder,
      file,
      await edited([{
        file: "assembly/limits.ts",
        find: "TOLERANCE_DEFAULT: f64 = 1e-10",
        put: "TOLERANCE_DEFAULT: f64 = 1e-9",
      }]),
    );
    const { difference } = lifeOf(report, "rank");
    ok(difference !== undefined);
    // It is done some rounds sooner.
    match(difference.during, /^karyon:kernel\/background@0\.1\.0 step$/);
    match(difference.what, /question/);
    console.log(`  ${JSON.stringify(difference)}`);
  });

  await t.step("another word in an answer is named with its path", async () => {
    const report = await withComponent(
      folder,
      file,
      await edited([{
        file: "assembly/lifecycle.ts",
        find: "return Condition.ok();",
        put: 'return Condition.degraded("changed");',
      }]),
    );
    const { difference } = lifeOf(report, "rank");
    match(difference?.during ?? "", /lifecycle@0\.1\.0 health$/);
    deepStrictEqual(
      [difference?.what, difference?.path, difference?.want, difference?.got],
      ["answer", ".tag", '"ok"', '"degraded"'],
    );
  });

  await t.step("a damaged recording is named with the place", async () => {
    const whole = Deno.readFileSync(file);
    const path = `${folder}/damaged.record`;
    const spoilt = whole.slice();
    const at = whole.length >> 1;
    spoilt[at] = (spoilt[at] ?? 0) ^ 4;
    Deno.writeFileSync(path, spoilt);
    const report = await replayed(path);
    match(report.damaged ?? "", /at octet \d+, behind frame \d+/);
    equalTo(report);
    Deno.writeFileSync(path, new TextEncoder().encode("no recording at all"));
    match((await replayed(path)).damaged ?? "", /it is no record/);
  });

  await t.step("a torn tail is an end: what is there is equal", async () => {
    const whole = Deno.readFileSync(file);
    const path = `${folder}/torn.record`;
    Deno.writeFileSync(path, whole.slice(0, whole.length - 1_000));
    const report = await replayed(path);
    strictEqual(report.damaged, undefined);
    match(report.end, /^it is torn: \d+ octets/);
    equalTo(report);
    Deno.writeFileSync(path, whole.slice(0, 10));
    match((await replayed(path)).damaged ?? "", /its head ends/);
  });

  await Deno.remove(folder, { recursive: true });
});

function edited(edits: readonly Edit[]): Promise<Uint8Array> {
  return editedComponent("rank", edits);
}

function withComponent(
  folder: string,
  file: string,
  octets: Uint8Array,
): Promise<Replayed> {
  const component = `${folder}/other.wasm`;
  Deno.writeFileSync(component, octets);
  return replayed(file, { cell: "rank", component });
}

Deno.test("replay: a swap makes two lives, both equal", async () => {
  const { file, folder } = await recorded(async (test) => {
    await lived(test);
    await swapRank(test, relabelled(builtComponent("rank"), "swapped"));
    await Effect.runPromise(test.node.api.top(5));
  });
  const report = await replayed(file);
  equalTo(report);
  const generations = report.lives.filter(({ cell }) => cell === "rank");
  ok(generations.length >= 2);
  const hashes = new Set(generations.map(({ recorded }) => recorded));
  strictEqual(hashes.size, 2);
  const last = generations.at(-1);
  const one = await replayed(file, {
    cell: "rank",
    generation: last?.generation,
  });
  deepStrictEqual(one.lives, [last]);
  await Deno.remove(folder, { recursive: true });
});

/** What the step of a rank cell does that is swapped in, and how that ends. */
const BAD_STEPS = [
  ["unreachable()", /^ended as recorded: trap: unreachable/],
  ["while (true) {}", /^stopped from outside, compared up to there: deadline/],
] as const;

for (const [code, end] of BAD_STEPS) {
  Deno.test(`replay: a step that is ${code} ends the same way`, async () => {
    const bad = await edited([{
      file: "assembly/background.ts",
      find: "export function step(): Progress {",
      put: `export function step(): Progress {\n  ${code};`,
    }]);
    const { file, folder } = await recorded(async (test) => {
      await lived(test);
      const { hash } = await rankOf(test);
      await swapRank(test, bad);
      await until("the old component is back", 10_000, async () => {
        const rank = await rankOf(test);
        return rank.hash === hash && rank.state === "running";
      });
    });
    const report = await replayed(file, { cell: "rank" });
    equalTo(report);
    const ends = report.lives.map((life) => life.end);
    ok(ends.some((each) => end.test(each)), ends.join("\n"));
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("replay: a full recording stops, the node goes on", async () => {
  const { file, folder, lines } = await recorded(async (test) => {
    await lived(test);
    const links = Array.from({ length: 4_000 }, (_, at) => ({
      from: { text: `a long particle with the number ${at} ${"x".repeat(80)}` },
      to: { text: `particle ${at % 200}` },
    }));
    await Effect.runPromise(test.node.api.link(links));
    await until("ranks are published", 20_000, async () => {
      const { height } = await Effect.runPromise(test.node.api.rankStatus());
      return height === 2;
    });
  }, MIB);
  match(lines.at(-1) ?? "", /recording has stopped: the recording is full/);
  ok(Deno.statSync(file).size <= MIB);
  const report = await replayed(file);
  equalTo(report);
  match(report.end, /the recording is full/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("replay: a node refuses nothing because it is recorded", async () => {
  const { file, folder } = await recorded(async (test) => {
    const { api } = test.node;
    for (let round = 0; round < 3; round++) {
      const links = Array.from({ length: 200 }, (_, at) => ({
        from: { text: `particle ${at} of ${round}` },
        to: { text: `particle ${(at * at) % 37}` },
      }));
      await Effect.runPromise(api.link(links));
      // While texts are indexed and ranks are computed: a refusal would throw.
      for (let asked = 0; asked < 60; asked++) {
        await Effect.runPromise(api.search("particle", 5));
        await Effect.runPromise(Effect.result(api.top(5)));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
  });
  equalTo(await replayed(file));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("replay: without --record there is no recording", async () => {
  const test = await openTestNode();
  await test.close();
  const names = [...Deno.readDirSync(test.dataDir)].map(({ name }) => name);
  ok(!names.includes("record"));
  await Deno.remove(test.dataDir, { recursive: true });
});
