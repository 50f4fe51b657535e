/**
 * What happens to one request, from its first octet to the answer's last.
 *
 * Order: rate, name of the server, path, method, origin, query, right, content
 * type, room, body, node. Whatever fails first answers.
 */
import { Cause, Effect, Exit } from "effect";
import { CurrentSpan } from "../../kernel/call/trace.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import type { RequestSpans } from "../telemetry/spans.ts";
import { BodyBudget, bodyPieces, readBody } from "./body.ts";
import { Gauge } from "./gauge.ts";
import { Guard } from "./guard.ts";
import * as limit from "./limits.ts";
import { allRoutes } from "./own_routes.ts";
import { loadPage } from "./page.ts";
import { parseParameters } from "./params.ts";
import { hiddenFault, Problem, problemOf, problemResponse } from "./problem.ts";
import { peerKey, RateLimiter } from "./rate.ts";
import {
  type Asked,
  type BodyForm,
  checkPathValues,
  matchPath,
  type PathMatch,
  type RateClass,
  type Reply,
  type Right,
  type Route,
} from "./route.ts";
import { parseTarget, type Target } from "./target.ts";

export interface HandlerOptions {
  readonly token: string;
  readonly version: string;
  readonly names: ReadonlyArray<string>;
  /** Whether only this machine reaches the server. */
  readonly loopback: boolean;
  readonly report: (line: string) => void;
  /** Follows requests into the cells, where somebody collects. */
  readonly spans?: RequestSpans | undefined;
  /** Shorter only in tests. */
  readonly request_ms?: number;
}

const COMMON_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
} as const;

const CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'";

export class RequestHandler {
  readonly #routes: ReadonlyArray<Route>;
  readonly #guard: Guard;
  readonly #gauge = new Gauge();
  readonly #budget = new BodyBudget();
  readonly #rates: Readonly<Record<Exclude<RateClass, "free">, RateLimiter>>;

