/**
 * Who governs a node: which keys, how many of them, and who may propose.
 *
 * Only an executed `set-policy` replaces a policy. `policyOf` refuses one that
 * nobody could satisfy, that nobody could change any more, or that counts one
 * key twice. `countSignatures` is the only judge of signatures: both
 * halves of each, by a known governor, over this very document; a governor who
 * signed twice counts once, and one bad signature refuses the whole bundle.
 */
import { Effect, Result, Schema } from "effect";
import {
  BUNDLE_OCTETS,
  type Composite,
  fromBase64,
  identityOf,
  identityText,
  toBase64,
  verifyPurpose,
} from "../crypto/mod.ts";
import type { ProposalBundle } from "./bundle.ts";
import type { PolicyOutline } from "./arguments.ts";
import { GOVERNORS_MAX } from "./limits.ts";
import { type Action, ACTIONS } from "./proposal.ts";
import { type ReportRule, ruleFault } from "./report_rule.ts";
import { ProposalRefused } from "./refusals.ts";

export interface Policy {
  /** Public key bundles by their identity's text. */
  readonly governors: ReadonlyMap<string, Uint8Array>;
  /** k of n. */
  readonly threshold: number;
  /** Who may propose what: one who may must be among the signers. */
  readonly proposers: ReadonlyMap<string, ReadonlySet<Action>>;
  /** What is wanted of drivers; nothing where it is absent. */
  readonly reports?: ReportRule;
}

/** The policy cannot be used; says which rule it breaks. */
export class PolicyRefused
  extends Schema.TaggedError<PolicyRefused>()("PolicyRefused", {
    what: Schema.String,
  }) {
  override get message(): string {
    return `the policy cannot be used: ${this.what}`;
  }
}

/** Who may propose, by identity's text: everything, or these actions. */
export type Proposers =
  | readonly string[]
  | Readonly<Record<string, readonly Action[]>>;

/** A policy over these bundles; every governor may propose if none is named. */
export function policyOf(
  bundles: readonly Uint8Array[],
  threshold: number,
  proposers?: Proposers,
  reports?: ReportRule,
): Result.Result<Policy, PolicyRefused> {
  const refuse = (what: string) => Result.fail(new PolicyRefused({ what }));
  if (bundles.length < 1 || bundles.length > GOVERNORS_MAX) {
    return refuse(`${bundles.length} governors, 1 to ${GOVERNORS_MAX} allowed`);
  }
  const governors = new Map<string, Uint8Array>();
  for (const [index, bundle] of bundles.entries()) {
    if (bundle.length !== BUNDLE_OCTETS) {
      return refuse(`governors[${index}] is not ${BUNDLE_OCTETS} octets`);
    }
    const id = identityText(identityOf(bundle));
    if (governors.has(id)) return refuse(`governor ${id} is listed twice`);
    governors.set(id, bundle);
  }
  if (!Number.isInteger(threshold) || threshold < 1) {
    return refuse(`threshold ${threshold} is not a whole number from 1`);
  }
  if (threshold > governors.size) {
    return refuse(`threshold ${threshold} of ${governors.size} governors`);
  }
  const named = rightsOf(proposers ?? [...governors.keys()]);
  const stranger = [...named.keys()].find((id) => !governors.has(id));
  if (stranger !== undefined) {
    return refuse(`proposer ${stranger} is no governor`);
  }
  const rights = [...named.values()];
  if (!rights.some((actions) => actions.size > 0)) {
    return refuse("nobody may propose");
  }
  if (!rights.some((actions) => actions.has("set-policy"))) {
    return refuse("nobody may propose set-policy: it could not be changed");
  }
  if (reports === undefined) {
    return Result.succeed({ governors, threshold, proposers: named });
  }
  const fault = ruleFault(reports);
  if (fault !== undefined) return refuse(`reports: ${fault}`);
  const conformers = [...reports.conformers].sort();
  return Result.succeed({
    governors,
    threshold,
    proposers: named,
    reports: { conformers, days: reports.days },
  });
}

function isList(proposers: Proposers): proposers is readonly string[] {
  return Array.isArray(proposers);
}

function rightsOf(
  proposers: Proposers,
): Map<string, ReadonlySet<Action>> {
  return isList(proposers)
    ? new Map(proposers.map((id) => [id, new Set(ACTIONS)]))
    : new Map(
      Object.entries(proposers).map(([id, actions]) => [id, new Set(actions)]),
    );
}

/** A policy from its outline and the key bundles of its governors. */
export function policyFrom(
  { threshold, rights, reports }: PolicyOutline,
  bundles: ReadonlyMap<string, Uint8Array>,
): Result.Result<Policy, PolicyRefused> {
  const found: Uint8Array[] = [];
  for (const id of rights.keys()) {
    const bundle = bundles.get(id);
    if (bundle === undefined) {
      const what = `the key bundle of governor ${id} is not here`;
      return Result.fail(new PolicyRefused({ what }));
    }
    found.push(bundle);
  }
  const named = [...rights].filter(([, actions]) => actions.size > 0)
    .map(([id, actions]) => [id, [...actions]]);
  return policyOf(found, threshold, Object.fromEntries(named), reports);
}

