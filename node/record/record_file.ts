/**
 * The recording of one run, as a file of the data directory.
 *
 * A new file for every run, readable by its owner only: contents of the graph
 * are in it, and the salt of its tables. It ends in order when the scope closes.
 *
 * Deliberately absent: removing old recordings. They are the operator's.
 */
import { Effect, type Scope } from "effect";
import { Recorder } from "../../kernel/record/mod.ts";
import { Refusal } from "../api.ts";
import { type DataDirectory, reasonOf } from "../local/data_directory.ts";
import { CHOOSE_FOLDER } from "../local/refusals.ts";

export interface RecordOptions {
  readonly octetsMax: number;
  /** A line for the operator: where it writes, or why it does not any more. */
  readonly report: (line: string) => void;
}

/** Opens the recording of a run that begins now. */
export const openRecord = Effect.fn("node.record")(
  function* (
    directory: DataDirectory,
    options: RecordOptions,
  ): Effect.fn.Return<Recorder, Refusal, Scope.Scope> {
    const path = `${directory.record}/${fileName(new Date())}`;
    const file = yield* Effect.acquireRelease(
      Effect.try({
        try: () => created(directory.record, path),
        catch: (error) =>
          new Refusal({
            kind: "unavailable",
            message: `the recording ${path} cannot be made: ${reasonOf(error)}`,
            fix: CHOOSE_FOLDER,
          }),
      }),
      (opened) => Effect.sync(() => opened.close()),
    );
    const recorder = yield* Effect.acquireRelease(
      Effect.sync(() =>
        new Recorder({
          sink: (octets) => writeAll(file, octets),
          octetsMax: options.octetsMax,
          onStopped: (reason) =>
            options.report(`recording has stopped: ${reason}: ${path}`),
        })
      ),
      (opened) => Effect.sync(() => opened.close("the node stopped")),
    );
    options.report(
      `recording to ${path}: contents of the graph are in it, keep it private`,
    );
    return recorder;
  },
);

/** `2026-01-31T12-00-00-000Z.record`: in the order of their beginnings. */
function fileName(now: Date): string {
  return `${now.toISOString().replaceAll(/[:.]/g, "-")}.record`;
}

function created(folder: string, path: string): Deno.FsFile {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
}

function writeAll(file: Deno.FsFile, octets: Uint8Array): void {
  for (let at = 0; at < octets.length;) {
    at += file.writeSync(octets.subarray(at));
  }
}
