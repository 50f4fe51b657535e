/**
 * Contents: read by ranges, offered as they come, gone on with, let go.
 */
import { contentReply } from "./content.ts";
import * as limit from "./limits.ts";
import { integer, optionalText, parseParameters } from "./params.ts";
import { Problem } from "./problem.ts";
import {
  type AnswerForm,
  asJson,
  type BodyForm,
  get,
  jsonAnswer,
  jsonBody,
  post,
  type Route,
} from "./route.ts";
import * as schema from "./schemas.ts";

const OCTETS = "application/octet-stream";

function octetsAnswer(status: number, about: string): AnswerForm {
  return { status, type: OCTETS, about };
}

function cidOf(path: Readonly<Record<string, string>>): string {
  return path["cid"] ?? "";
}

const offerQuery = {
  ttl: integer("Heights that it is kept for; 0: for ever", {
    minimum: 0,
    maximum: limit.TTL_MAX,
    otherwise: 0,
  }),
  size: optionalText(
    "Octets of the whole content; content-length and from, if absent",
    10,
  ),
  from: integer("Goes on there with what is held of it", {
    minimum: 0,
    maximum: limit.OFFER_OCTETS_MAX,
    otherwise: 0,
  }),
};

const offerBody: BodyForm = {
  type: OCTETS,
  octetsMax: limit.OFFER_OCTETS_MAX,
  right: "local",
  about: "The content; it is kept only if it hashes to the particle",
  stream: ({ api, path, query, headers }, pieces) => {
    const { ttl, size, from } = parseParameters(offerQuery, query);
    const sent = headers.get("content-length") ?? undefined;
    const declared = size ?? sent;
    if (declared === undefined || !/^\d{1,10}$/u.test(declared)) {
      throw new Problem("invalid", "how long the content is, is not said", {
        fix: "send content-length, or ?size=",
      });
    }
    const octets = Number(declared) + (size === undefined ? from : 0);
    if (octets > limit.OFFER_OCTETS_MAX) {
      throw new Problem(
        "too-large",
        `a content holds at most ${limit.OFFER_OCTETS_MAX} octets`,
      );
    }
    return asJson(
      api.offer(cidOf(path), octets, pieces, { ttl: ttl || undefined, from }),
    );
  },
  run: () => {
    throw new Error("an offer is taken as it comes");
  },
};

const dropBody = jsonBody({
  schema: schema.DropRequest,
  octetsMax: limit.TARGET_OCTETS_MAX,
  right: "operator",
  about: "The content to let go; its links stay",
  run: ({ api }, { cid }) => asJson(api.drop(cid)),
});

export const contentRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/particles/{cid}/content",
    name: "content",
    about: "The content's octets; takes one Range, never changes",
    query: {},
    answers: [
      octetsAnswer(200, "The content"),
      octetsAnswer(206, "The range that was asked for"),
      octetsAnswer(304, "The content that the client has already"),
    ],
    run: ({ api, path, headers }) => contentReply(api, cidOf(path), headers),
  }),
  get({
    path: "/v1/particles/{cid}/offer",
    name: "offering",
    about: "How much is held of a content that broke off on its way in",
    query: {},
    answers: [jsonAnswer(schema.OfferingAnswer)],
    run: ({ api, path }) => asJson(api.offering(cidOf(path))),
  }),
  post({
    path: "/v1/particles/{cid}/content",
    name: "offer",
    about: "Brings a particle's content, or brings it back: of any size, " +
      "taken as it comes; durable when it answers",
    query: offerQuery,
    bodies: [offerBody],
    answers: [jsonAnswer(schema.KeptAnswer)],
  }),
  post({
    path: "/v1/drops",
    name: "drop",
    about: "Lets a content go that was offered; the operator's right",
    bodies: [dropBody],
    answers: [jsonAnswer(schema.DropAnswer)],
  }),
];
