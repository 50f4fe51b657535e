/**
 * What a node answers, whoever asks and from wherever.
 *
 * Two implementations: `LocalNode` (the kernel runs in this process) and
 * `RemoteNode` (HTTP to the process that holds the store). Commands and the
 * HTTP server are written against this interface only. Cids are 66 lower-case
 * hexadecimal digits.
 */
import type { MeasuresApi } from "./api_measures.ts";
import type { Explanation, Moment, PersonalFocus } from "./api_ranks.ts";
import { type Effect, Schema } from "effect";
import type { DryRunReport, ProposalReport } from "./api_governance.ts";
import type { ViewsApi } from "./api_views.ts";
import type { DraftsApi } from "./api_drafts.ts";
import type { ContentsApi, ContentStanding } from "./api_contents.ts";

export type * from "./api_contents.ts";
export type * from "./api_governance.ts";
export type * from "./api_ranks.ts";

/** Why a node said no; nothing was changed. */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  kind: Schema.Literals([
    "invalid", // the question is wrong: 400
    "unauthorised", // a signature or right is missing: 403
    "not-found", // 404
    "conflict", // true now, maybe not later: wrong step, busy store: 409
    "too-large", // 413
    "too-many", // rate: 429
    "full", // no room on the device: 507
    "unavailable", // a cell is not there or still starting: 503
    "failed", // this node is at fault: 500
  ]),
  message: Schema.String,
  /** What to do about it, where there is something. */
  fix: Schema.optional(Schema.String),
}) {}

export type Answer<A> = Effect.Effect<A, Refusal>;

/** One end of a link: a text (its particle is made) or an identity. */
export type End = { readonly text: string } | { readonly cid: string };

export interface LinkInput {
  readonly from: End;
  readonly to: End;
  /** Token name or absent for the default one. */
  readonly token?: string | undefined;
  /** The identity of a token, in place of its name. */
  readonly coin?: string | undefined;
  /** Integer from 0 to 2^48 - 1; 1 if absent. */
  readonly amount?: number | undefined;
  /** -1, 0 or 1; 0 if absent. */
  readonly valence?: number | undefined;
}

export interface Receipt {
  readonly signal: string;
  readonly height: number;
  readonly links: ReadonlyArray<{ from: string; to: string; axon: string }>;
}

export interface CellReport {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly generation: number;
  readonly engine: string;
  readonly hart: number;
  readonly class: "hard" | "soft";
  readonly budget_ms: number;
  /** Processor time used in the last epoch that the cell ran in. */
  readonly used_ms: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly faults: number;
  /** How much too long a job ran that was parked or stopped. */
  readonly overshoot_p99_us: number;
  /** Calls from outside that wait for it, now and at most. */
  readonly waiting: number;
  readonly waiting_most: number;
  /** How often it was parked with its slice over. */
  readonly parks: number;
  /** Steps of a hard cell that ended after their epoch. */
  readonly missed: number;
  readonly state: string;
  /** Why it is in that state, where there is something to say. */
  readonly detail?: string | undefined;
  readonly calls: number;
  readonly memory_bytes: number;
  /** Pause of the last swap in milliseconds. */
  readonly swap_pause_ms?: number | undefined;
}

export interface ParticleReport extends ContentStanding {
  readonly cid: string;
  readonly text?: string | undefined;
  readonly size?: number | undefined;
  readonly known: boolean;
  readonly focus: number;
  readonly stale_ms?: number | undefined;
  readonly links_in: number;
  readonly links_out: number;
  readonly axon?: { readonly from: string; readonly to: string } | undefined;
}

export interface Brief {
  readonly cid: string;
  readonly text?: string | undefined;
  readonly focus: number;
  /** The focus is from the last good ranks, of this age: the rank cell is gone. */
  readonly stale_ms?: number | undefined;
}

export interface LinkReport {
  readonly neuron: string;
  readonly from: Brief;
  readonly to: Brief;
  readonly axon: string;
  readonly token: string;
  readonly amount: number;
  readonly valence: number;
  readonly height: number;
}

export interface LinkPage {
  readonly links: ReadonlyArray<LinkReport>;
  readonly next?: string | undefined;
}

