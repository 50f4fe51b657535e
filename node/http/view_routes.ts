/**
 * Names, links as of a height, coins, boxes, cards, operations and evidence.
 */
import { Effect } from "effect";
import type { LinkInput } from "../api.ts";
import type { OperationInput, Page } from "../api_views.ts";
import { endOf, linkOf } from "./inputs.ts";
import * as limit from "./limits.ts";
import {
  choice,
  integer,
  optionalText,
  optionalWhole,
  text,
  wholeOf,
} from "./params.ts";
import {
  asJson,
  type BodyForm,
  get,
  jsonAnswer,
  jsonBody,
  post,
  type Route,
} from "./route.ts";
import * as schema from "./view_schemas.ts";

const OCTETS = "application/octet-stream";

export const paged = {
  limit: integer("Entries at most", {
    minimum: 1,
    maximum: limit.PAGE_MAX,
    otherwise: 50,
  }),
  cursor: optionalText("`next` of the page before", 128),
};

export const height = {
  at: optionalWhole("The height that is asked about; the newest if absent"),
};

function pageOf(
  { limit, cursor }: { limit: number; cursor: string | undefined },
): Page {
  return { limit, cursor };
}

const namePath = text(
  "~ and a neuron (or ~me), then segments with slashes between",
  limit.NAME_PATH_OCTETS_MAX,
);

const nameRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/names/{path}",
    name: "name",
    about: "What a name stands for at a height, and the names below it",
    query: { ...height, ...paged },
    answers: [jsonAnswer(schema.NameAnswer)],
    run: ({ api, path }, { at, ...page }) =>
      asJson(api.name(path["path"] ?? "", pageOf(page), wholeOf(at))),
  }),
  get({
    path: "/v1/names",
    name: "nameOf",
    about: "The same for any path, which may have all letters there are",
    query: { path: namePath, ...height, ...paged },
    answers: [jsonAnswer(schema.NameAnswer)],
    run: ({ api }, { path, at, ...page }) =>
      asJson(api.name(path, pageOf(page), wholeOf(at))),
  }),
  get({
    path: "/v1/name-history",
    name: "nameHistory",
    about: "What a name stood for, by height, newest first",
    query: { path: namePath, ...paged },
    answers: [jsonAnswer(schema.NameHistoryAnswer)],
    run: ({ api }, { path, ...page }) =>
      asJson(api.nameHistory(path, pageOf(page))),
  }),
];

const neuronRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/identity",
    name: "identity",
    about: "The node's own neuron, and its network",
    query: {},
    answers: [jsonAnswer(schema.IdentityAnswer)],
    run: ({ api }) => asJson(api.identity()),
  }),
  get({
    path: "/v1/neurons/{cid}/links",
    name: "linksOf",
    about: "Links that a neuron made, up to a height, newest first",
    query: { ...height, ...paged },
    answers: [jsonAnswer(schema.LinksAtAnswer)],
    run: ({ api, path }, { at, ...page }) =>
      asJson(api.linksOf(path["cid"] ?? "", pageOf(page), wholeOf(at))),
  }),
  get({
    path: "/v1/neurons/{cid}/balances",
    name: "balances",
    about: "What a neuron has of each coin",
    query: paged,
    answers: [jsonAnswer(schema.BalancesAnswer)],
    run: ({ api, path }, page) =>
      asJson(api.balances(path["cid"] ?? "", pageOf(page))),
  }),
  get({
    path: "/v1/neurons/{cid}/boxes",
    name: "boxes",
    about: "Boxes that a neuron owns and that are not spent",
    query: paged,
    answers: [jsonAnswer(schema.BoxesAnswer)],
    run: ({ api, path }, page) =>
      asJson(api.boxes(path["cid"] ?? "", pageOf(page))),
  }),
  get({
    path: "/v1/neurons/{cid}/cards",
    name: "cards",
    about: "Cards that a neuron owns, or that it made",
    query: { part: choice("Which cards", ["created", "owned"]), ...paged },
    answers: [jsonAnswer(schema.CardsAnswer)],
    run: ({ api, path }, { part, ...page }) =>
      asJson(api.cards(path["cid"] ?? "", part, pageOf(page))),
  }),
];

