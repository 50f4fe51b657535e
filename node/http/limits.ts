/**
 * Bounds of the HTTP server, with their relations checked when this loads.
 */
import { CONTENT_TTL_MAX } from "../../kernel/limits.ts";

const MIB = 1024 * 1024;

/** Octets of a request target; longer is 414. */
export const TARGET_OCTETS_MAX = 8192;

/** A JSON body with links. */
export const LINKS_BODY_OCTETS_MAX = 8 * MIB;

/** A signed signal with its contents, or a draft; checked against node/signals. */
export const SIGNAL_BODY_OCTETS_MAX = 17 * MIB;

/** Octets of a component that a proposal brings. */
export const COMPONENT_OCTETS_MAX = 16 * MIB;

/** Octets of a proposal's bundle in its JSON transport form. */
export const BUNDLE_OCTETS_MAX = 256 * 1024;

/** A proposal as a body: the component as base64 (4/3) and its bundle. */
export const PROPOSAL_BODY_OCTETS_MAX = 24 * MIB;

/** Nested arrays and objects of a JSON body. */
export const JSON_DEPTH_MAX = 32;

/** Links of one request, as the record bounds a signal. */
export const LINKS_MAX = 4096;

/** Operations of one request, as the record bounds a signal. */
export const OPERATIONS_MAX = 1024;

/** Octets of a name's path in the query string. */
export const NAME_PATH_OCTETS_MAX = 4096;

/** Octets of a pair of signals that is handed in as evidence. */
export const EVIDENCE_OCTETS_MAX = MIB;

/** Octets of a statement about an avatar; checked against node/avatars. */
export const STATEMENT_OCTETS_MAX = 512 * 1024;

/** Octets of a text, as the record bounds a content. */
export const TEXT_OCTETS_MAX = MIB;

/** Octets of a text in the query string. */
export const QUERY_TEXT_OCTETS_MAX = 4096;

/** Octets of a search. */
export const SEARCH_OCTETS_MAX = 1024;

/** Entries of one page of links, and of `top`. */
export const PAGE_MAX = 1000;

/** Contributions of one explanation. */
export const CONTRIBUTIONS_MAX = 1000;

/** Moments of one history. */
export const MOMENTS_MAX = 32;

/** Particles that one personal focus is from. */
export const SOURCES_MAX = 16;

/** Particles that one is in conflict with, where they are named. */
export const RIVALS_MAX = 64;

/** Entries of a list where nothing is asked for. */
export const PAGE_OTHERWISE = 50;

/** Results of one search. */
export const HITS_MAX = 100;

/** Octets of a content that are read at once. */
export const CONTENT_CHUNK_OCTETS = MIB;

/** A content that is offered, as the graph cell bounds it; never held whole. */
export const OFFER_OCTETS_MAX = 1024 * MIB;

/** Heights that a content is kept for at most, where it is not for ever. */
export const TTL_MAX = CONTENT_TTL_MAX;

/** Amounts are below this. */
export const AMOUNT_LIMIT = 2 ** 48;

/** Octets of a bookmark's key and value, as the ledger bounds them. */
export const BOOKMARK_KEY_OCTETS_MAX = 64;
export const BOOKMARK_VALUE_OCTETS_MAX = 1024;

/**
 * Answering one request, reading its body included. Where a body is taken as it
 * comes, from one piece to the next.
 */
export const REQUEST_MS_MAX = 10_000;

/** What a shutdown waits for requests in flight. */
export const DRAIN_MS_MAX = 5_000;

/** Requests in flight, all peers together; more is 503. */
export const IN_FLIGHT_MAX = 256;

/** Of those, requests that write. */
export const WRITES_IN_FLIGHT_MAX = 32;

/** Octets of bodies that are held at once, all requests together. */
export const BODIES_OCTETS_MAX = 96 * MIB;

/** Peers whose rate is kept; the longest quiet one is forgotten first. */
export const PEERS_MAX = 4096;

/** A token bucket: refill per second, and how many may come at once. */
export interface Rate {
  readonly per_second: number;
  readonly burst: number;
}

export const READ_RATE: Rate = { per_second: 1000, burst: 2000 };
export const WRITE_RATE: Rate = { per_second: 200, burst: 400 };
export const PROPOSAL_RATE: Rate = { per_second: 2, burst: 20 };

function holds(ok: boolean, claim: string): void {
  if (!ok) throw new Error(`http limits contradict each other: ${claim}`);
}

holds(
  PROPOSAL_BODY_OCTETS_MAX >=
    Math.ceil(COMPONENT_OCTETS_MAX / 3) * 4 + 2 * BUNDLE_OCTETS_MAX,
  "the largest component with its bundle fits into one JSON body",
);
holds(
  BODIES_OCTETS_MAX >= 2 * PROPOSAL_BODY_OCTETS_MAX,
  "a proposal never waits for another one",
);
holds(
  TARGET_OCTETS_MAX > QUERY_TEXT_OCTETS_MAX,
  "the longest text fits into a target unescaped",
);
holds(WRITES_IN_FLIGHT_MAX < IN_FLIGHT_MAX, "writes leave room for reads");
holds(DRAIN_MS_MAX < REQUEST_MS_MAX, "a shutdown is shorter than a deadline");