export interface RankStatus {
  readonly version: number;
  readonly height: number;
  readonly particles: number;
  readonly links: number;
  readonly iterations: number;
  readonly residual: number;
  /** Proven: the L1 distance to the fixed point is this at most; 2 says nothing. */
  readonly bound: number;
  readonly syntropy: number;
  readonly age_ms: number;
  readonly computing: boolean;
  /** Reached from the uniform start: its bits depend on the links alone. */
  readonly confirmed: boolean;
  /** The rank cell does not answer: these are its last good ranks. */
  readonly stale: boolean;
  /** How the rank cell is not as it should be, such as without its GPU. */
  readonly detail?: string | undefined;
}

export interface SearchAnswer {
  readonly items: ReadonlyArray<Brief & { readonly score: number }>;
  readonly matches: number;
  /** Contents that are not in the index yet. */
  readonly pending: number;
}

/** The state of the graph at a height; `octets` is base64. */
export interface StateReport {
  readonly height: number;
  readonly root: string;
  /** As wit/cells/graph/state.md lays it out; its hash is the root. */
  readonly octets: string;
}

/** A proof that cells/graph/verify checks; `octets` is base64. */
export interface ProofReport {
  readonly index: string;
  readonly height: number;
  readonly root: string;
  /** The range of namespaces that it is about, both ends included. */
  readonly from: string;
  readonly to: string;
  /** False where the range that was asked for goes on behind `to`. */
  readonly complete: boolean;
  readonly octets: string;
}

export interface NodeReport {
  readonly status: "ok" | "starting" | "degraded" | "failed";
  readonly cells: Readonly<Record<string, string>>;
}

export interface NodeApi extends MeasuresApi, ViewsApi, ContentsApi, DraftsApi {
  /** How the node judges itself. */
  health(): Answer<NodeReport>;
  /** Prometheus text exposition, version 0.0.4. */
  metrics(): Answer<string>;
  cells(): Answer<ReadonlyArray<CellReport>>;
  /** Signs up to 4096 links as the node's neuron; durable when it answers. */
  link(links: ReadonlyArray<LinkInput>): Answer<Receipt>;
  /** Applies an envelope (wit/cells/graph/encodings.md) signed elsewhere. */
  submitSigned(envelope: Uint8Array): Answer<Receipt>;
  resolve(text: string): Answer<string>;
  particle(cid: string): Answer<ParticleReport>;
  /** At most 1 MiB from `offset`, checked against the cid. */
  content(cid: string, offset: number, length: number): Answer<Uint8Array>;
  links(
    cid: string,
    side: "in" | "out",
    limit: number,
    cursor?: string,
  ): Answer<LinkPage>;
  /** The state that proofs are about now. */
  state(): Answer<StateReport>;
  /** Everything that an index holds from one namespace to another. */
  proof(index: string, from: string, to: string): Answer<ProofReport>;
  top(limit: number): Answer<ReadonlyArray<Brief>>;
  rankStatus(): Answer<RankStatus>;
  /**
   * At most `limit` contributions, 0 to 1000; waits until it is computed. `from`, 1 to 16
   * particles: of the focus from them.
   */
  explain(
    cid: string,
    limit: number,
    from?: ReadonlyArray<string>,
  ): Answer<Explanation>;
  /** Newest first; `limit` 1 to 32. */
  history(cid: string, limit: number): Answer<ReadonlyArray<Moment>>;
  /** From 1 to 16 particles; `limit` 1 to 1000; waits until it is computed. */
  focusFrom(
    from: ReadonlyArray<string>,
    limit: number,
    of?: string,
  ): Answer<PersonalFocus>;
  search(text: string, limit: number): Answer<SearchAnswer>;
  /** JSON transport form of a signed proposal (kernel/governance/ENCODING.md) and its attachment. */
  propose(bundle: string, component: Uint8Array): Answer<ProposalReport>;
  /** What `propose` would do; changes nothing. Signatures may be missing. */
  dryRun(bundle: string, component: Uint8Array): Answer<DryRunReport>;
  /** Those that wait, in the order of their turns; then the newest. */
  proposals(): Answer<ReadonlyArray<ProposalReport>>;
  proposal(id: string): Answer<ProposalReport>;
}
