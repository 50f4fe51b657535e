/**
 * A thread that starts and ends the compiler's threads for another one, and
 * digests octets for it.
 *
 * Starting a thread holds who starts it until it is up: some 17 ms on Deno 2.9.6.
 * This one has nothing else to do. It hands requests and answers on.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import type { CompileAnswer, CompileRequest } from "../engine/v8/compiler.ts";
import { newCompilerWorker } from "./compiler_options.ts";

/** Of the thread with that number: a request, or its end. Or octets to digest. */
export type StarterOrder =
  | { readonly thread: number; readonly digest: Uint8Array }
  | { readonly thread: number; readonly request: CompileRequest }
  | { readonly thread: number; readonly request: undefined };

/** What the thread of that number answered, or why it failed. */
export type StarterNews =
  | { readonly thread: number; readonly answer: CompileAnswer }
  | { readonly thread: number; readonly digest: Uint8Array }
  | { readonly thread: number; readonly failed: string };

interface StarterScope {
  onmessage: ((event: { data: StarterOrder }) => void) | null;
  postMessage(news: StarterNews): void;
}

const scope = globalThis as unknown as StarterScope;
const threads = new Map<number, Worker>();

function started(thread: number): Worker {
  const worker = newCompilerWorker();
  worker.onmessage = ({ data }) => scope.postMessage({ thread, answer: data });
  worker.onerror = (event) => {
    event.preventDefault();
    scope.postMessage({ thread, failed: event.message });
  };
  threads.set(thread, worker);
  return worker;
}

scope.onmessage = ({ data }) => {
  const { thread } = data;
  if ("digest" in data) {
    return scope.postMessage({ thread, digest: blake3(data.digest) });
  }
  const { request } = data;
  const worker = threads.get(thread);
  if (request !== undefined) {
    return (worker ?? started(thread)).postMessage(request);
  }
  worker?.terminate();
  threads.delete(thread);
};
