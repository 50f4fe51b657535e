/** The words of names, past heights, operations and evidence. */
import { Schema } from "effect";
import { AMOUNT_LIMIT, LINKS_MAX, OPERATIONS_MAX } from "./limits.ts";
import {
  Cid,
  Count,
  End,
  LinkAnswer,
  LinkInput,
  optionalText,
  textOf,
} from "./schemas.ts";

const optional = Schema.optionalKey;

export const IdentityAnswer = Schema.Struct({
  neuron: Cid,
  network: Cid,
  name: Schema.String,
}).annotate({ identifier: "Identity" });

const NameCard = Schema.Struct({
  id: Cid,
  particle: Cid,
  made: optional(Count),
  owner: optional(Cid),
  since: optional(Count),
}).annotate({
  identifier: "NameCard",
  description: "Without made: there is no such card at that height",
});

const NameValue = Schema.Struct({
  cid: Cid,
  height: Count,
  by: Cid,
  text: optionalText,
  size: optional(Count),
  known: Schema.Boolean,
}).annotate({ identifier: "NameValue" });

const NameEntry = Schema.Struct({
  segment: optionalText,
  particle: Cid,
  card: Cid,
  owner: optional(Cid),
  cid: optional(Cid),
  height: optional(Count),
  removed: Schema.Boolean,
  directory: Schema.Boolean,
}).annotate({ identifier: "NameEntry" });

export const NameAnswer = Schema.Struct({
  path: Schema.String,
  neuron: Cid,
  at: Count,
  directory: Cid,
  card: optional(NameCard),
  value: optional(NameValue),
  entries: Schema.Array(NameEntry),
  next: optionalText,
}).annotate({
  identifier: "Name",
  description: "What a path stands for at a height, and the names below it",
});

export const NameHistoryAnswer = Schema.Struct({
  path: Schema.String,
  changes: Schema.Array(
    Schema.Struct({
      height: Count,
      what: Schema.Literals(["bound", "removed", "given"]),
      by: Cid,
      cid: optional(Cid),
    }).annotate({ identifier: "NameChange" }),
  ),
  next: optionalText,
  forgotten: Schema.Boolean,
}).annotate({
  identifier: "NameHistory",
  description: "Newest first; cid is what the name stands for from then on",
});

export const LinksAtAnswer = Schema.Struct({
  at: Count,
  links: Schema.Array(
    Schema.Struct({ ...LinkAnswer.fields, index: Count }),
  ),
  next: optionalText,
}).annotate({
  identifier: "LinksAt",
  description: "Links up to a height; texts and focus are those of now",
});

export const LinkProofAnswer = Schema.Struct({
  link: Count,
  place: Schema.Literals(["neuron", "from", "to"]),
  height: Count,
  root: Cid,
  octets: Schema.String,
}).annotate({
  identifier: "LinkProof",
  description: "Checked by cells/graph/verify; octets are base64",
});

const Amount = Schema.Int.check(
  Schema.isBetween({ minimum: 1, maximum: AMOUNT_LIMIT - 1 }, {
    expected: `an integer from 1 to ${AMOUNT_LIMIT - 1}`,
  }),
);
const Rule = Schema.Literals(["anybody", "authority", "nobody"]);

/** One operation; wit/cells/graph/operations.md says what each does. */
export const OperationInput = Schema.Union([
  Schema.Struct({
    op: Schema.Literal("coin"),
    name: End,
    cap: optional(Amount),
    rule: optional(Rule),
  }),
  Schema.Struct({
    op: Schema.Literals(["mint", "pay"]),
    token: Cid,
    to: Cid,
    amount: Amount,
  }),
  Schema.Struct({ op: Schema.Literals(["lock", "unlock"]), amount: Amount }),
  Schema.Struct({
    op: Schema.Literal("box"),
    link: Schema.Int.check(
      Schema.isBetween({ minimum: 0, maximum: LINKS_MAX - 1 }),
    ),
  }),
  Schema.Struct({
    op: Schema.Literals(["transfer", "spend"]),
    box: Cid,
    to: Cid,
  }),
  Schema.Struct({ op: Schema.Literal("withdraw"), box: Cid }),
  Schema.Struct({ op: Schema.Literal("card"), particle: End }),
  Schema.Struct({ op: Schema.Literal("give"), card: Cid, to: Cid }),
]).annotate({ identifier: "Operation" });

export const OperationsRequest = Schema.Struct({
  links: optional(
    Schema.Array(LinkInput).check(Schema.isMaxLength(LINKS_MAX)),
  ),
  operations: Schema.Array(OperationInput).check(
    Schema.isBetweenLength(1, OPERATIONS_MAX, {
      expected: `from 1 to ${OPERATIONS_MAX} operations`,
    }),
  ),
}).annotate({ identifier: "OperationsRequest" });

export const OperationsAnswer = Schema.Struct({
  signal: Schema.String,
  height: Count,
  links: Schema.Array(Schema.Struct({ from: Cid, to: Cid, axon: Cid })),
  made: Schema.Array(
    Schema.Struct({
      operation: Count,
      kind: Schema.Literals(["coin", "box", "card"]),
      id: Cid,
    }),
  ),
}).annotate({
  identifier: "OperationsReceipt",
  description: "What was accepted, and the identities of what it made",
});

export const CoinAnswer = Schema.Struct({
  token: Cid,
  name: optionalText,
  authority: Cid,
  supply: Count,
  cap: optional(Count),
  rule: Rule,
}).annotate({ identifier: "Coin" });

export const CoinsAnswer = Schema.Struct({
  items: Schema.Array(CoinAnswer),
  next: optionalText,
}).annotate({ identifier: "Coins" });

export const BalancesAnswer = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      token: Cid,
      name: optionalText,
      amount: Count,
      nonce: Count,
    }).annotate({ identifier: "Balance" }),
  ),
  next: optionalText,
}).annotate({ identifier: "Balances" });

export const BoxesAnswer = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      box: Cid,
      token: Cid,
      amount: Count,
      author: Cid,
      owner: Cid,
    }).annotate({ identifier: "Box" }),
  ),
  next: optionalText,
}).annotate({ identifier: "Boxes" });

export const CardsAnswer = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      card: Cid,
      particle: Cid,
      text: optionalText,
      creator: Cid,
      owner: optional(Cid),
      made: Count,
    }).annotate({ identifier: "Card" }),
  ),
  next: optionalText,
}).annotate({ identifier: "Cards" });

export const EvidenceAnswer = Schema.Struct({
  id: Schema.String,
  neuron: Cid,
  step: Count,
  signals: Schema.Tuple([Cid, Cid]),
  octets: Count,
}).annotate({
  identifier: "Evidence",
  description: "Two signals of one step that a neuron signed",
});

export const EvidenceListAnswer = Schema.Struct({
  items: Schema.Array(EvidenceAnswer),
  next: optionalText,
}).annotate({ identifier: "EvidenceList" });

export const AvatarAnswer = Schema.Struct({
  neuron: Cid,
  at: Count,
  standing: Schema.Literals(["avatar", "neuron", "left-out"]),
  avatar: Cid,
  edition: Count,
  time: Count,
  neurons: Schema.Array(Cid),
  statement: Cid,
  id: Cid,
  height: Count,
  by: Cid,
}).annotate({
  identifier: "Avatar",
  description: "Whose avatar a neuron is, by the latest edition; statement " +
    "is the particle with the octets, as wit/cells/graph/avatars.md has them",
});

/** A path of a name in the query. */
export const NamePathText = textOf(4096);
