/** Does not type-check: a u64 is a bigint, or it would lose digits. Pass a bigint. */
import type { Connected } from "../../../kernel/call/connect.ts";
import type { Reads } from "../../../wit/gen/graph_reads.ts";

export function scan(graph: Connected<Reads>) {
  // @ts-expect-error: the index is a bigint
  return graph.scan(0, 10);
}
