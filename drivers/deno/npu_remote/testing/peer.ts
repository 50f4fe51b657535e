/** Starts a server for the tests on a thread of its own, and tells it what to do. */
import type { Order } from "./peer_worker.ts";

const LIBRARY = new URL(
  "../../npu_onnxruntime/library/node_modules",
  import.meta.url,
);

export class Peer {
  readonly #worker = new Worker(new URL("peer_worker.ts", import.meta.url), {
    type: "module",
    deno: {
      permissions: { net: ["127.0.0.1"], read: [LIBRARY], ffi: [LIBRARY] },
    },
  });
  #port = 0;

  /** Rejects with the reason where it cannot serve here. */
  static async start(order: Order = {}): Promise<Peer> {
    const peer = new Peer();
    await peer.tell({ ...order, listen: true });
    return peer;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Returns when the server has done it. */
  tell(order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<number | string>) => {
        if (typeof data === "string") return reject(new Error(data));
        this.#port = data;
        resolve();
      };
      this.#worker.postMessage(order);
    });
  }

  /** At once, as a machine that loses its power. */
  stop(): void {
    this.#worker.terminate();
  }
}
