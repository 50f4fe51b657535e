/** Starts the test's own server, and tells it what to do. */
import type { Order } from "./server_worker.ts";

export class TestServer {
  readonly #worker = new Worker(
    new URL("server_worker.ts", import.meta.url),
    { type: "module", deno: { permissions: { net: ["127.0.0.1"] } } },
  );
  #port = 0;

  static async start(order: Order): Promise<TestServer> {
    const server = new TestServer();
    await server.tell({ ...order, listen: true });
    return server;
  }

  get uri(): string {
    return `nbd://127.0.0.1:${this.#port}/`;
  }

  /** Returns when the server has done it. */
  tell(order: Order): Promise<void> {
    return new Promise((resolve) => {
      this.#worker.onmessage = ({ data }: MessageEvent<number>) => {
        this.#port = data;
        resolve();
      };
      this.#worker.postMessage(order);
    });
  }

  async stop(): Promise<void> {
    await this.tell({ listen: false });
    this.#worker.terminate();
  }
}