  constructor(readonly api: NodeApi, readonly options: HandlerOptions) {
    this.#guard = new Guard(options.token, options.names);
    const now_ms = () => performance.now();
    this.#rates = {
      read: new RateLimiter(limit.READ_RATE, now_ms),
      write: new RateLimiter(limit.WRITE_RATE, now_ms),
      proposal: new RateLimiter(limit.PROPOSAL_RATE, now_ms),
    };
    this.#routes = allRoutes({
      page: loadPage(),
      version: options.version,
      counts: () => this.#gauge.text(this.#budget.held),
    });
  }

  /** Answers; never rejects. */
  async handle(request: Request, peer: string): Promise<Response> {
    const started = performance.now();
    const seen = { route: "none" };
    let response: Response;
    try {
      response = await this.#answer(request, peerKey(peer), seen);
    } catch (error) {
      response = problemResponse(
        error instanceof Problem ? error : this.#fault(error),
      );
    }
    const seconds = (performance.now() - started) / 1000;
    this.#gauge.count(seen.route, response.status, seconds);
    return this.#finish(response, request.method === "HEAD");
  }

  /** For an answer that broke while it was being sent. */
  brokenAnswer(): Response {
    return this.#finish(
      problemResponse(new Problem("failed", "the answer broke off")),
      false,
    );
  }

  async #answer(
    request: Request,
    peer: string,
    seen: { route: string },
  ): Promise<Response> {
    const target = parseTargetSafely(request.url);
    const operator = this.#guard.isOperator(request.headers);
    if (target instanceof Problem) {
      this.#takeRate("read", peer);
      throw target;
    }
    const authority = request.headers.get("host") ?? target.authority;
    const matches = matchPath(this.#routes, target.segments);
    const match = matches.find(({ route }) => route.method === verb(request));
    if (!operator) this.#takeRate(match?.route.rate ?? "read", peer);
    this.#guard.checkHost(authority);
    if (target.authority !== authority) {
      throw new Problem(
        "misdirected",
        "the address and the Host header differ",
      );
    }
    if (match === undefined) throw noRoute(matches, request.method);
    seen.route = match.route.name;
    checkPathValues(match.values);
    if (match.route.method === "POST") {
      this.#guard.checkOrigin(request.headers, authority);
      parseParameters(match.route.query, target.query);
    }
    return await this.#admit(request, match, target, operator);
  }

  /** Holds a place while the request is being worked on. */
  async #admit(
    request: Request,
    match: PathMatch,
    target: Target,
    operator: boolean,
  ): Promise<Response> {
    const { route } = match;
    const gauge = this.#gauge;
    const writes = route.method === "POST";
    const busy = route.rate !== "free" &&
      (gauge.inFlight >= limit.IN_FLIGHT_MAX ||
        (writes && gauge.writesInFlight >= limit.WRITES_IN_FLIGHT_MAX));
    if (busy) {
      throw new Problem("unavailable", "too many requests at once", {
        headers: { "retry-after": "1" },
      });
    }
    const asked: Asked = {
      api: this.api,
      path: match.values,
      query: target.query,
      headers: request.headers,
      operator,
    };
    gauge.inFlight++;
    if (writes) gauge.writesInFlight++;
    const deadline = new AbortController();
    const begin = () =>
      setTimeout(
        () => deadline.abort(),
        this.options.request_ms ?? limit.REQUEST_MS_MAX,
      );
    let timer = begin();
    const moved = () => {
      clearTimeout(timer);
      timer = begin();
    };
    // A write that runs over its time is not torn off: it keeps its place
    // until it ends, only the answer is given up.
    const work = this.#work(request, route, asked, deadline.signal, moved)
      .finally(
        () => {
          clearTimeout(timer);
          gauge.inFlight--;
          if (writes) gauge.writesInFlight--;
        },
      );
    return await orDeadline(work, deadline.signal, writes);
  }

  async #work(
    request: Request,
    route: Route,
    asked: Asked,
    signal: AbortSignal,
    moved: () => void,
  ): Promise<Response> {
    if (route.method === "GET") {
      this.#checkRight(route.right, asked.operator);
      return this.#run(route.name, route.run(asked), asked, signal);
    }
    const given = request.headers.get("content-type") ?? "";
    const form = bodyForm(route, given);
    this.#checkRight(form.right, asked.operator);
    const { octetsMax, stream } = form;
    if (stream !== undefined) {
      const pieces = bodyPieces(
        request,
        octetsMax,
        this.#budget,
        signal,
        moved,
      );
      return await this.#run(route.name, stream(asked, pieces), asked, signal);
    }
    const octets = await readBody(
      request,
      octetsMax,
      this.#budget,
      signal,
    );
    try {
      const answer = await form.run(asked, octets, given);
      return await this.#run(route.name, answer, asked);
    } finally {
      this.#budget.give(octets.length);
    }
  }

  async #run(
    route: string,
    answer: Answer<Reply>,
    asked: Asked,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { spans } = this.options;
    const span = spans?.begin(route);
    const exit = await Effect.runPromiseExit(
      Effect.provideService(answer, CurrentSpan, span),
      signal === undefined ? {} : { signal },
    );
    if (span !== undefined) {
      spans?.end(span, Exit.isSuccess(exit) ? exit.value.status : undefined);
    }
    if (Exit.isSuccess(exit)) {
      const { status, headers, body } = exit.value;
      return new Response(body, { status, headers });
    }
    // Its deadline has passed, and has answered already.
    if (Cause.hasInterruptsOnly(exit.cause)) {
      throw new Problem("unavailable", "no answer in time");
    }
    const error = Cause.squash(exit.cause);
    if (error instanceof Problem) throw error;
    if (!(error instanceof Refusal)) throw this.#fault(error);
    throw problemOf(error, asked.operator, this.#report);
  }

  #checkRight(right: Right, operator: boolean): void {
    if (operator || right === "anyone") return;
    if (right === "local" && this.options.loopback) return;
    throw new Problem("unauthorised", "this needs the operator's token", {
      fix: "send the token of node.json in the data directory as " +
        "authorization: Bearer",
      headers: { "www-authenticate": "Bearer" },
    });
  }

  #takeRate(rate: RateClass, peer: string): void {
    if (rate === "free") return;
    const refused = this.#rates[rate].take(peer);
    if (refused === undefined) return;
    const wait = String(refused.wait_s);
    throw new Problem("too-many", `too many requests; wait ${wait} s`, {
      headers: { "retry-after": wait },
    });
  }

  readonly #report = (reference: string, text: string): void =>
    this.options.report(`http ${reference}: ${text}`);

  #fault(error: unknown): Problem {
    const text = error instanceof Error
      ? error.stack ?? error.message
      : String(error);
    return hiddenFault(text, this.#report);
  }

  #finish(response: Response, head: boolean): Response {
    const { headers } = response;
    for (const [name, value] of Object.entries(COMMON_HEADERS)) {
      headers.set(name, value);
    }
    if (!headers.has("content-security-policy")) {
      headers.set("content-security-policy", CLOSED_POLICY);
    }
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
    if (!head) return response;
    void response.body?.cancel();
    return new Response(null, { status: response.status, headers });
  }
}

function parseTargetSafely(url: string): Target | Problem {
  try {
    return parseTarget(url);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** The route's method that serves the request. */
function verb(request: Request): string {
  return request.method === "HEAD" ? "GET" : request.method;
}

function noRoute(
  matches: ReadonlyArray<PathMatch>,
  method: string,
): Problem {
  if (matches.length === 0) {
    return new Problem("not-found", "there is nothing at this address", {
      fix: "the addresses are listed at /openapi.json",
    });
  }
  const methods = matches.flatMap(({ route }) =>
    route.method === "GET" ? ["GET", "HEAD"] : [route.method]
  );
  const allow = methods.join(", ");
  const shown = /^[A-Z]{1,16}$/u.test(method) ? method : "this method";
  return new Problem(
    "method-not-allowed",
    `${shown} is not possible here; ${allow} is`,
    { headers: { allow } },
  );
}

function bodyForm(route: Route, contentType: string): BodyForm {
  const given = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const form = route.bodies.find(({ type }) => type === given);
  if (form !== undefined) return form;
  const types = route.bodies.map(({ type }) => type).join(" or ");
  throw new Problem("wrong-content-type", `the body here is ${types}`, {
    headers: { "accept-post": route.bodies.map(({ type }) => type).join(", ") },
  });
}

function orDeadline(
  work: Promise<Response>,
  signal: AbortSignal,
  writes: boolean,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () =>
      reject(
        new Problem(
          "unavailable",
          writes
            ? "no answer in time; it may still be carried out"
            : "no answer in time",
          { headers: { "retry-after": "5" } },
        ),
      ));
    work.then(resolve, reject);
  });
}
