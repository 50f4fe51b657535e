/**
 * Those who carry out jobs, and what is compared with each other.
 *
 * The first is V8 in this process. A browser is another engine, or the same one
 * of another version. A peer that is not installed is named as missing. Another
 * engine is added by another entry of `PEERS`.
 */
import type { Job, Outcome } from "./job.ts";

export interface Peer {
  readonly name: string;
  readonly version: string;
  /** Rejects if it answers within no `waitMs`, or is gone. */
  run(jobs: readonly Job[], waitMs: number): Promise<readonly Outcome[]>;
  stop(): Promise<void>;
}

/** Why there is no peer. */
export class Missing extends Error {}

/** A peer gave no answer: perhaps one of the jobs does not end. */
export class Silent extends Error {
  readonly peer: string;

  constructor(peer: string, waitMs: number) {
    super(`${peer} gave no answer in ${waitMs} ms`);
    this.peer = peer;
  }
}

/** Rejects with `Silent` after a while. */
export async function within<T>(
  waitMs: number,
  who: string,
  answer: Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Silent(who, waitMs)),
          waitMs,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

interface Options extends WorkerOptions {
  readonly deno: { readonly permissions: "none" };
}

/** A thread that spins cannot be ended; it ends with the process. */
export function peerHere(): Peer {
  const options: Options = {
    type: "module",
    name: "fuzz",
    deno: { permissions: "none" },
  };
  const worker = new Worker(
    new URL("./here_worker.ts", import.meta.url),
    options,
  );
  return {
    name: "here",
    version: `V8 ${Deno.version.v8}`,
    run: (jobs, waitMs) =>
      within(
        waitMs,
        "here",
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => {
            event.preventDefault();
            reject(new Error(event.message));
          };
          worker.postMessage(jobs);
        }),
      ),
    stop: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}
