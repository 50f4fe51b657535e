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
  withdraws: Schema.optionalKey(Schema.String).annotate({
    description: "Of a withdrawal: the id of the proposal that it takes back",
  }),
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

/** What would change of a cell or of the policy. */
const Changes = Schema.Struct({
  effect: Schema.Literals(["nothing", "restart", "start", "stop"]),
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
});

const Outlook = Schema.Struct({
  ...Changes.fields,
  proposal: ProposalAnswer,
  behind: Texts,
  refusals: Texts,
}).annotate({
  identifier: "Outlook",
  description: "What one that waits would do, were it its turn now; of one " +
    "behind others that wait, that is not known",
});

export const DryRunAnswer = Schema.Struct({
  ...Changes.fields,
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
  refusals: Texts,
  withdrawal: Schema.optionalKey(
    Schema.Struct({ target: Outlook, chain: Schema.Array(Outlook) }).annotate({
      description: "What a withdrawal takes back, and those that wait behind " +
        "that, as if it had never been",
    }),
  ),
}).annotate({ identifier: "DryRun" });

export const ProposalsAnswer = Schema.Array(ProposalAnswer);
