/**
 * Takes a request target apart, strictly: one spelling for one thing.
 *
 * No route needs an escaped octet, a dot segment or an empty segment, so a path
 * with one is refused before it is compared with anything. Query values are
 * percent-decoded once and must be UTF-8.
 */
import { TARGET_OCTETS_MAX } from "./limits.ts";
import { Problem } from "./problem.ts";

export interface Target {
  /** `host` or `host:port`, as the client named this server. */
  readonly authority: string;
  readonly path: string;
  /** The path's parts; none for `/`. */
  readonly segments: ReadonlyArray<string>;
  /** Name and value of each parameter, in order, decoded. */
  readonly query: ReadonlyArray<readonly [string, string]>;
}

const URL_PARTS = /^https?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/u;

/** Reads the URL exactly as the server received it. */
export function parseTarget(url: string): Target {
  const parts = URL_PARTS.exec(url);
  if (parts === null) throw new Problem("invalid", "not a request target");
  const [, authority = "", path = "", query, fragment] = parts;
  if (url.length - authority.length > TARGET_OCTETS_MAX) {
    throw new Problem(
      "target-too-long",
      `an address holds at most ${TARGET_OCTETS_MAX} octets`,
    );
  }
  if (fragment !== undefined) {
    throw new Problem("invalid", "a request target has no fragment");
  }
  return {
    authority,
    path,
    segments: parsePath(path),
    query: query === undefined ? [] : parseQuery(query),
  };
}

function parsePath(path: string): ReadonlyArray<string> {
  if (path === "/" || path === "") return [];
  if (!/^[A-Za-z0-9._~/-]+$/u.test(path)) {
    throw new Problem(
      "invalid",
      "a path here consists of letters, digits and . _ ~ - / only",
    );
  }
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => /^\.{0,2}$/u.test(segment))) {
    throw new Problem("invalid", "a path here has no empty or dot segments");
  }
  return segments;
}

function parseQuery(query: string): ReadonlyArray<readonly [string, string]> {
  if (query === "") return [];
  return query.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? "" : pair.slice(equals + 1);
    return [decode(name), decode(value)] as const;
  });
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Problem("invalid", "the query is not percent-encoded UTF-8");
  }
  if (!decoded.isWellFormed()) {
    throw new Problem("invalid", "the query is not Unicode text");
  }
  return decoded;
}
