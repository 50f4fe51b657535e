/** Opening and starting nodes: what commands get to talk to. */
import { Effect, Exit, Scope } from "effect";
import type { KernelEvent } from "../../kernel/supervisor/supervisor.ts";
import { type Answer, Refusal } from "../api.ts";
import type {
  OpenNode,
  StartedNode,
  StartOptions,
} from "../cli/composition.ts";
import { type RunningServer, serve } from "../http/server.ts";
import { type LocalNode, openLocalNode } from "../local/local_node.ts";
import { ROLES } from "../local/system.ts";
import { RemoteNode } from "../remote/remote_node.ts";
import { type RequestSpans, spansOf } from "../telemetry/spans.ts";
import { settledFirst } from "./settled.ts";
import { fillWithGenesis } from "./genesis.ts";
import {
  holderOf,
  newToken,
  removeNodeFile,
  writeNodeFile,
} from "./node_file.ts";

/** Lines about a long start follow each other no sooner. */
const PROGRESS_GAP_MS = 1_000;

export interface Place {
  /** Folder of the project, for documents and the system file. */
  readonly root: string;
  readonly version: string;
}

/** The running node of a data directory, else the store itself. */
export function openNode(place: Place, data: string): Answer<OpenNode> {
  return Effect.suspend((): Answer<OpenNode> => {
    const holder = holderOf(data);
    switch (holder.is) {
      case "node": {
        const { url, token } = holder.file;
        return Effect.succeed({
          api: new RemoteNode({ url, token }),
          kind: "remote" as const,
          place: url,
          close: () => Promise.resolve(),
        });
      }
      case "silent":
        return busy(
          `another process uses ${data} and does not serve`,
          "it imports, or is still starting: try again when it is done",
        );
      case "unreadable":
        return busy(
          `a node uses ${data}, but it cannot be found: ${holder.reason}`,
          "stop that node and start it again",
        );
      case "nobody":
        return Effect.map(opened(place, data, {}), (local) => ({
          api: settledFirst(local.node),
          kind: "local" as const,
          place: data,
          close: local.close,
        }));
    }
  });
}

function busy(message: string, fix: string): Answer<never> {
  return Effect.fail(new Refusal({ kind: "conflict", message, fix }));
}

/** Opens the store, fills an empty one, serves HTTP. */
export function startNode(
  place: Place,
  options: StartOptions,
): Answer<StartedNode> {
  return Effect.gen(function* () {
    const local = yield* opened(place, options.data, options);
    return yield* served(place, options, local).pipe(
      Effect.onError(() => Effect.promise(local.close)),
    );
  });
}

const served = Effect.fnUntraced(
  function* (place: Place, options: StartOptions, local: Local) {
    const { node } = local;
    const made = yield* fillWithGenesis(place.root, node, {
      genesis: options.genesis,
      progress: nowAndThen(options.progress),
    });
    if (made > 0) options.progress(`genesis: ${count(made)} links`);
    const token = newToken();
    const server = yield* serve(node.api, {
      host: options.host,
      port: options.port,
      token,
      version: place.version,
      names: options.names,
      spans: local.spans,
      report: options.report,
    });
    return yield* announced(options, local, server, token).pipe(
      Effect.onError(() => Effect.promise(() => server.close())),
    );
  },
);

const announced = Effect.fnUntraced(
  function* (
    { data }: StartOptions,
    { node, close, lost }: Local,
    server: RunningServer,
    token: string,
  ) {
    const { links, particles } = yield* node.census;
    yield* writeNodeFile(data, {
      pid: Deno.pid,
      url: server.url,
      token,
      started: new Date().toISOString(),
    });
    const started: StartedNode = {
      api: node.api,
      url: server.url,
      identity: node.neuron,
      store: `${count(particles)} particles, ${count(links)} links`,
      failed: lost,
      close: async () => {
        try {
          await server.close();
        } finally {
          removeNodeFile(data);
          await close();
        }
      },
    };
    return started;
  },
);

interface Local {
  readonly node: LocalNode;
  readonly spans: RequestSpans | undefined;
  /** Resolves with the reason once the graph is given up. */
  readonly lost: Promise<string>;
  readonly close: () => Promise<void>;
}

function opened(
  place: Place,
  data: string,
  tell: Partial<
    Pick<
      StartOptions,
      "progress" | "report" | "recordOctetsMax" | "traceEvery"
    >
  >,
): Answer<Local> {
  const { progress = () => {}, report = () => {} } = tell;
  const octetsMax = tell.recordOctetsMax;
  return Effect.gen(function* () {
    const scope = yield* Scope.make();
    const lost = Promise.withResolvers<string>();
    const spans = spansOf(tell.traceEvery ?? 1);
    const node = yield* openLocalNode({
      dataDir: data,
      systemFile: `${place.root}/system.json`,
      log: ({ cell, severity, message }) => {
        if (severity === "warn" || severity === "error") {
          report(`${cell}: ${message}`);
        }
      },
      onProgress: nowAndThen(progress),
      trace: spans?.cells,
      ...(octetsMax === undefined ? {} : { record: { octetsMax, report } }),
      onEvent: (event) => {
        const line = eventLine(event);
        if (line !== undefined) report(line);
        if (event.kind === "disabled" && event.cell === ROLES.graph) {
          lost.resolve(`the graph is given up: ${event.detail}`);
        }
      },
    }).pipe(
      Scope.provide(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
    );
    return {
      node,
      spans: spans?.requests,
      lost: lost.promise,
      close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    };
  });
}

/** Passes on a line that is new, and only so often. */
function nowAndThen(progress: (line: string) => void): (line: string) => void {
  let last = "";
  let nextMs = 0;
  return (line) => {
    const nowMs = performance.now();
    if (line === last || nowMs < nextMs) return;
    last = line;
    nextMs = nowMs + PROGRESS_GAP_MS;
    progress(line);
  };
}

function eventLine(event: KernelEvent): string | undefined {
  if (event.kind === "fault") {
    const { cell, generation, kind, during, reason } = event.epitaph;
    return `${cell}: generation ${generation} ended by a fault in ${during}: ${kind}: ${reason}`;
  }
  if (event.kind === "started") return undefined;
  return `${event.cell}: ${event.kind}: ${event.detail}`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
