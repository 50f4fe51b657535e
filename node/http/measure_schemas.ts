/** What the routes of karma, finality and spectral position answer. */
import { Schema } from "effect";
import { Cid, Count } from "./schemas.ts";

const EarnerAnswer = Schema.Struct({
  neuron: Cid,
  karma: Schema.Finite,
}).annotate({ identifier: "Earner" });

export const KarmaAnswer = Schema.Struct({
  version: Count,
  height: Count,
  links: Count,
  age_ms: Count,
  neurons: Count,
  total: Schema.Finite,
  of: Schema.optional(EarnerAnswer),
  items: Schema.Array(EarnerAnswer),
}).annotate({
  identifier: "Karma",
  description: "What each neuron's links have earned in the last confirmed " +
    "rank: the part of their origins' focus that diffusion carries over them",
});

export const FinalityAnswer = Schema.Struct({
  cid: Cid,
  version: Count,
  height: Count,
  links: Count,
  confirmed: Schema.Boolean,
  k: Schema.Finite,
  members: Count,
  unranked: Count,
  focus: Schema.Finite,
  mean: Schema.Finite,
  deviation: Schema.Finite,
  score: Schema.Finite,
  score_max: Schema.Finite,
  final: Schema.Boolean,
}).annotate({
  identifier: "Finality",
  description: "Whether a focus is above mean + k deviations of its conflict " +
    "set: reported, nobody votes by it",
});

export const SpectrumAnswer = Schema.Struct({
  version: Count,
  height: Count,
  links: Count,
  rounds: Count,
  residual: Schema.Finite,
  rate: Schema.Finite,
  spread: Schema.Finite,
  drift: Schema.Finite,
  residuals: Schema.Array(Schema.Finite),
  positions: Schema.Array(
    Schema.Struct({ cid: Cid, position: Schema.Finite })
      .annotate({ identifier: "Position" }),
  ),
}).annotate({
  identifier: "Spectrum",
  description: "The rate of plain rounds by their successive residuals, and " +
    "the direction in which the last one changed the focus",
});
