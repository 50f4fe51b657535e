/**
 * ONNX models on another machine, by the Open Inference Protocol v2, on a thread
 * that may reach that machine's address and nothing else.
 */
import { type HostedNpu, NpuNotOpened } from "../../../hal/hosted/npu_host.ts";
import { npuOn } from "../../../hal/hosted/npu_thread.ts";
import type {
  NpuDriverOptions,
  NpuPlatform,
} from "../../../hal/hosted/npu_thread.ts";
import type { ServerOptions } from "./server.ts";

const ANSWER_MS = 30_000;

/** What it says of itself, and its clock. */
export const PLATFORM: NpuPlatform = {
  // The protocol does not say what a server runs on.
  kind: "software",
  nowMs: () => performance.now(),
};

export interface RemoteNpuOptions extends NpuDriverOptions {
  /** How long the server may take for one answer, in milliseconds; default 30 s. */
  readonly answerMs?: number;
}

/**
 * Starts the driver's thread, and blocks until the server is ready. Throws
 * `NpuNotOpened`. `address` is `http://HOST:PORT`.
 */
export function openRemoteNpu(
  address: string,
  { answerMs = ANSWER_MS, ...options }: RemoteNpuOptions = {},
): HostedNpu {
  const config: ServerOptions = { address, answerMs };
  const worker = startThread(
    new URL("npu_worker.ts", import.meta.url),
    address,
  );
  return npuOn(worker, PLATFORM, { ...options, config });
}

/** A thread that may reach that address, and nothing else. */
export function startThread(module: URL, address: string): Worker {
  return new Worker(module, {
    type: "module",
    name: "npu-remote",
    deno: { permissions: { net: [hostOf(address)] } },
  });
}

/** `HOST:PORT` of `http://HOST:PORT`. */
function hostOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "http:" || url.pathname !== "/" || url.search !== "") {
    throw new NpuNotOpened(`${address} is not like http://host:8000`);
  }
  return `${url.hostname}:${url.port || "80"}`;
}
