/**
 * The words of the HTTP interface: what each body and answer looks like.
 *
 * The server decodes bodies by these, the OpenAPI document is made of them, the
 * remote node decodes answers by them. Optional fields are absent, never null.
 */
import { Schema } from "effect";
import { AMOUNT_LIMIT, LINKS_MAX, TEXT_OCTETS_MAX } from "./limits.ts";

const encoder = new TextEncoder();

/** Length in UTF-8, without encoding where the answer is plain. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Unicode text of at most `octets` octets in UTF-8; no lone surrogates. */
export function textOf(octets: number) {
  return Schema.String.check(
    Schema.isMaxLength(octets, { expected: `at most ${octets} octets` }),
    Schema.makeFilter<string>(
      (text) => text.isWellFormed() && utf8Length(text) <= octets,
      { expected: `Unicode text of at most ${octets} octets in UTF-8` },
    ),
  );
}

export const CID_PATTERN = /^01[0-9a-f]{64}$/u;

export const Cid = Schema.String.check(
  Schema.isPattern(CID_PATTERN, {
    expected: "an identity: 01 and 64 lower-case hexadecimal digits",
  }),
).annotate({
  identifier: "Cid",
  description: "Identity: 01 (BLAKE3-256) and 64 lower-case hexadecimal digits",
  examples: ["01" + "5a".repeat(32)],
});

/** Identities that a caller only passes on (a foreign hash id may appear). */
const Identity = Schema.String;

export const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0));

/** One end of a link in a request; exactly one of the two fields. */
export const End = Schema.Struct({
  text: Schema.optionalKey(textOf(TEXT_OCTETS_MAX)),
  cid: Schema.optionalKey(Cid),
}).check(
  Schema.isBetweenProperties(1, 1, { expected: "exactly one of text and cid" }),
).annotate({
  identifier: "End",
  description: "A text (its particle is made) or an identity",
});

export const LinkInput = Schema.Struct({
  from: End,
  to: End,
  token: Schema.optionalKey(textOf(256)),
  coin: Schema.optionalKey(Cid),
  amount: Schema.optionalKey(
    Schema.Int.check(
      Schema.isBetween({ minimum: 0, maximum: AMOUNT_LIMIT - 1 }, {
        expected: `an integer from 0 to ${AMOUNT_LIMIT - 1}`,
      }),
    ),
  ),
  valence: Schema.optionalKey(Schema.Literals([-1, 0, 1])),
}).annotate({ identifier: "LinkInput" });

export const SignalRequest = Schema.Struct({
  links: Schema.Array(LinkInput).check(
    Schema.isBetweenLength(1, LINKS_MAX, {
      expected: `from 1 to ${LINKS_MAX} links`,
    }),
  ),
}).annotate({ identifier: "SignalRequest" });

export const ReceiptAnswer = Schema.Struct({
  signal: Identity,
  height: Count,
  links: Schema.Array(
    Schema.Struct({ from: Cid, to: Cid, axon: Cid }),
  ),
}).annotate({ identifier: "Receipt" });

export const DraftAnswer = Schema.Struct({ height: Count, links: Count })
  .annotate({ identifier: "DraftReceipt" });

export const BookmarkAnswer = Schema.Struct({
  key: Schema.String,
  value: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "Bookmark" });

export const ResolveAnswer = Schema.Struct({ cid: Cid })
  .annotate({ identifier: "Resolved" });

export const optionalText = Schema.optionalKey(Schema.String);

const StaleMs = Schema.optionalKey(Schema.Finite.annotate({
  description: "There while the rank cell does not answer: the focus is from " +
    "its last good ranks, which are so many milliseconds old",
}));

const Presence = Schema.Literals([
  "here",
  "unknown",
  "expired",
  "dropped",
  "damaged",
]).pipe(Schema.annotate({
  description: "Whether the content is here: unknown where it never came, " +
    "damaged where the device does not give it back as it was",
}));

/** A content that was offered, and is kept. */
export const KeptAnswer = Schema.Struct({
  cid: Cid,
  kind: optionalText,
  size: Count,
  chunks: Count,
  fresh: Count,
  from: Schema.optionalKey(Count),
  until: Schema.optionalKey(Count),
}).annotate({ identifier: "Kept" });