type RequestOperation = typeof schema.OperationInput.Type;

function operationOf(input: RequestOperation): OperationInput {
  if (input.op === "coin") return { ...input, name: endOf(input.name) };
  if (input.op === "card") return { ...input, particle: endOf(input.particle) };
  return input;
}

const operationsBody = jsonBody({
  schema: schema.OperationsRequest,
  octetsMax: limit.LINKS_BODY_OCTETS_MAX,
  right: "operator",
  about: "Links and operations to be signed by the node's own neuron",
  run: ({ api }, { links = [], operations }) => {
    const made: ReadonlyArray<LinkInput> = links.map(linkOf);
    return asJson(api.operate(made, operations.map(operationOf)));
  },
});

const coinRoutes: ReadonlyArray<Route> = [
  post({
    path: "/v1/operations",
    name: "operate",
    about: "Moves coins, boxes, cards and stakes; the operator's right",
    bodies: [operationsBody],
    answers: [jsonAnswer(schema.OperationsAnswer)],
  }),
  get({
    path: "/v1/coins",
    name: "coins",
    about: "All coins, oldest first",
    query: paged,
    answers: [jsonAnswer(schema.CoinsAnswer)],
    run: ({ api }, page) => asJson(api.coins(pageOf(page))),
  }),
  get({
    path: "/v1/coins/{cid}",
    name: "coin",
    about: "One coin",
    query: {},
    answers: [jsonAnswer(schema.CoinAnswer)],
    run: ({ api, path }) => asJson(api.coin(path["cid"] ?? "")),
  }),
];

const evidenceBody: BodyForm = {
  type: OCTETS,
  octetsMax: limit.EVIDENCE_OCTETS_MAX,
  right: "anyone",
  about: "A pair of signals, as node/evidence lays it out",
  run: ({ api }, octets) => asJson(api.submitEvidence(octets)),
};

const evidenceRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/evidence",
    name: "evidence",
    about: "Neurons that signed two signals of one step, as far as kept",
    query: paged,
    answers: [jsonAnswer(schema.EvidenceListAnswer)],
    run: ({ api }, page) => asJson(api.evidence(pageOf(page))),
  }),
  get({
    path: "/v1/evidence/{id}",
    name: "evidenceOctets",
    about: "Both signals and the key bundle: whoever has them needs no node",
    query: {},
    answers: [{ status: 200, type: OCTETS, about: "The pair" }],
    run: ({ api, path }) =>
      Effect.map(api.evidenceOctets(path["id"] ?? ""), (octets) => ({
        status: 200,
        headers: { "content-type": OCTETS },
        body: new Uint8Array(octets),
      })),
  }),
  post({
    path: "/v1/evidence",
    name: "submitEvidence",
    about: "Hands in a pair that was found elsewhere; it is checked and kept",
    bodies: [evidenceBody],
    answers: [jsonAnswer(schema.EvidenceAnswer)],
  }),
];

const avatarBody: BodyForm = {
  type: OCTETS,
  octetsMax: limit.STATEMENT_OCTETS_MAX,
  right: "operator",
  about: "A statement, as wit/cells/graph/avatars.md lays it out",
  run: ({ api }, octets) => asJson(api.stateAvatar(octets)),
};

const avatarRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/avatars/{cid}",
    name: "avatar",
    about: "Whose avatar a neuron is, and which neurons are its; at a height",
    query: height,
    answers: [jsonAnswer(schema.AvatarAnswer)],
    run: ({ api, path }, { at }) =>
      asJson(api.avatar(path["cid"] ?? "", wholeOf(at))),
  }),
  post({
    path: "/v1/avatars",
    name: "stateAvatar",
    about: "Binds ~me/avatar to a statement that all who are named have " +
      "signed; the operator's right",
    bodies: [avatarBody],
    answers: [jsonAnswer(schema.AvatarAnswer)],
  }),
];

export const viewRoutes: ReadonlyArray<Route> = [
  ...nameRoutes,
  ...neuronRoutes,
  ...coinRoutes,
  ...evidenceRoutes,
  ...avatarRoutes,
];
