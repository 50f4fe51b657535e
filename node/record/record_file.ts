/**
 * The recordings of one run, as files of the data directory: one for each hart.
 *
 * New files for every run, readable by their owner only: contents of the graph are
 * in them, and the salt of its tables. They end in order when the scope closes. A
 * hart whose thread begins anew begins another file; all files of a hart together
 * have its share of the octets.
 *
 * Deliberately absent: removing old recordings. They are the operator's.
 */
import { Effect, type Scope } from "effect";
import type { HartRecord } from "../../kernel/hart/harts.ts";
import { Recorder } from "../../kernel/record/mod.ts";
import { Refusal } from "../api.ts";
import { type DataDirectory, reasonOf } from "../local/data_directory.ts";
import { CHOOSE_FOLDER } from "../local/refusals.ts";

export interface RecordOptions {
  /** Of all files of the run together. */
  readonly octetsMax: number;
  /** A line for the operator: where it writes, or why it does not any more. */
  readonly report: (line: string) => void;
}

export interface Records {
  /** Of the first hart. */
  readonly first: Recorder;
  /** Of another one, for a thread that begins now. */
  readonly far: (hart: number) => HartRecord;
}

interface Run {
  readonly folder: string;
  readonly options: RecordOptions;
  /** `2026-01-31T12-00-00-000Z`: names are in the order of their beginnings. */
  readonly name: string;
}

/** Opens the recordings of a run that begins now, on so many further harts. */
export const openRecords = Effect.fn("node.record")(
  function* (
    directory: DataDirectory,
    options: RecordOptions,
    harts: number,
  ): Effect.fn.Return<Records, Refusal, Scope.Scope> {
    const run: Run = {
      folder: directory.record,
      options,
      name: new Date().toISOString().replaceAll(/[:.]/g, "-"),
    };
    const octetsMax = Math.floor(options.octetsMax / (harts + 1));
    const path = pathOf(run, 0, 1);
    const file = yield* Effect.acquireRelease(
      Effect.try({
        try: () => created(run, path),
        catch: (error) =>
          new Refusal({
            kind: "unavailable",
            message: `the recording ${path} cannot be made: ${reasonOf(error)}`,
            fix: CHOOSE_FOLDER,
          }),
      }),
      (opened) => Effect.sync(() => opened.close()),
    );
    const first = yield* Effect.acquireRelease(
      Effect.sync(() =>
        new Recorder({
          sink: (octets) => writeAll(file, octets),
          octetsMax,
          onStopped: (reason) => sayStopped(run, path, reason),
        })
      ),
      (opened) => Effect.sync(() => opened.close("the node stopped")),
    );
    const shares = new Map<number, FarShare>();
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const share of shares.values()) share.close();
      })
    );
    return {
      first,
      far: (hart) => {
        const share = shares.get(hart) ?? new FarShare(run, hart, octetsMax);
        shares.set(hart, share);
        return share.begin();
      },
    };
  },
);

/** The files of one further hart. */
class FarShare {
  #left: number;
  #files = 0;
  #file: Deno.FsFile | undefined;

  constructor(
    readonly run: Run,
    readonly hart: number,
    octetsMax: number,
  ) {
    this.#left = octetsMax;
  }

  /** A file for a thread that begins; what cannot be made is told. */
  begin(): HartRecord {
    this.close();
    this.#files += 1;
    const path = pathOf(this.run, this.hart, this.#files);
    try {
      this.#file = created(this.run, path);
    } catch (error) {
      sayStopped(this.run, path, `it cannot be made: ${reasonOf(error)}`);
    }
    const own = this.#file;
    return {
      octetsMax: this.#left,
      write: (octets) => {
        if (own === undefined || own !== this.#file) return;
        this.#left -= octets.length;
        try {
          writeAll(own, octets);
        } catch (error) {
          sayStopped(
            this.run,
            path,
            `it cannot be written: ${reasonOf(error)}`,
          );
          this.close();
        }
      },
      stopped: (reason) => sayStopped(this.run, path, reason),
    };
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

function sayStopped({ options }: Run, path: string, reason: string): void {
  options.report(`recording has stopped: ${reason}: ${path}`);
}

/** Of the first hart `NAME.record`, of others `NAME.hart-1.record`, `…-1.2.record`. */
function pathOf({ folder, name }: Run, hart: number, file: number): string {
  const again = file === 1 ? "" : `.${file}`;
  return `${folder}/${name}${hart === 0 ? "" : `.hart-${hart}${again}`}.record`;
}

function created({ folder, options }: Run, path: string): Deno.FsFile {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = Deno.openSync(path, {
    write: true,
    createNew: true,
    mode: 0o600,
  });
  options.report(
    `recording to ${path}: contents of the graph are in it, keep it private`,
  );
  return file;
}

function writeAll(file: Deno.FsFile, octets: Uint8Array): void {
  for (let at = 0; at < octets.length;) {
    at += file.writeSync(octets.subarray(at));
  }
}
