/**
 * Serves a node over HTTP.
 *
 * A caller may rely on: every request is answered within `REQUEST_MS_MAX` or
 * refused; nothing is buffered past its limit; an error tells a stranger what
 * to do and nothing about this machine; `close` lets requests in flight finish
 * for `DRAIN_MS_MAX`.
 *
 * Deliberately absent: TLS (put a proxy in front), CORS (no page of another
 * origin is meant to use this).
 */
import { Effect } from "effect";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import { isLoopback } from "./guard.ts";
import { DRAIN_MS_MAX } from "./limits.ts";
import { RequestHandler } from "./handler.ts";
import type { RequestSpans } from "../telemetry/spans.ts";

export interface ServeOptions {
  /** An address or a name of this machine. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The operator's right, as `newToken` makes it. */
  readonly token: string;
  readonly version: string;
  /** Further names that clients may use for this server. */
  readonly names?: ReadonlyArray<string>;
  /** Follows requests into the cells, where somebody collects. */
  readonly spans?: RequestSpans | undefined;
  /** Where faults go that a stranger must not read. */
  readonly report?: (line: string) => void;
}

export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops accepting, lets requests in flight finish, then ends. Idempotent. */
  close(): Promise<void>;
}

/** Starts to serve; refuses where the address cannot be had. */
export function serve(
  api: NodeApi,
  options: ServeOptions,
): Answer<RunningServer> {
  return Effect.try({
    try: () => listen(api, options),
    catch: (error) => addressRefusal(error, options),
  });
}

function listen(api: NodeApi, options: ServeOptions): RunningServer {
  const bare = options.host.replace(/^\[(.*)\]$/u, "$1");
  const named = /^[\d.]+$|:/u.test(bare) ? [] : [bare];
  const handler = new RequestHandler(api, {
    token: options.token,
    version: options.version,
    names: [...named, ...(options.names ?? [])],
    loopback: isLoopback(bare),
    report: options.report ?? (() => {}),
    spans: options.spans,
  });
  const abort = new AbortController();
  const server = Deno.serve({
    hostname: bare,
    port: options.port,
    signal: abort.signal,
    onListen: () => {},
    onError: () => handler.brokenAnswer(),
  }, (request, info) => handler.handle(request, info.remoteAddr.hostname));
  const { port } = server.addr;
  const shown = bare.includes(":") ? `[${bare}]` : bare;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shown}:${port}`,
    host: bare,
    port,
    close: () => closing ??= drain(server, abort),
  };
}

async function drain(
  server: Deno.HttpServer<Deno.NetAddr>,
  abort: AbortController,
): Promise<void> {
  const timer = setTimeout(() => abort.abort(), DRAIN_MS_MAX);
  try {
    await server.shutdown();
    await server.finished;
  } finally {
    clearTimeout(timer);
  }
}

function addressRefusal(error: unknown, options: ServeOptions): Refusal {
  const place = `${options.host}:${options.port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return new Refusal({
      kind: "conflict",
      message: `${place} is in use by another program`,
      fix: "stop it, or choose another port: --port 0 takes any free one",
    });
  }
  if (
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable
  ) {
    return new Refusal({
      kind: "unauthorised",
      message: `this process may not listen on ${place}`,
      fix: "choose a port from 1024 on",
    });
  }
  return new Refusal({
    kind: "invalid",
    message: `cannot listen on ${place}: it is no address of this machine`,
    fix: "leave --host out, or use an address of this machine",
  });
}
