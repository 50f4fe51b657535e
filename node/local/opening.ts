/**
 * Waits for the cells of a node that has just been booted.
 *
 * A node without its record cannot do anything: where the graph does not serve,
 * opening fails, and says why and what to do. Without another cell it is
 * degraded.
 */
import { Effect } from "effect";
import type { CellStatus } from "../../kernel/cell/status.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { Refusal } from "../api.ts";
import { LOOK_AGAIN_MS, OPEN_MS_MAX } from "./limits.ts";
import { ROLES } from "./system.ts";

/** Waits until every cell has started or has said why not. */
export function started(
  kernel: Kernel["Service"],
  onProgress: (text: string) => void = () => {},
): Effect.Effect<void, Refusal> {
  const graphOf = () => kernel.cells().find(({ name }) => name === ROLES.graph);
  const wait = Effect.gen(function* () {
    while (kernel.cells().some(({ state }) => state === "starting")) {
      if (isLost(graphOf())) break;
      const slow = kernel.cells().find(({ state, detail }) =>
        state === "starting" && detail !== ""
      );
      if (slow !== undefined) onProgress(`${slow.name}: ${slow.detail}`);
      yield* Effect.sleep(LOOK_AGAIN_MS);
    }
    const graph = graphOf();
    if (graph?.serves !== true) return yield* cannotOpen(graph);
  });
  return wait.pipe(
    Effect.timeoutOrElse({
      duration: OPEN_MS_MAX,
      orElse: () =>
        Effect.fail(
          new Refusal({
            kind: "unavailable",
            message: `the cells did not start within ${OPEN_MS_MAX / 1_000} s`,
            fix: "see whether the disk is well, then start again",
          }),
        ),
    }),
  );
}

/** A fault that ends a start is not one that a restart mends. */
function isLost(graph: CellStatus | undefined): boolean {
  return graph === undefined || graph.state === "restarting" ||
    graph.state === "disabled";
}

function cannotOpen(graph: CellStatus | undefined): Refusal {
  const reason = graph?.detail ?? `there is no cell ${ROLES.graph}`;
  // It has exports once its component was read and fits.
  return graph?.exports === undefined
    ? new Refusal({
      kind: "unavailable",
      message: `the graph cannot run: ${reason}`,
      fix: "see that its component is there and whole: deno task build",
    })
    : new Refusal({
      kind: "unavailable",
      message: `the store cannot be opened: ${reason}`,
      fix: "it was left as it is: use the Karyon that wrote it, restore the " +
        "data directory from a copy, or begin a new one with --data DIR",
    });
}
