/**
 * A request through a whole node as one trace: the program as its users run it,
 * with Deno's own exporter, and a collector that is this test.
 */
import { ok, strictEqual } from "node:assert/strict";
import { commandLine, Running } from "../hostile/karyon.ts";
import { inFolder } from "../hostile/room.ts";
import { until } from "../testing/node.ts";
import { CELL_METRICS } from "./metrics.ts";

const WAIT_MS = 120_000;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
}

/** OTLP over HTTP, as JSON: no more of it than is looked at. */
class Collector {
  readonly spans: Span[] = [];
  readonly metrics = new Set<string>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        this.#take(new URL(request.url).pathname, await request.json());
        return Response.json({});
      },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  close(): Promise<void> {
    return this.#server.shutdown();
  }

  #take(path: string, body: Body): void {
    if (path === "/v1/traces") {
      for (const { scopeSpans } of body.resourceSpans ?? []) {
        this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
      }
    }
    if (path === "/v1/metrics") {
      for (const { scopeMetrics } of body.resourceMetrics ?? []) {
        for (const { name } of scopeMetrics.flatMap((each) => each.metrics)) {
          this.metrics.add(name);
        }
      }
    }
  }
}

interface Body {
  readonly resourceSpans?: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }>;
  }>;
  readonly resourceMetrics?: ReadonlyArray<{
    readonly scopeMetrics: ReadonlyArray<{
      readonly metrics: ReadonlyArray<{ readonly name: string }>;
    }>;
  }>;
}

/** A node whose telemetry goes to `collector`. */
async function serving(
  data: string,
  collector: Collector,
): Promise<{ readonly node: Running; readonly url: string }> {
  const followed = ["--trace-every", String(EVERY)];
  const argv = ["up", "--data", data, "--port", "0", ...followed];
  const node = new Running("deno", commandLine(argv), {
    OTEL_DENO: "true",
    OTEL_DENO_CONSOLE: "ignore",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "200",
  });
  await until("it serves", WAIT_MS, () => node.out.includes("Ctrl-C"));
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(node.out)?.[0];
  return { node, url: url ?? "no address" };
}

async function stop(node: Running): Promise<void> {
  node.signal("SIGTERM");
  const { code, err } = await node.ended();
  strictEqual(code, 0, err);
}

/** Names of the spans of one trace, each behind those that it is under. */
function chains(spans: ReadonlyArray<Span>): Set<string> {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const nameOf = (span: Span): string => {
    const parent = byId.get(span.parentSpanId);
    return parent === undefined
      ? span.name
      : `${nameOf(parent)} > ${span.name}`;
  };
  return new Set(spans.map(nameOf));
}

const EVERY = 2;

Deno.test("a request is one trace across the cells; metrics come too", () =>
  inFolder(async (folder) => {
    const collector = new Collector();
    const { node, url } = await serving(`${folder}/data`, collector);
    let asked = 0;
    const ask = async (path: string) => {
      asked += 1;
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: await response.json() };
    };
    try {
      // A search asks all three cells once there are ranks.
      await until("there are ranks", WAIT_MS, async () => {
        const { status, body } = await ask("/v1/rank/top?limit=1");
        return status === 200 && body.length > 0;
      });
      for (let at = 0; at < EVERY; at += 1) await ask("/v1/search?q=cell");
      // What is not sent yet is sent when it ends.
      await stop(node);
    } finally {
      await collector.close();
    }
    const requests = collector.spans
      .filter(({ name }) => name.startsWith("request "));
    strictEqual(requests.length, Math.floor(asked / EVERY), "one in so many");
    const search = requests.find(({ name }) => name === "request search");
    const whole = collector.spans
      .filter(({ traceId }) => traceId === search?.traceId);
    const under = [...chains(whole)].map((chain) =>
      chain.replace(/^.*?request /, "request ")
    );
    const query = under.find((chain) =>
      /^request search > query answers@[\d.]+ search$/.test(chain)
    );
    ok(query !== undefined, under.join("\n"));
    for (const cell of ["graph", "rank"]) {
      ok(
        under.some((chain) => chain.startsWith(`${query} > ${cell} `)),
        under.join("\n"),
      );
    }
    for (const { name } of CELL_METRICS) {
      ok(collector.metrics.has(name), `${name} came`);
    }
  }));
