/** What governance's routes take and answer. */
import { Schema } from "effect";
import { BUNDLE_OCTETS_MAX, COMPONENT_OCTETS_MAX } from "./limits.ts";
import { Count, optionalText, textOf } from "./schemas.ts";

export const ProposalRequest = Schema.Struct({
  bundle: textOf(BUNDLE_OCTETS_MAX).annotate({
    description: "JSON transport form of a signed proposal",
  }),
  component: Schema.String.check(
    Schema.isMaxLength(Math.ceil(COMPONENT_OCTETS_MAX / 3) * 4),
  ).annotate({
    description: "The attachment's octets: the component of a swap",
    contentEncoding: "base64",
  }),
}).annotate({ identifier: "ProposalRequest" });

const Activation = Schema.Struct({
  at: Schema.Literals(["once", "time", "height"]),
  time: Schema.optionalKey(Schema.String),
  height: Schema.optionalKey(Schema.String),
}).annotate({
  description: "When it takes effect: at once, at an ISO 8601 time, or when " +
    "the record has accepted so many signals (decimal digits)",
});

export const ProposalAnswer = Schema.Struct({
  id: Schema.String,
  action: Schema.String,
  cell: Schema.String,
  component: Schema.String,
  state: Schema.String,
  detail: optionalText,
  signers: Schema.Array(Schema.String),
  threshold: Count,
  activation: Activation,
  expires: Schema.String,
  note: Schema.String,
  pause_ms: Schema.optionalKey(Schema.Finite),
}).annotate({ identifier: "Proposal" });

const Texts = Schema.Array(Schema.String);
const Difference = Schema.Struct({ gained: Texts, lost: Texts });
const BeforeAfter = Schema.Struct({
  before: Schema.String,
  after: Schema.String,
});
const Terms = Schema.Struct({
  class: Schema.Literals(["hard", "soft"]),
  budget_ms: Count,
  call_ms: Count,
  step_ms: Count,
  start_ms: Count,
});

export const DryRunAnswer = Schema.Struct({
  id: Schema.String,
  action: Schema.String,
  cell: Schema.String,
  component: Schema.String,
  running: Schema.String,
  signers: Texts,
  threshold: Count,
  activation: Activation,
  active: Schema.Boolean,
  height: Schema.optionalKey(Schema.String),
  behind: Texts,
  effect: Schema.Literals(["nothing", "restart", "start", "stop"]),
  refusals: Texts,
  changes: Schema.optionalKey(Schema.Struct({
    exports: Difference,
    imports: Difference,
    capabilities: Difference,
    admission: BeforeAfter,
    terms_before: Schema.optionalKey(Terms),
    terms_after: Schema.optionalKey(Terms),
  })),
  policy: Schema.optionalKey(Schema.Struct({
    ...BeforeAfter.fields,
    governors: Difference,
    rights: Schema.Array(
      Schema.Struct({ governor: Schema.String, before: Texts, after: Texts }),
    ),
    reports: Schema.optionalKey(BeforeAfter),
  })),
}).annotate({ identifier: "DryRun" });

export const ProposalsAnswer = Schema.Array(ProposalAnswer);
