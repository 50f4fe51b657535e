/**
 * Every route of a node, in one table.
 */
import { Effect } from "effect";
import { contentRoutes } from "./content_routes.ts";
import { linkOf } from "./inputs.ts";
import * as limit from "./limits.ts";
import {
  choice,
  cids,
  integer,
  optionalCid,
  optionalCids,
  optionalText,
  optionalWhole,
  parseParameters,
  text,
  wholeOf,
} from "./params.ts";
import { measureRoutes } from "./measure_routes.ts";
import { proofRoutes } from "./proof_routes.ts";
import { dryRunBodies, proposalBodies } from "./proposal_bodies.ts";
import {
  asJson,
  type BodyForm,
  get,
  json,
  jsonAnswer,
  jsonBody,
  post,
  type Route,
} from "./route.ts";
import * as governance from "./governance_schemas.ts";
import * as schema from "./schemas.ts";
import { viewRoutes } from "./view_routes.ts";

const OCTETS = "application/octet-stream";

/** The server checks path values by their kind before a handler runs. */
function cidOf(path: Readonly<Record<string, string>>): string {
  return path["cid"] ?? "";
}

const nodeRoutes: ReadonlyArray<Route> = [
  get({
    path: "/healthz",
    name: "health",
    about: "How the node judges itself; 503 while it cannot serve",
    rate: "free",
    query: {},
    answers: [
      jsonAnswer(schema.HealthAnswer),
      jsonAnswer(schema.HealthAnswer, 503),
    ],
    run: ({ api }) =>
      Effect.map(api.health(), (report) => {
        const serves = report.status === "ok" || report.status === "degraded";
        return json(report, serves ? 200 : 503);
      }),
  }),
  get({
    path: "/v1/cells",
    name: "cells",
    about: "The cells that run, with their budgets and what they used",
    query: {},
    answers: [jsonAnswer(schema.CellsAnswer)],
    run: ({ api }) => asJson(api.cells()),
  }),
];

const linkBody = jsonBody({
  schema: schema.SignalRequest,
  octetsMax: limit.LINKS_BODY_OCTETS_MAX,
  right: "local",
  about: "Links to be signed by the node's own neuron",
  run: ({ api }, { links }) => asJson(api.link(links.map(linkOf))),
});

const envelopeBody: BodyForm = {
  type: OCTETS,
  octetsMax: limit.SIGNAL_BODY_OCTETS_MAX,
  right: "anyone",
  about: "A signal that is signed already, as an envelope",
  run: ({ api }, octets) => asJson(api.submitSigned(octets)),
};

const draftQuery = {
  key: optionalText(
    "Bookmark to write in the same atomic write",
    limit.BOOKMARK_KEY_OCTETS_MAX,
  ),
  value: optionalText("Its value", limit.BOOKMARK_VALUE_OCTETS_MAX),
};

const draftBody: BodyForm = {
  type: OCTETS,
  octetsMax: limit.SIGNAL_BODY_OCTETS_MAX,
  right: "operator",
  about: "A draft, as wit/cells/graph/encodings.md has it",
  run: ({ api, query }, octets) => {
    const { key, value = "" } = parseParameters(draftQuery, query);
    return asJson(
      api.submitDraft(octets, key === undefined ? undefined : { key, value }),
    );
  },
};

const writeRoutes: ReadonlyArray<Route> = [
  post({
    path: "/v1/signals",
    name: "addSignal",
    about: "Adds links to the graph; durable when it answers",
    bodies: [linkBody, envelopeBody],
    answers: [jsonAnswer(schema.ReceiptAnswer)],
  }),
  post({
    path: "/v1/drafts",
    name: "addDraft",
    about: "Signs and applies one draft, for imports; the operator's right",
    query: draftQuery,
    bodies: [draftBody],
    answers: [jsonAnswer(schema.DraftAnswer)],
  }),
  get({
    path: "/v1/bookmarks",
    name: "bookmark",
    about: "The last committed value of a bookmark; the operator's right",
    right: "operator",
    query: { key: text("The bookmark", limit.BOOKMARK_KEY_OCTETS_MAX) },
    answers: [jsonAnswer(schema.BookmarkAnswer)],
    run: ({ api }, { key }) =>
      Effect.map(api.recall(key), (value) => json({ key, value })),
  }),
  post({
    path: "/v1/governance/proposals",
    name: "propose",
    about: "Hands in a signed proposal with its attachment",
    rate: "proposal",
    bodies: proposalBodies,
    answers: [jsonAnswer(governance.ProposalAnswer, 201)],
  }),
  post({
    path: "/v1/governance/dry-runs",
    name: "dryRun",
    about: "What a proposal would change; the operator's right",
    rate: "proposal",
    bodies: dryRunBodies,
    answers: [jsonAnswer(governance.DryRunAnswer)],
  }),
];

const pageLimit = integer("Entries at most", {
  minimum: 1,
  maximum: limit.PAGE_MAX,
  otherwise: limit.PAGE_OTHERWISE,
});

const particleRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/resolve",
    name: "resolve",
    about: "The identity of a text, known or not",
    query: { text: text("The text", limit.QUERY_TEXT_OCTETS_MAX) },
    answers: [jsonAnswer(schema.ResolveAnswer)],
    run: ({ api }, { text }) =>
      Effect.map(api.resolve(text), (cid) => json({ cid })),
  }),
  get({
    path: "/v1/particles/{cid}",
    name: "particle",
    about: "What is known of a particle",
    query: {},
    answers: [jsonAnswer(schema.ParticleAnswer)],
    run: ({ api, path }) => asJson(api.particle(cidOf(path))),
  }),
  get({
    path: "/v1/particles/{cid}/links",
    name: "links",
    about: "The particle's links, newest first; up to a height with at",
    query: {
      at: optionalWhole("Links up to this height only, with their indexes"),
      dir: choice("Links that end here, or that start here", ["in", "out"]),
      limit: pageLimit,
      cursor: optionalText("`next` of the page before", 64),
    },
    answers: [jsonAnswer(schema.LinkPageAnswer)],
    run: ({ api, path }, { dir, limit, cursor, at }) => {
      const cid = cidOf(path);
      const height = wholeOf(at);
      return height === undefined
        ? asJson(api.links(cid, dir, limit, cursor))
        : asJson(api.linksAt(cid, dir, { limit, cursor }, height));
    },
  }),
];

const answerRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/rank/top",
    name: "top",
    about: "The particles with the highest focus",
    query: { limit: pageLimit },
    answers: [jsonAnswer(schema.TopAnswer)],
    run: ({ api }, { limit }) => asJson(api.top(limit)),
  }),
  get({
    path: "/v1/rank",
    name: "focusFrom",
    about: "Focus from some particles; waits some seconds at most until it " +
      "is computed, then 503 says how far it is",
    query: {
      from: cids("1 to 16 particles, with commas", limit.SOURCES_MAX),
      of: optionalCid("A particle whose focus is given, too"),
      limit: pageLimit,
    },
    answers: [jsonAnswer(schema.PersonalAnswer)],
    run: ({ api }, { from, limit, of }) =>
      asJson(api.focusFrom(from.split(","), limit, of)),
  }),
  get({
    path: "/v1/rank/history/{cid}",
    name: "history",
    about: "The particle's focus by height, in the last confirmed ranks",
    query: {
      limit: integer("Ranks at most", {
        minimum: 1,
        maximum: limit.MOMENTS_MAX,
        otherwise: limit.MOMENTS_MAX,
      }),
    },
    answers: [jsonAnswer(schema.HistoryAnswer)],
    run: ({ api, path }, { limit }) =>
      asJson(
        Effect.map(api.history(cidOf(path), limit), (moments) => ({ moments })),
      ),
  }),
  get({
    path: "/v1/rank/status",
    name: "rankStatus",
    about: "What the published ranks are about, and how old they are",
    query: {},
    answers: [jsonAnswer(schema.RankStatusAnswer)],
    run: ({ api }) => asJson(api.rankStatus()),
  }),
  get({
    path: "/v1/rank/explain/{cid}",
    name: "explain",
    about: "Where a particle's focus comes from, by operator and axon; waits " +
      "some seconds at most until it is computed",
    query: {
      limit: integer("Axons at most; the others are added up", {
        minimum: 0,
        maximum: limit.CONTRIBUTIONS_MAX,
        otherwise: 50,
      }),
      from: optionalCids(
        "1 to 16 particles, with commas: of the focus from these",
        limit.SOURCES_MAX,
      ),
    },
    answers: [jsonAnswer(schema.ExplanationAnswer)],
    run: ({ api, path }, { limit, from }) =>
      asJson(api.explain(cidOf(path), limit, from?.split(","))),
  }),
  get({
    path: "/v1/search",
    name: "search",
    about: "Full text, ordered by relevance and focus",
    query: {
      q: text("Words to find", limit.SEARCH_OCTETS_MAX),
      limit: integer("Results at most", {
        minimum: 1,
        maximum: limit.HITS_MAX,
        otherwise: 20,
      }),
    },
    answers: [jsonAnswer(schema.SearchReply)],
    run: ({ api }, { q, limit }) => asJson(api.search(q, limit)),
  }),
  get({
    path: "/v1/governance/proposals",
    name: "proposals",
    about: "The proposals that the node keeps; those that wait come first",
    query: {},
    answers: [jsonAnswer(governance.ProposalsAnswer)],
    run: ({ api }) => asJson(api.proposals()),
  }),
  get({
    path: "/v1/governance/proposals/{id}",
    name: "proposal",
    about: "One proposal",
    query: {},
    answers: [jsonAnswer(governance.ProposalAnswer)],
    run: ({ api, path }) => asJson(api.proposal(path["id"] ?? "")),
  }),
];

/** The routes that answer from the node; the server adds its own. */
export const apiRoutes: ReadonlyArray<Route> = [
  ...nodeRoutes,
  ...writeRoutes,
  ...contentRoutes,
  ...particleRoutes,
  ...proofRoutes,
  ...answerRoutes,
  ...measureRoutes,
  ...viewRoutes,
];
