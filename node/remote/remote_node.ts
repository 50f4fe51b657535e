/**
 * A node in another process, asked over HTTP.
 *
 * Answers are decoded by the same schemas that the server publishes; whatever is
 * not an answer becomes a refusal: a problem document the one it stands for, no
 * connection `unavailable`. Nothing is asked twice.
 */
import { Effect, Result, Schema } from "effect";
import {
  type Answer,
  type CellReport,
  type DryRunReport,
  type KeptReport,
  type LinkInput,
  type LinkPage,
  type NodeApi,
  type NodeReport,
  type ProposalReport,
  Refusal,
} from "../api.ts";
import { describeIssue } from "../http/body.ts";
import { kindOfStatus, refusalOfProblem } from "../http/problem.ts";
import * as governance from "../http/governance_schemas.ts";
import * as schema from "../http/schemas.ts";

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
/** A content may be long, and the line slow. */
const OFFER_MS_MAX = 3_600_000;

interface Ask {
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

export class RemoteNode implements NodeApi {
  constructor(readonly options: RemoteOptions) {}

  health(): Answer<NodeReport> {
    return this.#json(schema.HealthAnswer, {
      path: "/healthz",
      statuses: [503],
    });
  }

  metrics(): Answer<string> {
    return Effect.map(
      this.#octets({ path: "/metrics" }),
      (octets) => new TextDecoder().decode(octets),
    );
  }

  cells(): Answer<ReadonlyArray<CellReport>> {
    return this.#json(schema.CellsAnswer, { path: "/v1/cells" });
  }

  link(links: ReadonlyArray<LinkInput>) {
    return this.#json(schema.ReceiptAnswer, {
      path: "/v1/signals",
      body: { type: "application/json", octets: JSON.stringify({ links }) },
    });
  }

  submitSigned(envelope: Uint8Array) {
    return this.#json(schema.ReceiptAnswer, {
      path: "/v1/signals",
      body: octetBody(envelope),
    });
  }

  submitDraft(
    draft: Uint8Array,
    bookmark?: { readonly key: string; readonly value: string },
  ) {
    return this.#json(schema.DraftAnswer, {
      path: "/v1/drafts",
      query: { key: bookmark?.key, value: bookmark?.value },
      body: octetBody(draft),
    });
  }

  recall(key: string): Answer<string | undefined> {
    const answer = this.#json(schema.BookmarkAnswer, {
      path: "/v1/bookmarks",
      query: { key },
    });
    return Effect.map(answer, ({ value }) => value);
  }

  resolve(text: string): Answer<string> {
    const answer = this.#json(schema.ResolveAnswer, {
      path: "/v1/resolve",
      query: { text },
    });
    return Effect.map(answer, ({ cid }) => cid);
  }

  particle(cid: string) {
    return this.#json(schema.ParticleAnswer, { path: particlePath(cid) });
  }

  offer(
    cid: string,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
    ttl?: number,
  ): Answer<KeptReport> {
    return this.#json(schema.KeptAnswer, {
      path: `${particlePath(cid)}/content`,
      query: { size, ttl },
      body: {
        type: "application/octet-stream",
        octets: ReadableStream.from(pieces),
      },
      answer_ms: OFFER_MS_MAX,
    });
  }

  drop(cid: string): Answer<void> {
    return Effect.asVoid(this.#json(schema.DropAnswer, {
      path: "/v1/drops",
      body: { type: "application/json", octets: JSON.stringify({ cid }) },
    }));
  }

  content(cid: string, offset: number, length: number): Answer<Uint8Array> {
    if (length === 0) return Effect.succeed(new Uint8Array(0));
    return this.#octets(
      { path: `${particlePath(cid)}/content` },
      { range: `bytes=${offset}-${offset + length - 1}` },
    );
  }

  links(
    cid: string,
    side: "in" | "out",
    limit: number,
    cursor?: string,
  ): Answer<LinkPage> {
    return this.#json(schema.LinkPageAnswer, {
      path: `${particlePath(cid)}/links`,
      query: { dir: side, limit, cursor },
    });
  }

  state() {
    return this.#json(schema.StateAnswer, { path: "/v1/proofs" });
  }

  proof(index: string, from: string, to: string) {
    const namespace = from === to ? from : "range";
    return this.#json(schema.ProofAnswer, {
      path: `/v1/proofs/${encodeURIComponent(index)}/${namespace}`,
      query: from === to ? {} : { from, to },
    });
  }

  top(limit: number) {
    return this.#json(schema.TopAnswer, {
      path: "/v1/rank/top",
      query: { limit },
    });
  }

  rankStatus() {
    return this.#json(schema.RankStatusAnswer, { path: "/v1/rank/status" });
  }

  explain(cid: string, limit: number) {
    return this.#json(schema.ExplanationAnswer, {
      path: `/v1/rank/explain/${encodeURIComponent(cid)}`,
      query: { limit },
    });
  }

  history(cid: string, limit: number) {
    const answer = this.#json(schema.HistoryAnswer, {
      path: `/v1/rank/history/${encodeURIComponent(cid)}`,
      query: { limit },
    });
    return Effect.map(answer, ({ moments }) => moments);
  }

  focusFrom(from: ReadonlyArray<string>, limit: number, of?: string) {
    return this.#json(schema.PersonalAnswer, {
      path: "/v1/rank",
      query: { from: from.join(","), limit, of },
    });
  }

  search(text: string, limit: number) {
    return this.#json(schema.SearchReply, {
      path: "/v1/search",
      query: { q: text, limit },
    });
  }

  propose(bundle: string, component: Uint8Array): Answer<ProposalReport> {
    return this.#json(governance.ProposalAnswer, {
      path: "/v1/governance/proposals",
      body: {
        type: "application/json",
        octets: JSON.stringify({ bundle, component: component.toBase64() }),
      },
    });
  }

  dryRun(bundle: string, component: Uint8Array): Answer<DryRunReport> {
    return this.#json(governance.DryRunAnswer, {
      path: "/v1/governance/dry-runs",
      body: {
        type: "application/json",
        octets: JSON.stringify({ bundle, component: component.toBase64() }),
      },
    });
  }

  proposals(): Answer<ReadonlyArray<ProposalReport>> {
    return this.#json(governance.ProposalsAnswer, {
      path: "/v1/governance/proposals",
    });
  }

  proposal(id: string): Answer<ProposalReport> {
    return this.#json(governance.ProposalAnswer, {
      path: `/v1/governance/proposals/${encodeURIComponent(id)}`,
    });
  }

  #json<A>(form: Schema.Codec<A, unknown>, ask: Ask): Answer<A> {
    return Effect.flatMap(this.#octets(ask), (octets) => {
      const value = parsed(octets);
      const decoded = Schema.decodeUnknownResult(form)(value);
      return Result.isSuccess(decoded)
        ? Effect.succeed(decoded.success)
        : Effect.fail(strange(describeIssue(decoded.failure.issue)));
    });
  }

  #octets(
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

function particlePath(cid: string): string {
  return `/v1/particles/${encodeURIComponent(cid)}`;
}

function octetBody(octets: Uint8Array): NonNullable<Ask["body"]> {
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
  const decoded = Schema.decodeUnknownResult(schema.ProblemAnswer)(
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
