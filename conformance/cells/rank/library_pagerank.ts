/**
 * PageRank by graphology, as a second opinion on diffusion.
 *
 * The library's teleport and its treatment of dangling nodes are uniform.
 */
import { DirectedGraph } from "graphology";
import pagerankModule from "graphology-metrics/centrality/pagerank.js";
import type { AxonList } from "./reference.ts";

/** The part of the library that is used. */
type Pagerank = (graph: DirectedGraph, options: {
  alpha: number;
  /** Per node: the library multiplies it by their number. */
  tolerance: number;
  maxIterations: number;
  getEdgeWeight: string;
}) => Record<string, number>;

// The package's types declare a default export, its CommonJS code assigns
// `module.exports`: what is imported is the function itself.
const pagerank = pagerankModule as unknown as Pagerank;

/** PageRank with damping 0.85 over the axons, by particle number. */
export function libraryPagerank(axons: AxonList): Float64Array {
  const graph = new DirectedGraph();
  for (const number of axons.numbers) graph.addNode(String(number));
  axons.weight.forEach((weight, i) => {
    const from = axons.numbers[axons.origin[i]!];
    const to = axons.numbers[axons.target[i]!];
    graph.addDirectedEdge(String(from), String(to), { weight });
  });
  const ranks = pagerank(graph, {
    alpha: 0.85,
    tolerance: 1e-14,
    maxIterations: 2000,
    getEdgeWeight: "weight",
  });
  const result = new Float64Array((axons.numbers.at(-1) ?? -1) + 1);
  for (const [key, value] of Object.entries(ranks)) result[Number(key)] = value;
  return result;
}