/** A content that broke off on its way in; `done` is where to go on. */
export const OfferingAnswer = Schema.Struct({
  cid: Cid,
  size: Count,
  done: Count,
  until: Schema.optionalKey(Count),
}).annotate({ identifier: "Offering" });

/** What is to become of a content. */
export const DropRequest = Schema.Struct({ cid: Cid })
  .annotate({ identifier: "Drop" });

export const DropAnswer = Schema.Struct({
  cid: Cid,
  content: Schema.Literal("dropped"),
  size: Count,
  freed: Count,
}).annotate({
  identifier: "Dropped",
  description: "size octets are not read any more, freed of them are in no " +
    "other content; links and identities stay",
});

export const ParticleAnswer = Schema.Struct({
  cid: Cid,
  text: optionalText,
  size: Schema.optionalKey(Count),
  known: Schema.Boolean,
  content: Schema.optionalKey(Presence),
  until: Schema.optionalKey(Count),
  focus: Schema.Finite,
  stale_ms: StaleMs,
  links_in: Count,
  links_out: Count,
  axon: Schema.optionalKey(Schema.Struct({ from: Cid, to: Cid })),
}).annotate({ identifier: "Particle" });

const briefFields = {
  cid: Cid,
  text: optionalText,
  focus: Schema.Finite,
  stale_ms: StaleMs,
};

export const BriefAnswer = Schema.Struct(briefFields)
  .annotate({ identifier: "Brief" });

export const TopAnswer = Schema.Array(BriefAnswer);

export const LinkAnswer = Schema.Struct({
  index: Schema.optionalKey(Count),
  neuron: Identity,
  from: BriefAnswer,
  to: BriefAnswer,
  axon: Cid,
  token: Schema.String,
  amount: Count,
  valence: Schema.Int,
  height: Count,
}).annotate({ identifier: "Link" });

/** With `at` also the height, and each link's index in the record. */
export const LinkPageAnswer = Schema.Struct({
  at: Schema.optionalKey(Count),
  links: Schema.Array(LinkAnswer),
  next: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "LinkPage" });

export const NAMESPACE_PATTERN = /^(?:[0-9a-f]{66}){1,2}$/u;

/** An end of a range: any 33 octets, an identity or not; of balances 66, too. */
export const Namespace = Schema.String.check(
  Schema.isPattern(NAMESPACE_PATTERN, {
    expected: "66 lower-case hexadecimal digits, or 132 of a balance",
  }),
);

export const StateAnswer = Schema.Struct({
  height: Count,
  root: Cid,
  octets: Schema.String,
}).annotate({
  identifier: "State",
  description: "What the record came to at a height; octets are base64",
});

export const ProofAnswer = Schema.Struct({
  index: Schema.String,
  height: Count,
  root: Cid,
  from: Namespace,
  to: Namespace,
  complete: Schema.Boolean,
  octets: Schema.String,
}).annotate({
  identifier: "Proof",
  description: "Checked by cells/graph/verify; octets are base64",
});

export const RankStatusAnswer = Schema.Struct({
  version: Count,
  height: Count,
  particles: Count,
  links: Count,
  iterations: Count,
  residual: Schema.Finite,
  bound: Schema.Finite,
  syntropy: Schema.Finite,
  age_ms: Schema.Finite,
  computing: Schema.Boolean,
  confirmed: Schema.Boolean,
  stale: Schema.Boolean.annotate({
    description: "The rank cell does not answer: these are its last good " +
      "ranks, and age_ms is their age",
  }),
  detail: Schema.optionalKey(Schema.String).annotate({
    description: "How the rank cell is not as it should be, such as without " +
      "the GPU that it is granted",
  }),
}).annotate({ identifier: "RankStatus" });

const operators = {
  diffusion: Schema.Finite,
  springs: Schema.Finite,
  heat: Schema.Finite,
};

