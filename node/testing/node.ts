/** A whole node in a temporary data directory, for tests. */
import { Effect, Exit, Scope } from "effect";
import type { Refusal } from "../api.ts";
import { type RunningServer, serve } from "../http/server.ts";
import {
  type LocalNode,
  type LocalNodeOptions,
  openLocalNode,
} from "../local/local_node.ts";

export interface TestNode {
  readonly node: LocalNode;
  readonly dataDir: string;
  readonly logged: ReadonlyArray<string>;
  /** Stops the node as a shutdown does; the data stays. */
  close(): Promise<void>;
}

/** Opens a node; without `dataDir` in a new folder. */
export async function openTestNode(
  options: Partial<LocalNodeOptions> = {},
): Promise<TestNode> {
  const dataDir = options.dataDir ??
    await Deno.makeTempDir({ prefix: "karyon-node-" });
  const logged: string[] = [];
  const scope = Effect.runSync(Scope.make());
  try {
    const node = await Effect.runPromise(
      openLocalNode({
        systemFile: "system.json",
        log: ({ cell, message }) => logged.push(`${cell}: ${message}`),
        ...options,
        dataDir,
      }).pipe(Scope.provide(scope)),
    );
    return {
      node,
      dataDir,
      logged,
      close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    };
  } catch (error) {
    await Effect.runPromise(Scope.close(scope, Exit.void));
    throw error;
  }
}

/** Runs `body` on a fresh node and removes its data afterwards. */
export async function withNode(
  body: (test: TestNode) => Promise<void>,
  options: Partial<LocalNodeOptions> = {},
): Promise<void> {
  const test = await openTestNode(options);
  try {
    await body(test);
  } finally {
    await test.close();
    await Deno.remove(test.dataDir, { recursive: true });
  }
}

/** Serves the node on a free port of this machine. */
export function serveTestNode({ node }: TestNode): Promise<RunningServer> {
  return Effect.runPromise(serve(node.api, {
    host: "127.0.0.1",
    port: 0,
    token: "t".repeat(64),
    version: "test",
  }));
}

/** The refusal that `answer` ends with; throws if it succeeds. */
export function refusalOf<A>(
  answer: Effect.Effect<A, Refusal>,
): Promise<Refusal> {
  return Effect.runPromise(Effect.flip(answer));
}

/** Waits until `ready` says so, at most `limitMs`; asks every `everyMs`. */
export async function until(
  what: string,
  limitMs: number,
  ready: () => boolean | Promise<boolean>,
  everyMs = 5,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!await ready()) {
    if (performance.now() > endMs) {
      throw new Error(`not within ${limitMs} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
