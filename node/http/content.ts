/**
 * A content over HTTP: immutable, in ranges, never taken for a page.
 *
 * The identity is the entity tag. A content longer than one chunk is streamed,
 * so no request holds more than `CONTENT_CHUNK_OCTETS`.
 */
import { Effect } from "effect";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import { CONTENT_CHUNK_OCTETS } from "./limits.ts";
import { Problem } from "./problem.ts";
import type { Reply } from "./route.ts";

interface Span {
  readonly start: number;
  /** First octet after it. */
  readonly end: number;
}

export function contentReply(
  api: NodeApi,
  cid: string,
  asked: Headers,
): Answer<Reply> {
  return Effect.gen(function* () {
    const { known, size, text, content } = yield* api.particle(cid);
    if (!known || size === undefined) {
      return yield* new Refusal({
        kind: "not-found",
        message: "the particle is known, but its content is not here" +
          (content === undefined || content === "here" ? "" : `: ${content}`),
        fix: "who has its octets may offer them: POST to this address",
      });
    }
    const headers = {
      "etag": `"${cid}"`,
      "cache-control": "public, max-age=31536000, immutable",
      "accept-ranges": "bytes",
      "content-disposition": "inline",
      // No script, no form, no plug-in, whatever a browser makes of it.
      "content-security-policy": "default-src 'none'; sandbox",
      "content-type": text === undefined
        ? "application/octet-stream"
        : "text/plain; charset=utf-8",
    };
    if (isFresh(asked, cid)) return { status: 304, headers, body: null };
    const range = rangeOf(asked, cid, size);
    const span = range ?? { start: 0, end: size };
    const body = yield* bodyOf(api, cid, span);
    const length = { "content-length": String(span.end - span.start) };
    if (range === undefined) {
      return { status: 200, headers: { ...headers, ...length }, body };
    }
    const part = `bytes ${range.start}-${range.end - 1}/${size}`;
    return {
      status: 206,
      headers: { ...headers, ...length, "content-range": part },
      body,
    };
  });
}

function isFresh(asked: Headers, cid: string): boolean {
  const tags = asked.get("if-none-match");
  return tags !== null &&
    tags.split(",").some((tag) =>
      tag.trim().replace(/^W\//u, "") === `"${cid}"`
    );
}

/** The one range asked for; several or unreadable ones count as none. */
function rangeOf(asked: Headers, cid: string, size: number): Span | undefined {
  const condition = asked.get("if-range");
  if (condition !== null && condition.trim() !== `"${cid}"`) return undefined;
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/u.exec(asked.get("range") ?? "");
  const [, first = "", last = ""] = parts ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === ""
    ? size
    : Math.min(size, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= end) {
    throw new Problem("bad-range", `the content has ${size} octets`, {
      headers: { "content-range": `bytes */${size}` },
    });
  }
  return { start, end };
}

function bodyOf(
  api: NodeApi,
  cid: string,
  span: Span,
): Answer<Reply["body"]> {
  const length = span.end - span.start;
  const first = api.content(
    cid,
    span.start,
    Math.min(length, CONTENT_CHUNK_OCTETS),
  );
  if (length <= CONTENT_CHUNK_OCTETS) return Effect.map(first, owned);
  return Effect.map(first, (octets) => streamFrom(api, cid, span, octets));
}

function streamFrom(
  api: NodeApi,
  cid: string,
  span: Span,
  first: Uint8Array,
): ReadableStream<Uint8Array> {
  let at = span.start;
  let next: Uint8Array | undefined = first;
  return new ReadableStream({
    async pull(controller) {
      const octets: Uint8Array = next ?? await Effect.runPromise(
        api.content(
          cid,
          at,
          Math.min(CONTENT_CHUNK_OCTETS, span.end - at),
        ),
      );
      next = undefined;
      if (octets.length === 0) throw new Error("a content ended early");
      at += octets.length;
      controller.enqueue(octets);
      if (at >= span.end) controller.close();
    },
  });
}

function owned(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return octets.buffer instanceof ArrayBuffer
    ? octets as Uint8Array<ArrayBuffer>
    : new Uint8Array(octets);
}
