/**
 * Composite signatures on a thread of their own, so that nobody waits while they run.
 *
 * A signature over a full signal takes some 13 ms, and a verification 7: longer than a
 * cell's budget. Whoever signs or verifies now and then does so here, as before; from
 * the `HERE_MAX`th time on there is a thread. It has no permission, gets the seeds of
 * the keys that sign, and gives the octets that would be made here. If it fails, all
 * is done here.
 *
 * Deliberately absent: hedging (noble.ts has it), and several threads.
 */
import type { Composite, CompositeSeeds } from "../crypto/composite.ts";

/** What the thread is asked; `key` counts the keys that were opened here. */
export type SignatureTask =
  | {
    readonly what: "sign";
    readonly key: number;
    /** With the key's first task only. */
    readonly seeds: CompositeSeeds | undefined;
    readonly message: Uint8Array;
    readonly context: Uint8Array;
  }
  | {
    readonly what: "verify";
    readonly bundle: Uint8Array;
    readonly message: Uint8Array;
    readonly context: Uint8Array;
    readonly signature: Uint8Array;
  };

export interface SignatureOrder {
  readonly number: number;
  readonly task: SignatureTask;
}

export interface SignatureNews {
  readonly number: number;
  readonly signature?: Uint8Array;
  readonly good?: boolean;
}

/** Signatures and verifications that are done here before there is a thread. */
const HERE_MAX = 4;

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: "none" };
}

const OPTIONS: PermissionOptions = {
  type: "module",
  name: "signatures",
  deno: { permissions: "none" },
};

export interface SignatureThread {
  readonly composite: Composite;
  stop(): void;
}

/** What `here` gives, without holding this thread; `here` does not hedge. */
export function signatureThread(
  here: Composite,
  hereMax = HERE_MAX,
): SignatureThread {
  const thread = new Thread();
  let done = 0;
  let keys = 0;
  const isRare = () => done < hereMax && ++done <= hereMax;
  const composite: Composite = {
    halves: here.halves,
    async open(seeds) {
      const own = await here.open(seeds);
      const key = ++keys;
      const { mldsa65, ed25519 } = seeds;
      let unsent: CompositeSeeds | undefined = {
        mldsa65: mldsa65.slice(),
        ed25519: ed25519.slice(),
      };
      return {
        bundle: own.bundle,
        async sign(message, context) {
          if (isRare()) return await own.sign(message, context);
          const task = { key, seeds: unsent, message, context };
          unsent = undefined;
          const { signature } = await thread.ask({ what: "sign", ...task }) ??
            {};
          return signature ?? await own.sign(message, context);
        },
      };
    },
    async verify(bundle, message, context, signature) {
      const judged = () => here.verify(bundle, message, context, signature);
      if (isRare()) return await judged();
      const task = { bundle, message, context, signature };
      const { good } = await thread.ask({ what: "verify", ...task }) ?? {};
      return good ?? await judged();
    },
  };
  return { composite, stop: () => thread.stop() };
}

type Asked = (news: SignatureNews | undefined) => void;

class Thread {
  #worker: Worker | undefined;
  #isOver = false;
  #count = 0;
  readonly #asked = new Map<number, Asked>();

  /** The answer, or nothing where there is no thread. */
  ask(task: SignatureTask): Promise<SignatureNews | undefined> {
    if (this.#isOver) return Promise.resolve(undefined);
    const worker = this.#worker ??= this.#started();
    const order: SignatureOrder = { number: ++this.#count, task };
    return new Promise((resolve) => {
      this.#asked.set(order.number, resolve);
      worker.postMessage(order);
    });
  }

  /** Who waits for an answer gets none. */
  stop(): void {
    this.#isOver = true;
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const answer of this.#asked.values()) answer(undefined);
    this.#asked.clear();
  }

  #started(): Worker {
    const worker = new Worker(
      new URL("./signature_worker.ts", import.meta.url),
      OPTIONS,
    );
    worker.onmessage = ({ data }: { data: SignatureNews }) => {
      this.#asked.get(data.number)?.(data);
      this.#asked.delete(data.number);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.stop();
    };
    return worker;
  }
}
