/**
 * Why a proposal was not accepted. Every refusal means: nothing happened.
 *
 * A refusal names the rule that does not hold, the place where (a key of the
 * bundle, an octet of the document) and what would mend it.
 */
import { Schema } from "effect";

export const RULES = [
  /** The text or the document is not in its canonical form. */
  "malformed",
  /** The proposal is for another network. */
  "wrong-network",
  /** A signature is by somebody who does not govern this node. */
  "unknown-governor",
  /** A signature is not the governor's over this document. */
  "wrong-signature",
  /** Good signatures, but fewer than the policy asks for. */
  "too-few-signatures",
  /** No signer may propose. */
  "not-a-proposer",
  /** Its time is over, or is set further ahead than allowed. */
  "expired",
  "valid-too-long",
  /** This proposal, or another with its nonce, was accepted before. */
  "replayed",
  /** The component ran before, and the proposal does not say that this is meant. */
  "downgrade",
  /** The very component runs already. */
  "no-change",
  /** Another component runs than the one that the proposal replaces. */
  "replaces-another",
  /** The octets beside the document are not those that were signed. */
  "wrong-attachment",
  /** The policy wants a signed report about this driver, and there is none. */
  "no-report",
  /** There is no such cell. */
  "no-such-cell",
  /** No such proposal was accepted, so there is none to withdraw. */
  "no-such-proposal",
  /** It has had its turn already, or is void: nothing is left to withdraw. */
  "not-waiting",
  /** The new policy could not be used. */
  "bad-policy",
  /** The kernel would not do it; its reason is in the message. */
  "kernel-refused",
  /** Another proposal is being decided right now. */
  "busy",
  /** The node keeps no more proposals. */
  "full",
  /** Storage or audit log failed; the reason is in the message. */
  "storage",
] as const;
export type Rule = (typeof RULES)[number];

/** The proposal was refused. Nothing happened, beyond a line in the log. */
export class ProposalRefused
  extends Schema.TaggedError<ProposalRefused>()("ProposalRefused", {
    rule: Schema.Literals(RULES),
    /** Where: `signatures[2].governor`, `document octet 140`, `component`. */
    place: Schema.String,
    /** What is wrong there. */
    what: Schema.String,
    /** What the sender can do about it. */
    fix: Schema.String,
  }) {
  override get message(): string {
    return `${this.rule} at ${this.place}: ${this.what}; ${this.fix}`;
  }
}

export const refuse = (rule: Rule, place: string, what: string, fix: string) =>
  new ProposalRefused({ rule, place, what, fix });

/** The device or file under governance failed. What was acknowledged is safe. */
export class StorageFailed
  extends Schema.TaggedError<StorageFailed>()("StorageFailed", {
    /** What was being done, and to which file. */
    what: Schema.String,
    reason: Schema.String,
  }) {
  override get message(): string {
    return `${this.what}: ${this.reason}`;
  }
}
