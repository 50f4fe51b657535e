/**
 * The thread that compiles, as the engine sees it.
 *
 * Compiling costs a tenth of a second and runs a foreign library on foreign
 * octets. On a thread of its own it takes no time from the cells that run, and
 * when the library breaks, the thread is thrown away and the next component gets
 * a new one.
 */
import { COMPILE_MS_MAX, COMPILER_IDLE_MS } from "../limits.ts";
import type { CheckMode } from "../rewriter/checks.ts";
import type { CellRecord } from "./cell_record.ts";
import { ComponentRefusal, type ComponentRefusalKind } from "./refusal.ts";

export interface CompileRequest {
  readonly component: Uint8Array;
  readonly hash: string;
  readonly mode: CheckMode;
}

/** What the thread posts back, once per request. */
export type CompileAnswer =
  | { readonly ok: true; readonly record: CellRecord }
  | {
    readonly ok: false;
    readonly kind: ComponentRefusalKind;
    readonly reason: string;
    /** The library may not be used again. */
    readonly isBroken: boolean;
  };

/** One thread. Used for one request at a time. */
export interface CompilerThread {
  /** Rejects if the thread failed; it is of no use then. */
  ask(request: CompileRequest): Promise<CompileAnswer>;
  stop(): void;
}

export type StartCompiler = () => CompilerThread;

/** Starts threads when there is work, and stops them when there is none. */
export class Compiler {
  readonly #start: StartCompiler;
  #thread: CompilerThread | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #pending = 0;

  constructor(start: StartCompiler) {
    this.#start = start;
  }

  /** Rejects with a `ComponentRefusal`. Requests are served in their order. */
  async compile(request: CompileRequest): Promise<CellRecord> {
    this.#pending += 1;
    const answering = this.#last.then(() => this.#ask(request));
    this.#last = answering.catch(() => {});
    try {
      const answer = await answering;
      if (answer.ok) return answer.record;
      throw new ComponentRefusal(answer.kind, answer.reason);
    } finally {
      this.#pending -= 1;
      this.#rest();
    }
  }

  stop(): void {
    clearTimeout(this.#idle);
    this.#thread?.stop();
    this.#thread = undefined;
  }

  async #ask(request: CompileRequest): Promise<CompileAnswer> {
    clearTimeout(this.#idle);
    const thread = this.#thread ??= this.#start();
    let answer: CompileAnswer;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      answer = await Promise.race([
        thread.ask(request),
        new Promise<never>((_, reject) => {
          timer = setTimeout(
            () => reject(new Error(`longer than ${COMPILE_MS_MAX} ms`)),
            COMPILE_MS_MAX,
          );
        }),
      ]);
    } catch (error) {
      answer = {
        ok: false,
        kind: "malformed",
        reason: `the compiler failed on it: ${String(error)}`,
        isBroken: true,
      };
    } finally {
      clearTimeout(timer);
    }
    if (!answer.ok && answer.isBroken) this.stop();
    return answer;
  }

  #rest(): void {
    if (this.#pending > 0 || this.#thread === undefined) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), COMPILER_IDLE_MS);
  }
}
