/**
 * The routes that the server itself answers: metrics, OpenAPI and the page.
 */
import { Effect } from "effect";
import { openApi } from "./openapi.ts";
import { type AnswerForm, get, json, type Reply, type Route } from "./route.ts";
import { apiRoutes } from "./routes.ts";
import type { Page } from "./page.ts";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

function answer(type: string, about: string): AnswerForm {
  return { status: 200, type, about };
}

/** The whole table of a server. */
export function allRoutes(own: {
  readonly page: Page;
  readonly version: string;
  /** The server's own counts, to follow the node's. */
  counts(): string;
}): ReadonlyArray<Route> {
  let document: Reply | undefined;
  const routes: ReadonlyArray<Route> = [
    get({
      path: "/",
      name: "page",
      about: "A page that shows the node",
      query: {},
      answers: [answer("text/html", "The page")],
      run: () =>
        Effect.succeed({
          status: 200,
          headers: own.page.headers,
          body: own.page.html,
        }),
    }),
    get({
      path: "/metrics",
      name: "metrics",
      about: "Prometheus text exposition",
      query: {},
      answers: [answer("text/plain", "The metrics")],
      run: ({ api }) =>
        Effect.map(api.metrics(), (metrics) => ({
          status: 200,
          headers: { "content-type": METRICS_TYPE },
          body: metrics + (metrics.endsWith("\n") ? "" : "\n") + own.counts(),
        })),
    }),
    get({
      path: "/openapi.json",
      name: "openapi",
      about: "This interface, as OpenAPI 3.1",
      query: {},
      answers: [answer("application/json", "The document")],
      run: () =>
        Effect.sync(() => document ??= json(openApi(routes, own.version))),
    }),
    ...apiRoutes,
  ];
  return routes;
}

/** The OpenAPI document without a server. */
export function openApiDocument(version: string) {
  const page: Page = { html: "", headers: {} };
  return openApi(allRoutes({ page, version, counts: () => "" }), version);
}
