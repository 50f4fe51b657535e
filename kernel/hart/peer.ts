/**
 * Questions and answers between the first hart and another one, by messages of
 * the platform: for what is seldom. Calls of cells go by channel (line.ts).
 *
 * A question comes to an answer, or its promise rejects when the other side has
 * ended. Whatever a handler throws is the kernel's own fault: it panics there.
 */

/** What can be posted to, and listened at: a worker, or its own scope. */
export interface Port {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** What a side does when it is asked or told, by name. */
type Doings = Record<string, (argument: never) => unknown>;
type ArgumentOf<F> = F extends (argument: infer A) => unknown ? A : never;
type AnswerOf<F> = F extends (argument: never) => infer R ? Awaited<R> : never;

type Wire =
  | { readonly is: "ask"; readonly number: number; what: string; of: unknown }
  | { readonly is: "tell"; readonly what: string; readonly of: unknown }
  | { readonly is: "answer"; readonly number: number; readonly value: unknown };

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: Error) => void;
}

/** The other side does `Theirs`. */
export class Peer<Theirs extends Doings> {
  readonly #waiting = new Map<number, Waiting>();
  #ended: Error | undefined;
  #lastNumber = 0;

  constructor(
    readonly port: Port,
    own: Doings,
    panic: (error: unknown) => void,
  ) {
    port.onmessage = ({ data }: MessageEvent<Wire>) => {
      if (this.#ended !== undefined) return;
      if (data.is === "answer") {
        const { resolve } = this.#waiting.get(data.number) ?? {};
        this.#waiting.delete(data.number);
        return resolve?.(data.value as never);
      }
      const done = (async () => await own[data.what]?.(data.of as never))();
      done.then((value) => {
        if (data.is !== "ask" || this.#ended !== undefined) return;
        this.#post({ is: "answer", number: data.number, value });
      }).catch(panic);
    };
  }

  ask<K extends keyof Theirs & string>(
    what: K,
    of: ArgumentOf<Theirs[K]>,
  ): Promise<AnswerOf<Theirs[K]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const number = ++this.#lastNumber;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#post({ is: "ask", number, what, of });
    });
  }

  tell<K extends keyof Theirs & string>(
    what: K,
    of: ArgumentOf<Theirs[K]>,
  ): void {
    if (this.#ended === undefined) this.#post({ is: "tell", what, of });
  }

  /** The other side is no more. */
  end(reason: string): void {
    this.#ended ??= new Error(reason);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  #post(message: Wire): void {
    this.port.postMessage(message);
  }
}
