/**
 * Replays a recording file: no node, no store, no network.
 *
 * The components are on the recording; `component` puts another in their place, to
 * see where it would have answered something else.
 */
import { Effect, Layer } from "effect";
import { v8Engine } from "../../kernel/engine/v8/engine.ts";
import { v8Threads } from "../../kernel/host/v8_threads.ts";
import {
  replay,
  type ReplayReport,
  type Source,
} from "../../kernel/record/mod.ts";
import { bindings } from "../../wit/gen/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import type { ReplayRequest } from "../cli/composition.ts";
import { reasonOf } from "../local/data_directory.ts";
import { readIfThere } from "../local/files.ts";
import { damaged } from "../local/refusals.ts";
import { COMPONENT_OCTETS_MAX, PROGRESS_GAP_MS } from "./limits.ts";

export function replayFile(request: ReplayRequest): Answer<ReplayReport> {
  const work = Effect.gen(function* () {
    const component = yield* componentOf(request.component);
    const { source, size } = yield* opened(request.file);
    return yield* replay({
      source,
      contracts: bindings,
      component,
      wants: ({ cell, generation }) =>
        cell === (request.cell ?? cell) &&
        generation === (request.generation ?? generation),
      onProgress: progressTo(request.progress, size),
    });
  });
  return Effect.scoped(
    Effect.flatMap(
      Layer.build(v8Engine(v8Threads)),
      (context) => Effect.provide(work, context),
    ),
  ).pipe(
    Effect.mapError((error) =>
      error instanceof Refusal
        ? error
        : damaged("see that the component is one of this program's")(error)
    ),
  );
}

function componentOf(path: string | undefined) {
  return Effect.try({
    try: () => {
      if (path === undefined) return undefined;
      const octets = readIfThere(path, COMPONENT_OCTETS_MAX);
      if (octets === undefined) throw new Error("it is not there");
      return octets;
    },
    catch: unreadable(path ?? ""),
  });
}

function opened(path: string) {
  return Effect.map(
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          if (!Deno.statSync(path).isFile) {
            throw new Error("it is no regular file");
          }
          return Deno.openSync(path, { read: true });
        },
        catch: unreadable(path),
      }),
      (file) => Effect.sync(() => file.close()),
    ),
    (file) => ({ source: sourceOf(file), size: file.statSync().size }),
  );
}

/** A damaged length must not ask for memory that the file cannot fill. */
function sourceOf(file: Deno.FsFile): Source {
  let left = file.statSync().size;
  return (octets) => {
    const taken = new Uint8Array(Math.min(octets, left));
    let at = 0;
    while (at < taken.length) {
      const read = file.readSync(taken.subarray(at));
      if (read === null) break;
      at += read;
    }
    left -= at;
    return taken.subarray(0, at);
  };
}

function unreadable(path: string): (error: unknown) => Refusal {
  return (error) =>
    new Refusal({
      kind: error instanceof Deno.errors.NotFound ? "not-found" : "failed",
      message: `${path} cannot be read: ${reasonOf(error)}`,
      fix: "name a file that up --record wrote, or a component",
    });
}

function progressTo(tell: (line: string) => void, size: number) {
  let nextMs = performance.now() + PROGRESS_GAP_MS;
  return (frames: number, octets: number) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + PROGRESS_GAP_MS;
    const share = Math.floor(100 * octets / Math.max(size, 1));
    tell(`${frames.toLocaleString("en-US")} frames, ${share} %`);
  };
}