/** A policy without its keys, as `set-policy` names it. */
export function outlineOf(policy: Policy): PolicyOutline {
  const { threshold, governors, proposers, reports } = policy;
  const rights = [...governors.keys()].sort()
    .map((id) => [id, proposers.get(id) ?? new Set<Action>()] as const);
  const outline = { threshold, rights: new Map(rights) };
  return reports === undefined ? outline : { ...outline, reports };
}

const PolicyJson = Schema.Struct({
  format: Schema.Literal("karyon-policy-1"),
  governors: Schema.Array(Schema.String).check(
    Schema.isMaxLength(GOVERNORS_MAX),
  ),
  threshold: Schema.Int,
  proposers: Schema.optionalKey(Schema.Union([
    Schema.Array(Schema.String),
    Schema.Record(Schema.String, Schema.Array(Schema.Literals(ACTIONS))),
  ])),
  reports: Schema.optionalKey(Schema.Struct({
    conformers: Schema.Array(Schema.String),
    days: Schema.Int,
  })),
});
const decodePolicyJson = Schema.decodeUnknownResult(
  Schema.fromJsonString(PolicyJson),
  { onExcessProperty: "error" },
);

/** A policy from its JSON file: base64 bundles, threshold, proposers. */
export function parsePolicy(
  text: string,
): Result.Result<Policy, PolicyRefused> {
  const decoded = decodePolicyJson(text);
  if (Result.isFailure(decoded)) {
    const what = decoded.failure.message.replaceAll(/\s+/g, " ").slice(0, 200);
    return Result.fail(new PolicyRefused({ what }));
  }
  const { governors, threshold, proposers, reports } = decoded.success;
  const bundles: Uint8Array[] = [];
  for (const [index, text] of governors.entries()) {
    const bundle = fromBase64(text);
    if (bundle === undefined) {
      const what = `governors[${index}] is not canonical base64`;
      return Result.fail(new PolicyRefused({ what }));
    }
    bundles.push(bundle);
  }
  return policyOf(bundles, threshold, proposers, reports);
}

export function renderPolicy(policy: Policy): string {
  const json = {
    format: "karyon-policy-1",
    governors: [...policy.governors.values()].map(toBase64),
    threshold: policy.threshold,
    proposers: Object.fromEntries(
      [...policy.proposers].map(([id, actions]) => [id, [...actions]]),
    ),
    ...(policy.reports && { reports: policy.reports }),
  };
  return JSON.stringify(json, null, 2) + "\n";
}

/**
 * The governors who signed, sorted, where policy is satisfied. One of them may
 * propose one of `actions`; that of the proposal where none are given.
 */
export const countSignatures = Effect.fnUntraced(
  function* (
    composite: Composite,
    policy: Policy,
    bundle: ProposalBundle,
    actions: readonly Action[] = [bundle.proposal.action],
  ) {
    const signers = new Set<string>();
    for (const [index, one] of bundle.signatures.entries()) {
      const id = identityText(one.governor);
      const keys = policy.governors.get(id);
      if (keys === undefined) return yield* unknownGovernor(index, id);
      const good = yield* Effect.promise(() =>
        verifyPurpose(
          composite,
          "proposal",
          keys,
          bundle.document,
          one.signature,
        )
      );
      if (!good) return yield* wrongSignature(index, id);
      signers.add(id);
    }
    const names = [...signers].sort();
    if (signers.size < policy.threshold) return yield* tooFew(policy, names);
    const { action } = bundle.proposal;
    const may = [...policy.proposers]
      .filter(([, rights]) => actions.some((one) => rights.has(one)))
      .map(([id]) => id);
    if (!names.some((id) => may.includes(id))) {
      return yield* new ProposalRefused({
        rule: "not-a-proposer",
        place: "signatures",
        what: `signed by ${
          names.join(", ")
        }, none of whom may propose ${action}`,
        fix: may.length === 0
          ? "the policy lets nobody; change it with set-policy first"
          : `ask one of ${may.join(", ")} to sign`,
      });
    }
    return names;
  },
);

function unknownGovernor(index: number, id: string): ProposalRefused {
  return new ProposalRefused({
    rule: "unknown-governor",
    place: `signatures[${index}].governor`,
    what: `${id} does not govern this node`,
    fix: "remove that signature, or have the policy name its key",
  });
}

function wrongSignature(index: number, id: string): ProposalRefused {
  return new ProposalRefused({
    rule: "wrong-signature",
    place: `signatures[${index}].signature`,
    what: `it is not ${id}'s over this document`,
    fix: "sign this very document again",
  });
}

function tooFew(policy: Policy, signers: readonly string[]): ProposalRefused {
  const who = signers.length === 0 ? "nobody" : signers.join(", ");
  return new ProposalRefused({
    rule: "too-few-signatures",
    place: "signatures",
    what:
      `${signers.length} of the ${policy.threshold} needed, of ${policy.governors.size} governors; signed by ${who}`,
    fix: `collect ${policy.threshold - signers.length} more`,
  });
}
