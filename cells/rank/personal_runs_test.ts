/**
 * Personal focuses as they are asked for: bounded in number, one at a time, none lost to
 * a record that grows, refused with a reason.
 */
import assert from "node:assert/strict";
import { randomLinks } from "../../conformance/cells/rank/random_links.ts";
import { distance, rank } from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, valueOf } from "./testing/rank_cell.ts";

const SECOND_US = 1_000_000n;
const LINKS = randomLinks(31, 60, 600);
const ENDS = [...new Set(LINKS.map(({ target }) => target))];

async function opened(yieldEvery?: number) {
  const model = new GraphModel(LINKS);
  const options = yieldEvery === undefined ? {} : { yieldEvery };
  const cell = (await openRank(model, options)).start();
  return { model, cell };
}

Deno.test("personal runs: what is wrong with a question", async () => {
  const { cell } = await opened();
  const ask = (sources: number[]) =>
    valueOf(cell.personal.ask(Uint32Array.from(sources), new Uint32Array(), 9));
  const waits = { tag: "preparing", val: { ahead: 0, rounds: 0, residual: 0 } };
  assert.deepEqual(ask([ENDS[0]!]), waits);
  cell.settle();
  assert.deepEqual(ask([]), { tag: "invalid" });
  assert.deepEqual(ask(Array.from({ length: 17 }, (_, i) => i)), {
    tag: "invalid",
  });
  assert.deepEqual(ask([ENDS[0]!, 5000]), { tag: "unranked", val: 5000 });
  assert.deepEqual(ask(Array.from({ length: 16 }, () => ENDS[0]!)), waits);
});

Deno.test("personal runs: one after the other, with progress, four at most", async () => {
  const { cell } = await opened(1);
  cell.settle();
  const tags = () => ENDS.slice(0, 6).map((end) => cell.from([end], 1).tag);
  const ahead = (end: number) => {
    const outcome = cell.from([ENDS[end]!], 1);
    return outcome.tag === "preparing" ? outcome.val.ahead : -1;
  };
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(ahead), [0, 1, 2, 3, 4, 4]);
  let rounds = 0;
  for (let step = 0; rounds === 0; step++) {
    assert.ok(step < 100_000, "no round in 100,000 steps");
    cell.background.step();
    const outcome = cell.from([ENDS[0]!], 1);
    if (outcome.tag === "preparing") rounds = outcome.val.rounds;
    else throw new Error(`${outcome.tag} before any progress was seen`);
  }
  assert.deepEqual([0, 1, 2, 3, 4].map(ahead), [0, 1, 2, 3, 4]);
  for (let i = 0; i < 4; i++) cell.settle();
  // All four are given at once; then the first two places go to the two others.
  assert.deepEqual(tags().slice(0, 4), Array(4).fill("computed"));
  cell.clockUs += 1n;
  assert.deepEqual([4, 5].map(ahead), [0, 1]);
  cell.settle();
  cell.settle();
  assert.equal(cell.from([ENDS[4]!]).tag, "computed");
  assert.equal(cell.from([ENDS[5]!]).tag, "computed");
});

Deno.test("personal runs: what nobody asks for any more is not computed, and gives its place", async () => {
  const { cell } = await opened();
  cell.settle();
  for (const end of ENDS.slice(0, 4)) cell.from([end]);
  cell.clockUs += 11n * SECOND_US;
  assert.equal(cell.from([ENDS[4]!]).tag, "preparing");
  cell.settle();
  assert.equal(cell.from([ENDS[4]!]).tag, "computed");
  // Asked for anew: it had not been computed.
  assert.equal(cell.from([ENDS[1]!]).tag, "preparing");
});

Deno.test("personal runs: a record that never rests still answers, about the links it had", async () => {
  const { model, cell } = await opened(3);
  cell.settle();
  const from = [ENDS[2]!];
  const more = randomLinks(32, 60, 4000);
  let answers = 0;
  for (let step = 0; answers < 3; step++) {
    assert.ok(step < 200_000, `${answers} answers in 200,000 steps`);
    if (step % 40 === 0 && more.length > 0) model.links.push(more.pop()!);
    cell.clockUs += 1000n;
    cell.background.step();
    const outcome = cell.from(from);
    if (outcome.tag !== "computed") continue;
    const { links, focus } = outcome.val;
    const seen = model.links.slice(0, Number(links));
    const wanted = rank(seen, { from, tolerance: 1e-13, roundsMax: 5000 });
    assert.ok(distance(focus, wanted.focus) < 1e-9, `of ${links} links`);
    answers++;
    model.links.push(more.pop()!);
    // What it is about is settled before the next question.
    while (cell.standing().links === links) cell.background.step();
  }
  assert.ok(more.length < 3998);
});

Deno.test("personal runs: asked for while the graph is away, they come with it", async () => {
  const { model, cell } = await opened();
  cell.settle();
  model.links.push({ origin: 0, target: 1, weight: 1n });
  model.distortColumns = (columns) => ({ ...columns, next: 0n });
  cell.settle();
  assert.equal(cell.lifecycle.health().tag, "degraded");
  assert.equal(cell.from([ENDS[0]!]).tag, "preparing");
  model.links.pop();
  cell.settle();
  assert.equal(cell.from([ENDS[0]!]).tag, "computed");
});

Deno.test("personal runs: none is handed over", async () => {
  const { model, cell } = await opened();
  cell.settle();
  cell.focusFrom([ENDS[0]!]);
  const next = (await openRank(model)).start([], cell.snapshot());
  assert.equal(next.from([ENDS[0]!]).tag, "preparing");
  next.settle();
  assert.equal(next.from([ENDS[0]!]).tag, "computed");
});

Deno.test("personal runs: kept ones give way to a computation that needs the memory", async () => {
  const links = Array.from({ length: 24_000 }, (_, i) => ({
    origin: i,
    target: i + 1,
    weight: 1n,
  }));
  /** Tags of four questions; links of the last publication, once one came. */
  const tried = async (memoryPagesMax: number, sources: number[]) => {
    const model = new GraphModel(links);
    const cell = (await openRank(model, { memoryPagesMax })).start();
    cell.settle();
    const tags = sources.map((end) => {
      cell.from([end], 1);
      cell.settle();
      return cell.from([end], 1).tag;
    });
    model.links.push({ origin: 5, target: 9, weight: 1n });
    for (let i = 0; i < 8; i++) cell.settle();
    return { tags, links: Number(cell.standing().links), log: cell.log };
  };
  let pages = 300;
  while ((await tried(pages, [])).links <= links.length) {
    assert.ok(pages < 1000, "no memory is enough");
    pages += 20;
  }
  // Somewhere above, results fit, and not beside the next computation.
  let isSeen = false;
  for (let more = 0; more <= 80 && !isSeen; more += 4) {
    const { tags, links: ranked, log } = await tried(pages + more, [
      1,
      2,
      3,
      4,
    ]);
    assert.equal(ranked, links.length + 1, `${pages + more} pages: ${tags}`);
    isSeen = tags.includes("computed") &&
      log[0] === `memory: not enough for ${links.length + 1} links`;
  }
  assert.ok(isSeen);
});
