/** Karma, focus finality and spectral position. */
import { Schema } from "effect";
import * as limit from "./limits.ts";
import * as answer from "./measure_schemas.ts";
import { integer, optionalCid, optionalCids } from "./params.ts";
import { asJson, get, jsonAnswer, type Route } from "./route.ts";

const K_PATTERN = /^(1(\.\d{1,9})?|2(\.0{1,9})?)$/;
const K_OTHERWISE = 1.5;

const k = {
  kind: "text",
  about: "How many deviations above the mean (default 1.5)",
  schema: Schema.String.check(Schema.isPattern(K_PATTERN)),
  bounds: "a number from 1 to 2, with at most 9 decimals",
  required: false,
} as const;

export const measureRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/rank/karma",
    name: "karma",
    about: "What the neurons' links have earned, the highest first",
    query: {
      limit: integer("Neurons at most", {
        minimum: 1,
        maximum: limit.PAGE_MAX,
        otherwise: limit.PAGE_OTHERWISE,
      }),
      of: optionalCid("A neuron whose karma is given, too"),
    },
    answers: [jsonAnswer(answer.KarmaAnswer)],
    run: ({ api }, { limit, of }) => asJson(api.karma(limit, of)),
  }),
  get({
    path: "/v1/rank/finality/{cid}",
    name: "finality",
    about: "Where the particle's focus stands among those that it is in " +
      "conflict with",
    query: {
      in: optionalCid("The particle whose other targets are its rivals"),
      among: optionalCids("Its rivals", limit.RIVALS_MAX),
      k,
    },
    answers: [jsonAnswer(answer.FinalityAnswer)],
    run: ({ api, path }, { in: within, among, k }) =>
      asJson(api.finality(
        path["cid"] ?? "",
        { in: within, among: among?.split(",") },
        k === undefined ? K_OTHERWISE : Number(k),
      )),
  }),
  get({
    path: "/v1/rank/spectrum",
    name: "spectrum",
    about: "How fast plain rounds come to rest, and where particles lie in " +
      "the slowest mode; waits some seconds at most until it is computed",
    query: {
      of: optionalCids("Particles whose position is given", limit.SOURCES_MAX),
    },
    answers: [jsonAnswer(answer.SpectrumAnswer)],
    run: ({ api }, { of }) => asJson(api.spectrum(of?.split(",") ?? [])),
  }),
];
