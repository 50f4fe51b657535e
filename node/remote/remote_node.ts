/**
 * A node in another process, asked over HTTP (`remote_asking.ts`).
 */
import { Effect } from "effect";
import {
  type Answer,
  type CellReport,
  type DryRunReport,
  type KeptReport,
  type LinkInput,
  type LinkPage,
  type NodeApi,
  type NodeReport,
  type OfferOptions,
  type ProposalReport,
} from "../api.ts";
import { type DraftStream, oneByOne } from "../api_drafts.ts";
import type { Conflict } from "../api_measures.ts";
import * as governance from "../http/governance_schemas.ts";
import * as measure from "../http/measure_schemas.ts";
import * as schema from "../http/schemas.ts";
import { octetBody } from "./remote_asking.ts";
import { RemoteViews } from "./remote_views.ts";

/** A content may be long, and the line slow. */
const OFFER_MS_MAX = 3_600_000;

export class RemoteNode extends RemoteViews implements NodeApi {
  health(): Answer<NodeReport> {
    return this.json(schema.HealthAnswer, {
      path: "/healthz",
      statuses: [503],
    });
  }

  metrics(): Answer<string> {
    return Effect.map(
      this.octets({ path: "/metrics" }),
      (octets) => new TextDecoder().decode(octets),
    );
  }

  cells(): Answer<ReadonlyArray<CellReport>> {
    return this.json(schema.CellsAnswer, { path: "/v1/cells" });
  }

  link(links: ReadonlyArray<LinkInput>) {
    return this.json(schema.ReceiptAnswer, {
      path: "/v1/signals",
      body: { type: "application/json", octets: JSON.stringify({ links }) },
    });
  }

  submitSigned(envelope: Uint8Array) {
    return this.json(schema.ReceiptAnswer, {
      path: "/v1/signals",
      body: octetBody(envelope),
    });
  }

  submitDraft(
    draft: Uint8Array,
    bookmark?: { readonly key: string; readonly value: string },
  ) {
    return this.json(schema.DraftAnswer, {
      path: "/v1/drafts",
      query: { key: bookmark?.key, value: bookmark?.value },
      body: octetBody(draft),
    });
  }

  submitDrafts(stream: DraftStream) {
    return oneByOne({
      submitDraft: (draft, bookmark) => this.submitDraft(draft, bookmark),
    }, stream);
  }

  recall(key: string): Answer<string | undefined> {
    const answer = this.json(schema.BookmarkAnswer, {
      path: "/v1/bookmarks",
      query: { key },
    });
    return Effect.map(answer, ({ value }) => value);
  }

  resolve(text: string): Answer<string> {
    const answer = this.json(schema.ResolveAnswer, {
      path: "/v1/resolve",
      query: { text },
    });
    return Effect.map(answer, ({ cid }) => cid);
  }

  particle(cid: string) {
    return this.json(schema.ParticleAnswer, { path: particlePath(cid) });
  }

  offer(
    cid: string,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
    { ttl, from }: OfferOptions = {},
  ): Answer<KeptReport> {
    return this.json(schema.KeptAnswer, {
      path: `${particlePath(cid)}/content`,
      query: { size, ttl, from },
      body: {
        type: "application/octet-stream",
        octets: ReadableStream.from(pieces),
      },
      answer_ms: OFFER_MS_MAX,
    });
  }

  offering(cid: string) {
    return this.json(schema.OfferingAnswer, {
      path: `${particlePath(cid)}/offer`,
    });
  }

  drop(cid: string) {
    return this.json(schema.DropAnswer, {
      path: "/v1/drops",
      body: { type: "application/json", octets: JSON.stringify({ cid }) },
    });
  }

  content(cid: string, offset: number, length: number): Answer<Uint8Array> {
    if (length === 0) return Effect.succeed(new Uint8Array(0));
    return this.octets(
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
    return this.json(schema.LinkPageAnswer, {
      path: `${particlePath(cid)}/links`,
      query: { dir: side, limit, cursor },
    });
  }

  state() {
    return this.json(schema.StateAnswer, { path: "/v1/proofs" });
  }

  proof(index: string, from: string, to: string) {
    const namespace = from === to ? from : "range";
    return this.json(schema.ProofAnswer, {
      path: `/v1/proofs/${encodeURIComponent(index)}/${namespace}`,
      query: from === to ? {} : { from, to },
    });
  }

  top(limit: number) {
    return this.json(schema.TopAnswer, {
      path: "/v1/rank/top",
      query: { limit },
    });
  }

  rankStatus() {
    return this.json(schema.RankStatusAnswer, { path: "/v1/rank/status" });
  }

  explain(cid: string, limit: number, from?: ReadonlyArray<string>) {
    return this.json(schema.ExplanationAnswer, {
      path: `/v1/rank/explain/${encodeURIComponent(cid)}`,
      query: { limit, from: from?.join(",") },
    });
  }

  history(cid: string, limit: number) {
    const answer = this.json(schema.HistoryAnswer, {
      path: `/v1/rank/history/${encodeURIComponent(cid)}`,
      query: { limit },
    });
    return Effect.map(answer, ({ moments }) => moments);
  }

  focusFrom(from: ReadonlyArray<string>, limit: number, of?: string) {
    return this.json(schema.PersonalAnswer, {
      path: "/v1/rank",
      query: { from: from.join(","), limit, of },
    });
  }

  karma(limit: number, of?: string) {
    return this.json(measure.KarmaAnswer, {
      path: "/v1/rank/karma",
      query: { limit, of },
    });
  }

  finality(cid: string, { in: within, among }: Conflict, k: number) {
    return this.json(measure.FinalityAnswer, {
      path: `/v1/rank/finality/${encodeURIComponent(cid)}`,
      query: { in: within, among: among?.join(","), k },
    });
  }

  spectrum(of: ReadonlyArray<string>) {
    return this.json(measure.SpectrumAnswer, {
      path: "/v1/rank/spectrum",
      query: { of: of.length > 0 ? of.join(",") : undefined },
    });
  }

  search(text: string, limit: number) {
    return this.json(schema.SearchReply, {
      path: "/v1/search",
      query: { q: text, limit },
    });
  }

  propose(bundle: string, component: Uint8Array): Answer<ProposalReport> {
    return this.json(governance.ProposalAnswer, {
      path: "/v1/governance/proposals",
      body: {
        type: "application/json",
        octets: JSON.stringify({ bundle, component: component.toBase64() }),
      },
    });
  }

  dryRun(bundle: string, component: Uint8Array): Answer<DryRunReport> {
    return this.json(governance.DryRunAnswer, {
      path: "/v1/governance/dry-runs",
      body: {
        type: "application/json",
        octets: JSON.stringify({ bundle, component: component.toBase64() }),
      },
    });
  }

  proposals(): Answer<ReadonlyArray<ProposalReport>> {
    return this.json(governance.ProposalsAnswer, {
      path: "/v1/governance/proposals",
    });
  }

  proposal(id: string): Answer<ProposalReport> {
    return this.json(governance.ProposalAnswer, {
      path: `/v1/governance/proposals/${encodeURIComponent(id)}`,
    });
  }
}

function particlePath(cid: string): string {
  return `/v1/particles/${encodeURIComponent(cid)}`;
}
