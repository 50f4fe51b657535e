/**
 * Writes what happens to the lives of cells.
 *
 * It never fails and never stops what it records: a value that cannot be
 * written ends the recording of its life, a sink that throws or a recording that is
 * full ends the whole, and both say so.
 */
import type { CellTrap } from "../engine/engine.ts";
import { ChunkWriter, type Sink } from "./chunk.ts";
import {
  breakingOf,
  type Kind,
  type LifeHead,
  writeHead,
  writeQuestion,
} from "./frame.ts";
import { FRAME_OCTETS_MAX, REASON_CHARS_MAX } from "./limits.ts";
import { OctetWriter } from "./octets.ts";
import { writeValue } from "./value.ts";

export interface RecorderOptions {
  readonly sink: Sink;
  /** The recording's octets never exceed this. */
  readonly octetsMax: number;
  /** Told once, if it stops before it is closed. */
  readonly onStopped: (reason: string) => void;
}

type Body = (out: OctetWriter) => void;

export class Recorder {
  /** Why nothing more is recorded, once that is so. */
  stopped: string | undefined;
  readonly #options: RecorderOptions;
  readonly #chunks: ChunkWriter | undefined;
  readonly #components = new Set<string>();
  readonly #heads = new Map<string, Uint8Array>();
  #lives = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#chunks = this.#attempt(() =>
      new ChunkWriter(options.sink, options.octetsMax)
    );
  }

  /** Begins the recording of one life; `undefined` once it has stopped. */
  begin(head: LifeHead, component: Uint8Array): Life | undefined {
    if (this.stopped !== undefined) return undefined;
    if (!this.#components.has(head.hash)) {
      this.#components.add(head.hash);
      this.write(
        "component",
        0,
        (out) => writeValue(out, { hash: head.hash, octets: component }),
      );
    }
    const life = new Life(this, ++this.#lives);
    this.write("life", life.number, (out) => writeValue(out, head));
    return this.stopped === undefined ? life : undefined;
  }

  /** Contract and method as octets, made once. */
  headOf(contract: string, method: string): Uint8Array {
    const key = `${contract} ${method}`;
    const known = this.#heads.get(key);
    if (known !== undefined) return known;
    const out = new OctetWriter(FRAME_OCTETS_MAX);
    writeHead(out, contract, method);
    const made = out.written.slice();
    this.#heads.set(key, made);
    return made;
  }

  /** Adds a frame, or stops; what `body` throws is thrown. */
  write(kind: Kind, life: number, body: Body): void {
    const chunks = this.#chunks;
    if (this.stopped !== undefined || chunks === undefined) return;
    let thrown: { readonly error: unknown } | undefined;
    const written = this.#attempt(() =>
      chunks.frame(kind, life, (out) => {
        try {
          body(out);
        } catch (error) {
          thrown = { error };
          throw error;
        }
      }), () => thrown !== undefined);
    if (thrown !== undefined) throw thrown.error;
    if (written === false) this.#full();
  }

  /** Puts what is kept into the sink: something happened worth keeping. */
  flush(): void {
    if (this.stopped === undefined) this.#attempt(() => this.#chunks?.flush());
  }

  /** The orderly end. Idempotent. */
  close(reason: string): void {
    if (this.stopped !== undefined) return;
    this.#attempt(() => this.#chunks?.close(reason));
    this.stopped ??= reason;
  }

  #full(): void {
    const { octetsMax, onStopped } = this.#options;
    const reason = `the recording is full: it may have ${octetsMax} octets`;
    this.close(reason);
    if (this.stopped === reason) onStopped(reason);
  }

  /** The sink may throw: a full disk is not the node's end. */
  #attempt<A>(work: () => A, isOthers = () => false): A | undefined {
    try {
      return work();
    } catch (error) {
      if (isOthers()) return undefined;
      const reason = error instanceof Error ? error.message : String(error);
      this.stopped = `the recording cannot be written: ${reason}`;
      this.#options.onStopped(this.stopped);
      return undefined;
    }
  }
}

/** The recording of one instance, from before it is made to its end. */
export class Life {
  /** Deadline of the calls that are made now. */
  limitMs = 0;
  #isOver = false;

  constructor(readonly recorder: Recorder, readonly number: number) {}

  /** For the calls of one method. */
  headOf(contract: string, method: string): Uint8Array {
    return this.recorder.headOf(contract, method);
  }

  ready(): void {
    this.#write("ready", () => {});
  }

  refused(error: unknown): void {
    this.#write("refused", (out) => writeValue(out, breakingOf(error)));
    this.#isOver = true;
  }

  /** A function that it exports is called. */
  call(limitMs: number, head: Uint8Array, args: readonly unknown[]): void {
    this.#write("call", (out) => {
      out.f64(limitMs);
      writeQuestion(out, head, args);
    });
  }

  /** That call was not made after all. */
  dropped(): void {
    this.#write("dropped", () => {});
  }

  answered(value: unknown): void {
    this.#write("answered", (out) => writeValue(out, value));
  }

  /** It calls a function that it imports. */
  asked(head: Uint8Array, args: readonly unknown[]): void {
    this.#write("asked", (out) => writeQuestion(out, head, args));
  }

  told(value: unknown): void {
    this.#write("told", (out) => writeValue(out, value));
  }

  threw(error: unknown): void {
    this.#write("threw", (out) => writeValue(out, breakingOf(error)));
  }

  /** A trap is worth having on disk at once. */
  ended(trap: CellTrap): void {
    if (this.#isOver) return;
    this.#write("ended", (out) => writeValue(out, breakingOf(trap)));
    this.#isOver = true;
    this.recorder.flush();
  }

  disposed(memoryOctets: number): void {
    this.#write("disposed", (out) => writeValue(out, { memoryOctets }));
    this.#isOver = true;
  }

  /** It goes on, but not on the recording. */
  lost(reason: string): void {
    const text = reason.slice(0, REASON_CHARS_MAX);
    this.#write("lost", (out) => writeValue(out, { reason: text }));
    this.#isOver = true;
  }

  #write(kind: Kind, body: Body): void {
    if (this.#isOver) return;
    try {
      this.recorder.write(kind, this.number, body);
    } catch (error) {
      // Before the reason is written: a reason always can be.
      const reason = error instanceof Error ? error.message : String(error);
      this.lost(`a value of "${kind}" cannot be written: ${reason}`);
    }
  }
}
