/**
 * Who may ask what: the defences of a server on a loopback address.
 *
 * A web page of another origin reaches loopback servers through the visitor's
 * browser, either directly (cross-site request) or under its own name (DNS
 * rebinding). So a request must name this server by an address or a name that
 * was given to it, and a request that changes something must not come from a
 * page of another origin. The operator's right is a token that only who can
 * read the data directory knows.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { Problem } from "./problem.ts";

export class Guard {
  readonly #tokenHash: Uint8Array;
  readonly #names: ReadonlySet<string>;

  constructor(token: string, names: ReadonlyArray<string>) {
    if (token.length < 16) throw new Error("the operator's token is too short");
    this.#tokenHash = hashOf(token);
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  /** The server must be named by an address, `localhost` or a given name. */
  checkHost(authority: string): void {
    const parts = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?$/u
      .exec(authority);
    const name = parts?.[1]?.toLowerCase();
    if (name !== undefined) {
      const address = name.startsWith("[") ||
        /^\d+\.\d+\.\d+\.\d+$/u.test(name);
      if (address || name === "localhost" || this.#names.has(name)) return;
    }
    throw new Problem("misdirected", "this node does not go by that name", {
      fix: "use its address, or start it with --name for that name",
    });
  }

  /** A request that changes something comes from no other origin's page. */
  checkOrigin(headers: Headers, authority: string): void {
    const site = headers.get("sec-fetch-site");
    const origin = headers.get("origin");
    const foreignSite = site !== null && site !== "same-origin" &&
      site !== "none";
    const foreignOrigin = origin !== null &&
      origin !== `http://${authority}` && origin !== `https://${authority}`;
    if (foreignSite || foreignOrigin) {
      throw new Problem(
        "unauthorised",
        "a page of another origin may not change anything here",
      );
    }
  }

  /** Whether the request carries the operator's token. */
  isOperator(headers: Headers): boolean {
    const value = headers.get("authorization");
    if (value === null) return false;
    const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,256})$/iu.exec(value)?.[1];
    return token !== undefined &&
      timingSafeEqual(hashOf(token), this.#tokenHash);
  }
}

// Hashed, so that the comparison sees equal lengths and tells nothing by time.
function hashOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/u.test(host);
}
