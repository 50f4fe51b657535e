/**
 * Serves the page on the loopback address, and takes its reports.
 *
 * `/suite` has the two headers of cross-origin isolation, `/bare` has not, and
 * so no shared memory. Everything else carries them, as workers have to.
 */
import type { Files } from "./bundle.ts";
import { type Report, reportOf } from "./report.ts";

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const TYPES: readonly [RegExp, string][] = [
  [/\.html$/, "text/html; charset=utf-8"],
  [/\.css$/, "text/css; charset=utf-8"],
  [/\.wasm$/, "application/wasm"],
  [/\.json$/, "application/json"],
  [/\.(js|mjs|ts)$/, "text/javascript; charset=utf-8"],
];

export interface SuiteServer {
  readonly url: string;
  close(): Promise<void>;
}

export function serve(
  files: Files,
  golden: string,
  onReport: (report: Report) => void,
): SuiteServer {
  const handle = async (request: Request): Promise<Response> => {
    const name = new URL(request.url).pathname.slice(1);
    if (name === "report" && request.method === "POST") {
      const report = reportOf(await request.text());
      if (report === undefined) return new Response(null, { status: 400 });
      onReport(report);
      return new Response(null, { status: 204 });
    }
    if (name === "golden.json") return answer(name, golden);
    const page = name === "suite" || name === "bare" ? "index.html" : name;
    const file = files.get(page);
    if (file === undefined) return new Response(null, { status: 404 });
    try {
      return answer(page, await Deno.readFile(file), name !== "bare");
    } catch (error) {
      // A library that is not installed: its driver says so.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return new Response(null, { status: 404 });
    }
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    handle,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    // Browsers keep connections open: they are not waited for.
    close: async () => {
      const closed = server.shutdown();
      await Promise.race([closed, new Promise((go) => setTimeout(go, 500))]);
    },
  };
}

function answer(
  name: string,
  body: string | Uint8Array<ArrayBuffer>,
  isIsolated = true,
): Response {
  const type = TYPES.find(([pattern]) => pattern.test(name))?.[1];
  return new Response(body, {
    headers: {
      "content-type": type ?? "application/octet-stream",
      "cache-control": "no-store",
      ...(isIsolated ? ISOLATION : {}),
    },
  });
}
