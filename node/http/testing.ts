/**
 * A server over a simulated node on a free loopback port, for tests.
 */
import { Effect } from "effect";
import type { NodeApi } from "../api.ts";
import { type RunningServer, serve, type ServeOptions } from "./server.ts";
import { SimulatedNode } from "./simulated_node.ts";

export const TEST_TOKEN = "test-token-of-the-operator";

export interface Bench {
  readonly node: SimulatedNode;
  readonly server: RunningServer;
  /** What the operator's log got. */
  readonly reports: string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Sends octets as they are; gives the whole answer as text. */
  raw(request: string | Uint8Array): Promise<string>;
}

export function operatorHeaders(): Record<string, string> {
  return { authorization: `Bearer ${TEST_TOKEN}` };
}

/** Runs `body` against a fresh server; always closes it. */
export async function withServer(
  body: (bench: Bench) => Promise<void>,
  options: Partial<ServeOptions> & { readonly api?: NodeApi } = {},
): Promise<void> {
  const node = new SimulatedNode();
  const reports: string[] = [];
  const { api = node, ...rest } = options;
  const server = await Effect.runPromise(serve(api, {
    host: "127.0.0.1",
    port: 0,
    token: TEST_TOKEN,
    version: "0.0.0-test",
    report: (line) => reports.push(line),
    ...rest,
  }));
  try {
    await body({
      node,
      server,
      reports,
      fetch: (path, init) => fetch(server.url + path, init),
      raw: (request) => exchange(server.port, request),
    });
  } finally {
    await server.close();
  }
}

/** One connection, one request; reads to the end (8 MiB at most). */
export async function exchange(
  port: number,
  request: string | Uint8Array,
): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const octets = typeof request === "string"
      ? new TextEncoder().encode(request)
      : request;
    const sent = sendAll(connection, octets);
    const answer = await readAll(connection);
    await sent;
    return answer;
  } finally {
    connection.close();
  }
}

// A server that refuses a body closes before it is all sent.
async function sendAll(to: Deno.Conn, octets: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < octets.length;) {
      at += await to.write(octets.subarray(at));
    }
  } catch { /* the answer says why */ }
}

async function readAll(from: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    let count: number | null;
    try {
      count = await from.read(chunk);
    } catch {
      break;
    }
    if (count === null) break;
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
    if (isWhole(text)) break;
  }
  return text;
}

// A server may wait for the rest of a body that it has refused already.
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  if (/\r\ntransfer-encoding: chunked/iu.test(text.slice(0, end))) {
    return text.endsWith("\r\n0\r\n\r\n");
  }
  const length = /\r\ncontent-length: (\d+)/iu.exec(text.slice(0, end))?.[1];
  const body = new TextEncoder().encode(text.slice(end + 4));
  return length !== undefined && body.length >= Number(length);
}
