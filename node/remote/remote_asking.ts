/**
 * How a node in another process is asked: one request, one answer.
 *
 * Answers are decoded by the same schemas that the server publishes; whatever is
 * not an answer becomes a refusal: a problem document the one it stands for, no
 * connection `unavailable`. Nothing is asked twice.
 */
import { Effect, Result, Schema } from "effect";
import { type Answer, Refusal } from "../api.ts";
import { describeIssue } from "../http/body.ts";
import { kindOfStatus, refusalOfProblem } from "../http/problem.ts";
import { ProblemAnswer } from "../http/schemas.ts";

export interface RemoteOptions {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  /** The operator's right; without it imports are refused. */
  readonly token?: string;
  /** How long one answer may take. */
  readonly answer_ms?: number;
}

/** Longer than the server's own deadline, so that its reason arrives. */
const ANSWER_MS_MAX = 15_000;

export interface Ask {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: {
    readonly type: string;
    readonly octets: string | Uint8Array<ArrayBuffer> | ReadableStream;
  };
  /** How long the answer may take, where it is not the usual time. */
  readonly answer_ms?: number;
  /** Further statuses whose body is an answer. */
  readonly statuses?: ReadonlyArray<number>;
}

export class RemoteAsking {
  constructor(readonly options: RemoteOptions) {}

  protected json<A>(form: Schema.Codec<A, unknown>, ask: Ask): Answer<A> {
    return Effect.flatMap(this.octets(ask), (octets) => {
      const value = parsed(octets);
      const decoded = Schema.decodeUnknownResult(form)(value);
      return Result.isSuccess(decoded)
        ? Effect.succeed(decoded.success)
        : Effect.fail(strange(describeIssue(decoded.failure.issue)));
    });
  }

  protected octets(
    ask: Ask,
    headers: Readonly<Record<string, string>> = {},
  ): Answer<Uint8Array> {
    return Effect.flatMap(
      Effect.tryPromise({
        try: (signal) => this.#exchange(ask, headers, signal),
        catch: (error) => this.#unreachable(error),
      }),
      ({ response, octets }) =>
        response.ok || ask.statuses?.includes(response.status)
          ? Effect.succeed(octets)
          : Effect.fail(refusalIn(response, octets)),
    );
  }

  async #exchange(
    { path, query = {}, body, answer_ms: own_ms }: Ask,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    const url = new URL(path, this.options.url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const { token, answer_ms = ANSWER_MS_MAX } = this.options;
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": body.type }),
      },
      ...(body === undefined ? {} : { body: body.octets }),
      redirect: "error",
      signal: AbortSignal.any([
        signal,
        AbortSignal.timeout(own_ms ?? answer_ms),
      ]),
    });
    return { response, octets: await response.bytes() };
  }

  #unreachable(error: unknown): Refusal {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return new Refusal({
      kind: "unavailable",
      message: late
        ? `the node at ${this.options.url} gave no answer in time`
        : `no node answers at ${this.options.url}`,
      fix: "look whether it runs: karyon cells",
    });
  }
}

export function octetBody(octets: Uint8Array): NonNullable<Ask["body"]> {
  return {
    type: "application/octet-stream",
    octets: new Uint8Array(octets),
  };
}

function parsed(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(octets));
  } catch {
    return undefined;
  }
}

function strange(what: string): Refusal {
  return new Refusal({
    kind: "failed",
    message: `the answer is not one of a Karyon node: ${what}`,
    fix: "see that the address is a node of the same version",
  });
}

function refusalIn(response: Response, octets: Uint8Array): Refusal {
  const decoded = Schema.decodeUnknownResult(ProblemAnswer)(
    parsed(octets),
  );
  if (Result.isSuccess(decoded)) {
    return refusalOfProblem(response.status, decoded.success);
  }
  return new Refusal({
    kind: kindOfStatus(response.status),
    message: `answered with status ${response.status}`,
  });
}