export const ContributionAnswer = Schema.Struct({
  axon: Cid,
  direction: Schema.Literals(["in", "out"]),
  other: BriefAnswer,
  weight: Schema.Finite,
  out: Schema.Finite,
  degree: Schema.Finite,
  flow: Schema.Finite,
  ...operators,
}).annotate({
  identifier: "Contribution",
  description: "What came over one axon, by operator; each is a part of focus",
});

export const ExplanationAnswer = Schema.Struct({
  particle: BriefAnswer,
  from: Schema.optional(Schema.Array(BriefAnswer)),
  version: Count,
  height: Count,
  links: Count,
  confirmed: Schema.Boolean,
  total: Schema.Finite,
  bound: Schema.Finite,
  mass: Schema.Finite,
  particles: Count,
  volume: Schema.Finite,
  largest: Schema.Finite,
  dangling: Schema.Finite,
  degree: Schema.Finite,
  share: Schema.Finite,
  prior: Schema.Finite,
  stuck: Schema.Finite,
  anchor: Schema.Finite,
  kept: Schema.Finite,
  axons: Count,
  contributions: Schema.Array(ContributionAnswer),
  karma: Schema.optional(
    Schema.Struct({
      total: Schema.Finite,
      neurons: Schema.optional(
        Schema.Array(
          Schema.Struct({
            neuron: Cid,
            earned: Schema.Finite,
            karma: Schema.optional(Schema.Finite),
          }).annotate({ identifier: "Earning" }),
        ),
      ),
    }).annotate({
      identifier: "Earned",
      description: "What the links to the particle have earned; by neuron " +
        "those of the listed contributions, beside the neuron's whole karma",
    }),
  ),
  rest: Schema.Struct(operators),
}).annotate({
  identifier: "Explanation",
  description:
    "Where a focus comes from: all parts add up to total, which is " +
    "within bound of the focus; wit/cells/rank/rank.wit has every formula",
});

export const HistoryAnswer = Schema.Struct({
  moments: Schema.Array(
    Schema.Struct({
      version: Count,
      height: Count,
      links: Count,
      particles: Count,
      age_ms: Count,
      focus: Schema.Finite,
    }).annotate({ identifier: "Moment" }),
  ),
}).annotate({
  identifier: "History",
  description: "A focus in the last confirmed ranks, newest first; 0 where " +
    "the particle had none",
});

export const PersonalAnswer = Schema.Struct({
  from: Schema.Array(BriefAnswer),
  of: Schema.optional(BriefAnswer),
  version: Count,
  height: Count,
  links: Count,
  particles: Count,
  rounds: Count,
  residual: Schema.Finite,
  items: Schema.Array(BriefAnswer),
}).annotate({
  identifier: "PersonalFocus",
  description: "Focus whose prior, and whose springs' anchor, is an even " +
    "share of each of some particles; every focus in it is that one",
});

export const SearchReply = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({ ...briefFields, score: Schema.Finite })
      .annotate({ identifier: "Hit" }),
  ),
  matches: Count,
  pending: Count,
}).annotate({ identifier: "SearchAnswer" });

export const CellAnswer = Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  hash: Schema.String,
  generation: Count,
  engine: Schema.String,
  hart: Count,
  class: Schema.Literals(["hard", "soft"]),
  budget_ms: Schema.Finite,
  used_ms: Schema.Finite,
  p50_us: Schema.Finite,
  p99_us: Schema.Finite,
  faults: Count,
  overshoot_p99_us: Schema.Finite,
  waiting: Count,
  waiting_most: Count,
  parks: Count,
  missed: Count,
  state: Schema.String,
  detail: optionalText,
  calls: Count,
  memory_bytes: Count,
  swap_pause_ms: Schema.optionalKey(Schema.Finite),
}).annotate({ identifier: "Cell" });

export const CellsAnswer = Schema.Array(CellAnswer);

export const HealthAnswer = Schema.Struct({
  status: Schema.Literals(["ok", "starting", "degraded", "failed"]),
  cells: Schema.Record(Schema.String, Schema.String),
}).annotate({ identifier: "Health" });

export const ProblemAnswer = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String,
  fix: optionalText,
}).annotate({
  identifier: "Problem",
  description: "RFC 9457: nothing was changed, and why",
});
