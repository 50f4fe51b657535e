/** A folder of its own with a system file and components, for tests. */
import type { RunningServer } from "../http/server.ts";
import { openTestNode, serveTestNode, type TestNode } from "./node.ts";

/** Its components, and what else is in it, a case may replace. */
export class Site {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Site> {
    const folder = await Deno.makeTempDir({ prefix: "karyon-degraded-" });
    const site = new Site(folder);
    Deno.mkdirSync(`${folder}/build/cells`, { recursive: true });
    Deno.mkdirSync(site.dataDir);
    Deno.copyFileSync("system.json", `${folder}/system.json`);
    for (const cell of ["graph", "rank", "query"]) site.restore(cell);
    return site;
  }

  get dataDir(): string {
    return `${this.folder}/data`;
  }

  /** Bytes of the component, or nothing to take it away. */
  put(cell: string, bytes: Uint8Array | undefined): void {
    const path = `${this.folder}/build/cells/${cell}.wasm`;
    if (bytes === undefined) Deno.removeSync(path);
    else Deno.writeFileSync(path, bytes);
  }

  /** More cells for the system file. */
  add(cells: Record<string, unknown>): void {
    const path = `${this.folder}/system.json`;
    const system = JSON.parse(Deno.readTextFileSync(path));
    Object.assign(system.cells, cells);
    Deno.writeTextFileSync(path, JSON.stringify(system));
  }

  restore(cell: string): void {
    this.put(cell, Deno.readFileSync(`build/cells/${cell}.wasm`));
  }

  async with(
    body: (test: TestNode, server: RunningServer) => Promise<void>,
  ): Promise<void> {
    const test = await openTestNode({
      dataDir: this.dataDir,
      systemFile: `${this.folder}/system.json`,
    });
    const server = await serveTestNode(test);
    try {
      await body(test, server);
    } finally {
      await server.close();
      await test.close();
    }
  }

  /** What opening the node is refused with. */
  async refusal(): Promise<string> {
    try {
      await this.with(() => Promise.resolve());
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    throw new Error("the node started");
  }
}
