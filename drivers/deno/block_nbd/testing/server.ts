/** Starts the test's own server, and tells it what to do. */
import type { MediumAct } from "../../../../conformance/hal/block/crash/medium.ts";
import type { Order, Told } from "./server_worker.ts";

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
  async tell(order: Order): Promise<void> {
    await this.#ask(order);
  }

  /** What was done to the disk since this was asked last. */
  async seen(): Promise<readonly MediumAct[]> {
    return (await this.#ask({ takeSeen: true })).seen;
  }

  #ask(order: Order): Promise<Told> {
    return new Promise((resolve) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
        this.#port = data.port;
        resolve(data);
      };
      this.#worker.postMessage(order);
    });
  }

  async stop(): Promise<void> {
    await this.tell({ listen: false });
    this.#worker.terminate();
  }
}
