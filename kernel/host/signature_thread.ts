/**
 * ML-DSA-65 of noble on a thread of its own, so that nobody waits while it runs.
 *
 * A signature takes it some 7 ms, and a verification 2: longer than a cell's budget.
 * Whoever signs or verifies now and then does so here, as before; from the
 * `HERE_MAX`th time on there is a thread. It has no permission, gets the seeds of the
 * keys that sign, and gives the octets that noble gives here. If it fails, all is
 * done here.
 *
 * Deliberately absent: hedging (noble.ts has it), and several threads.
 */
import type { Half } from "../crypto/composite.ts";
import { nobleMlDsa65 } from "../crypto/noble.ts";

/** What the thread is asked; `key` counts the keys that were opened here. */
export type SignatureTask =
  | {
    readonly what: "sign";
    readonly key: number;
    /** With the key's first task only. */
    readonly seed: Uint8Array | undefined;
    readonly message: Uint8Array;
  }
  | {
    readonly what: "verify";
    readonly publicKey: Uint8Array;
    readonly message: Uint8Array;
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
  readonly half: Half;
  stop(): void;
}

export function signatureThread(hereMax = HERE_MAX): SignatureThread {
  const thread = new Thread();
  const here = nobleMlDsa65();
  let done = 0;
  let keys = 0;
  const isRare = () => done < hereMax && ++done <= hereMax;
  const half: Half = {
    implementation: "noble",
    async open(seed) {
      const own = await here.open(seed);
      const key = ++keys;
      let unsent: Uint8Array | undefined = seed.slice();
      return {
        publicKey: own.publicKey,
        async sign(message) {
          if (isRare()) return own.sign(message);
          const task = { what: "sign", key, seed: unsent, message } as const;
          unsent = undefined;
          const { signature } = await thread.ask(task) ?? {};
          return signature ?? own.sign(message);
        },
      };
    },
    async verify(publicKey, message, signature) {
      if (isRare()) return here.verify(publicKey, message, signature);
      const task = { what: "verify", publicKey, message, signature } as const;
      const { good } = await thread.ask(task) ?? {};
      return good ?? here.verify(publicKey, message, signature);
    },
  };
  return { half, stop: () => thread.stop() };
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
