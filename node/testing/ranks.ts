/** Whole vectors of a node, for comparisons. */
import { Effect } from "effect";
import type { WeightedLink } from "../../conformance/cells/rank/reference.ts";
import { type LocalNode, ranksOf, readsOf } from "../local/local_node.ts";
import { until } from "./node.ts";

const PAGE = 65_536;

/** While a node is asked, its background work goes on more slowly. */
const ASK_MS = 100;

/** Waits until the ranks are of the graph's height, and confirmed; gives the vector. */
export async function settledRanks(
  node: LocalNode,
  limitMs: number,
): Promise<Float64Array> {
  const ranks = ranksOf(node);
  await until("the ranks have caught up", limitMs, async () => {
    const { height } = await Effect.runPromise(node.census);
    const standing = await Effect.runPromise(ranks.status());
    return standing.tag === "ok" && standing.val.confirmed &&
      Number(standing.val.height) === height;
  }, ASK_MS);
  const pages: number[] = [];
  while (true) {
    const page = await Effect.runPromise(ranks.vector(pages.length, PAGE));
    if (page.tag === "err") throw new Error(page.val);
    if (page.val.length === 0) return Float64Array.from(pages);
    for (const focus of page.val) pages.push(focus);
  }
}

/** Every link of the record. */
export async function allLinks(node: LocalNode): Promise<WeightedLink[]> {
  const reads = readsOf(node);
  const links: WeightedLink[] = [];
  while (true) {
    const run = await Effect.runPromise(
      reads.scan(BigInt(links.length), PAGE),
    );
    if (run.tag === "err") throw new Error(run.val);
    const { origins, targets, weights } = run.val;
    if (origins.length === 0) return links;
    origins.forEach((origin, i) => {
      links.push({
        origin,
        target: targets[i] ?? 0,
        weight: weights[i] ?? 0n,
      });
    });
  }
}
