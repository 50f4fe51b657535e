/** Opening and starting nodes: what commands get to talk to. */
import { Effect, Exit, Scope } from "effect";
import type { KernelEvent } from "../../kernel/supervisor/supervisor.ts";
import { type Answer, Refusal } from "../api.ts";
import type {
  OpenNode,
  StartedNode,
  StartOptions,
} from "../cli/composition.ts";
import { serve } from "../http/server.ts";
import { isHeld } from "../local/data_directory.ts";
import { type LocalNode, openLocalNode } from "../local/local_node.ts";
import { RemoteNode } from "../remote/remote_node.ts";
import { settledFirst } from "./settled.ts";
import { fillWithGenesis } from "./genesis.ts";
import {
  newToken,
  removeNodeFile,
  runningNode,
  writeNodeFile,
} from "./node_file.ts";

export interface Place {
  /** Folder of the project, for documents and the system file. */
  readonly root: string;
  readonly version: string;
}

/** The running node of a data directory, else the store itself. */
export function openNode(place: Place, data: string): Answer<OpenNode> {
  return Effect.suspend((): Answer<OpenNode> => {
    const running = runningNode(data);
    if (running !== undefined) {
      const { url, token } = running;
      return Effect.succeed({
        api: new RemoteNode({ url, token }),
        kind: "remote" as const,
        place: url,
        close: () => Promise.resolve(),
      });
    }
    if (isHeld(data)) {
      return Effect.fail(
        new Refusal({
          kind: "conflict",
          message: `another process uses ${data} and serves no HTTP`,
          fix: "wait until it is done, then try again",
        }),
      );
    }
    return Effect.map(opened(place, data, () => {}, () => {}), (local) => ({
      api: settledFirst(local.node),
      kind: "local" as const,
      place: data,
      close: local.close,
    }));
  });
}

/** Opens the store, fills an empty one, serves HTTP. */
export function startNode(
  place: Place,
  options: StartOptions,
): Answer<StartedNode> {
  return Effect.gen(function* () {
    const local = yield* opened(
      place,
      options.data,
      options.progress,
      options.report,
    );
    return yield* served(place, options, local).pipe(
      Effect.onError(() => Effect.promise(local.close)),
    );
  });
}

const served = Effect.fnUntraced(
  function* (place: Place, options: StartOptions, local: Local) {
    const { node } = local;
    yield* fillWithGenesis(place.root, node, options);
    const token = newToken();
    const server = yield* serve(node.api, {
      host: options.host,
      port: options.port,
      token,
      version: place.version,
      names: options.names,
      report: options.report,
    });
    writeNodeFile(options.data, {
      pid: Deno.pid,
      url: server.url,
      token,
      started: new Date().toISOString(),
    });
    const { links, particles } = yield* node.census;
    const started: StartedNode = {
      api: node.api,
      url: server.url,
      identity: node.neuron,
      store: `${count(particles)} particles, ${count(links)} links`,
      failed: new Promise(() => {}),
      close: async () => {
        await server.close();
        removeNodeFile(options.data);
        await local.close();
      },
    };
    return started;
  },
);

interface Local {
  readonly node: LocalNode;
  readonly close: () => Promise<void>;
}

function opened(
  place: Place,
  data: string,
  progress: (line: string) => void,
  report: (line: string) => void,
): Answer<Local> {
  return Effect.gen(function* () {
    const scope = yield* Scope.make();
    const node = yield* openLocalNode({
      dataDir: data,
      systemFile: `${place.root}/system.json`,
      log: ({ cell, severity, message }) => {
        if (severity === "warn" || severity === "error") {
          report(`${cell}: ${message}`);
        }
      },
      onProgress: changed(progress),
      onEvent: (event) => {
        const line = eventLine(event);
        if (line !== undefined) report(line);
      },
    }).pipe(
      Scope.provide(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
    );
    return {
      node,
      close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    };
  });
}

/** Passes a line on only if it differs from the one before. */
function changed(progress: (line: string) => void): (line: string) => void {
  let last = "";
  return (line) => {
    if (line === last) return;
    last = line;
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
