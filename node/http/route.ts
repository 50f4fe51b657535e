/**
 * One route: what it takes, who may ask it, what it answers.
 *
 * The server, the method and content-type checks and the OpenAPI document all
 * read the same fields, so none of them can go stale.
 */
import { Effect, type Schema } from "effect";
import type { Answer, NodeApi } from "../api.ts";
import { decodeJson } from "./body.ts";
import { type Parameters, parseParameters, type Values } from "./params.ts";
import { Problem } from "./problem.ts";
import { CID_PATTERN } from "./schemas.ts";

/** What a handler gives back; the server adds the common headers. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream | null;
}

/** Who may ask. */
export type Right =
  | "anyone"
  /** Anyone on this machine if the server is on loopback, else the operator. */
  | "local"
  | "operator";

/** The bucket that a request takes from; `free` takes from none. */
export type RateClass = "free" | "read" | "write" | "proposal";

/** What every handler is given. */
export interface Asked {
  readonly api: NodeApi;
  readonly path: Readonly<Record<string, string>>;
  readonly query: ReadonlyArray<readonly [string, string]>;
  readonly headers: Headers;
  readonly operator: boolean;
}

/** A form that a body may have. */
export interface BodyForm {
  readonly type: string;
  readonly octetsMax: number;
  readonly right: Right;
  readonly about: string;
  /** Absent for octets. */
  readonly schema?: Schema.Top;
  /** Takes the body as it comes, instead of `run`; the deadline is each piece's. */
  stream?(asked: Asked, pieces: AsyncIterable<Uint8Array>): Answer<Reply>;
  run(
    asked: Asked,
    octets: Uint8Array<ArrayBuffer>,
    contentType: string,
  ): Answer<Reply> | Promise<Answer<Reply>>;
}

/** What a good answer holds. */
export interface AnswerForm {
  readonly status: number;
  readonly type: string;
  readonly about: string;
  /** Absent where it is not JSON. */
  readonly schema?: Schema.Top;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** As in OpenAPI: `/v1/particles/{cid}`. */
  readonly path: string;
  readonly name: string;
  readonly about: string;
  readonly rate: RateClass;
  readonly right: Right;
  readonly query: Parameters;
  readonly answers: ReadonlyArray<AnswerForm>;
  /** Only for POST. */
  readonly bodies: ReadonlyArray<BodyForm>;
  /** Only for GET. */
  run(asked: Asked): Answer<Reply>;
}

interface Common {
  readonly path: string;
  readonly name: string;
  readonly about: string;
  readonly answers: ReadonlyArray<AnswerForm>;
}

/** A question. */
export function get<P extends Parameters>(
  form: Common & {
    readonly query: P;
    readonly right?: Right;
    readonly rate?: RateClass;
    run(asked: Asked, values: Values<P>): Answer<Reply>;
  },
): Route {
  return {
    rate: "read",
    right: "anyone",
    ...form,
    method: "GET",
    bodies: [],
    run: (asked) => form.run(asked, parseParameters(form.query, asked.query)),
  };
}

/** Something that changes the node; each body form has its own right. */
export function post(
  form: Common & {
    readonly query?: Parameters;
    readonly rate?: RateClass;
    readonly bodies: ReadonlyArray<BodyForm>;
  },
): Route {
  return {
    rate: "write",
    query: {},
    ...form,
    right: "anyone",
    method: "POST",
    run: () => {
      throw new Error("a POST runs by its body form");
    },
  };
}

/** A JSON body of one shape. */
export function jsonBody<A>(form: {
  readonly schema: Schema.Codec<A, unknown> & Schema.Top;
  readonly octetsMax: number;
  readonly right: Right;
  readonly about: string;
  run(asked: Asked, value: A): Answer<Reply>;
}): BodyForm {
  return {
    ...form,
    type: "application/json",
    run: (asked, octets) => form.run(asked, decodeJson(form.schema, octets)),
  };
}

export function jsonAnswer(schema: Schema.Top, status = 200): AnswerForm {
  return { status, type: "application/json", about: "The answer", schema };
}

/** JSON with the common status. */
export function json(
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(value) + "\n",
  };
}

/** An answer of the node as JSON. */
export function asJson<A>(answer: Answer<A>): Answer<Reply> {
  return Effect.map(answer, (value) => json(value));
}

interface PathPlace {
  readonly pattern: RegExp;
  readonly bounds: string;
  /** It takes all further segments, with the slashes between them. */
  readonly rest?: boolean;
}

const PLACES: Readonly<Record<string, PathPlace>> = {
  cid: {
    pattern: CID_PATTERN,
    bounds: "an identity: 01 and 64 lower-case hexadecimal digits",
  },
  index: {
    pattern: /^(by-neuron|by-particle|focus|balance|coins|cards)$/u,
    bounds: "by-neuron, by-particle, focus, balance, coins or cards",
  },
  namespace: {
    pattern: /^((?:[0-9a-f]{66}){1,2}|range)$/u,
    bounds:
      "66 lower-case hexadecimal digits (of a balance 132, too), or the word range",
  },
  path: {
    pattern: /^~(me|01[0-9a-f]{64})(\/[A-Za-z0-9._~-]{1,255}){0,32}$/u,
    bounds: "~ and a neuron (66 digits, or me), then segments of letters, " +
      "digits and . _ ~ - with slashes between; others go by ?path=",
    rest: true,
  },
  number: {
    pattern: /^(0|[1-9][0-9]{0,14})$/u,
    bounds: "a whole number from 0, without leading zeros",
  },
  id: {
    pattern: /^[A-Za-z0-9._-]{1,128}$/u,
    bounds: "1 to 128 letters, digits and . _ -",
  },
};

export interface PathMatch {
  readonly route: Route;
  readonly values: Readonly<Record<string, string>>;
}

/** Every route with this path, whatever its method. */
export function matchPath(
  routes: ReadonlyArray<Route>,
  segments: ReadonlyArray<string>,
): ReadonlyArray<PathMatch> {
  return routes.flatMap((route) => {
    const values = matchTemplate(route.path, segments);
    return values === undefined ? [] : [{ route, values }];
  });
}

function matchTemplate(
  template: string,
  segments: ReadonlyArray<string>,
): Readonly<Record<string, string>> | undefined {
  const places = template === "/" ? [] : template.slice(1).split("/");
  const last = places.at(-1)?.slice(1, -1) ?? "";
  if (PLACES[last]?.rest === true && segments.length > places.length) {
    const kept = places.length - 1;
    const rest = segments.slice(kept).join("/");
    return matchTemplate(template, [...segments.slice(0, kept), rest]);
  }
  if (places.length !== segments.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, place] of places.entries()) {
    const segment = segments[index] ?? "";
    if (place.startsWith("{")) values[place.slice(1, -1)] = segment;
    else if (place !== segment) return undefined;
  }
  return values;
}

/** Refuses a path value that is not of its kind. */
export function checkPathValues(
  values: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    const place = PLACES[name];
    if (place !== undefined && !place.pattern.test(value)) {
      throw new Problem(
        "invalid",
        `${name} in the path must be ${place.bounds}`,
      );
    }
  }
}

/** The pattern and meaning of a path value, for the OpenAPI document. */
export function pathValueForm(
  name: string,
): { pattern: string; about: string } {
  const place = PLACES[name];
  if (place === undefined) throw new Error(`no form for path value ${name}`);
  return { pattern: place.pattern.source, about: place.bounds };
}
