/**
 * What `propose` and `sign` do, as functions that return data.
 *
 * They need no running node: a proposal is a file that governors pass on.
 * `keys` is the key store itself. Rendering is the command line's business.
 */
import { Clock, Effect, Result } from "effect";
import {
  type Composite,
  type Entropy,
  identityFromText,
  identityOf,
  identityText,
  type Malformed,
  type Signer,
} from "../../kernel/crypto/mod.ts";
import {
  type Activation,
  type BudgetChange,
  bundleOf,
  decodeBudget,
  encodeBudget,
  encodeGrant,
  encodePolicy,
  encodeProposal,
  encodeRevoke,
  encodeWithdraw,
  type GrantChange,
  NONCE_OCTETS,
  outlineOf,
  parseBundle,
  type Policy,
  type ProposalBundle,
  ProposalRefused,
  renderBundle,
  signBundle,
  VALIDITY_MS_MAX,
} from "../../kernel/governance/mod.ts";
import { verifyPurpose } from "../../kernel/crypto/mod.ts";

export const VALIDITY_MS = 7 * 24 * 60 * 60 * 1000;

/** What a proposal asks for. */
export type Asked =
  | {
    readonly action: "swap";
    readonly cell: string;
    readonly component: Uint8Array;
    /** The cell's new entry, without `component`. */
    readonly manifest?: Uint8Array;
    /** A signed report about the component. */
    readonly report?: Uint8Array;
  }
  | {
    readonly action: "load";
    readonly cell: string;
    readonly component: Uint8Array;
    /** The cell's entry, without `component`. */
    readonly manifest: Uint8Array;
    readonly report?: Uint8Array;
  }
  | { readonly action: "unload"; readonly cell: string }
  | {
    readonly action: "set-budget";
    readonly cell: string;
    readonly budget: BudgetChange;
  }
  | {
    readonly action: "grant";
    readonly cell: string;
    readonly grant: GrantChange;
  }
  | {
    readonly action: "revoke";
    readonly cell: string;
    readonly contract: string;
  }
  | { readonly action: "set-policy"; readonly policy: Policy }
  | {
    readonly action: "withdraw";
    /** The 66 digits of the id of one that waits. */
    readonly proposal: string;
  };

export interface Draft {
  /** The identity of the node's network. */
  readonly network: Uint8Array;
  readonly note?: string | undefined;
  /** 66 digits: the component that must be running; of a swap. */
  readonly replaces?: string | undefined;
  readonly downgrade?: boolean | undefined;
  /** Milliseconds since 1970; at once where absent. */
  readonly activateAtMs?: number | undefined;
  /** Signals of the record; instead of a time. */
  readonly activateAtHeight?: bigint | undefined;
  /** From now, or from the activation; a week where absent. */
  readonly validForMs?: number | undefined;
}

export interface SwapDraft extends Draft {
  readonly cell: string;
  readonly component: Uint8Array;
}

export interface ProposalFile {
  readonly id: string;
  /** The JSON transport form: the file's text. */
  readonly text: string;
  readonly bundle: ProposalBundle;
}

/** A new unsigned proposal to swap a cell for `component`. */
export const proposeSwap = (
  { cell, component, ...draft }: SwapDraft,
  entropy: Entropy,
) => proposeChange(draft, { action: "swap", cell, component }, entropy);

/** A new unsigned proposal. */
export const proposeChange = Effect.fn("node.propose")(
  function* (draft: Draft, asked: Asked, entropy: Entropy) {
    const nowMs = yield* Clock.currentTimeMillis;
    const { activateAtMs } = draft;
    const validForMs = draft.validForMs ?? VALIDITY_MS;
    const whole = [activateAtMs ?? 0, validForMs].every(Number.isSafeInteger);
    if (!whole || validForMs <= 0 || validForMs > VALIDITY_MS_MAX) {
      return yield* refuse(
        "activation and validity",
        `they are whole milliseconds, valid for 1 to ${VALIDITY_MS_MAX}`,
      );
    }
    const replaces = draft.replaces === undefined
      ? undefined
      : identityFromText(draft.replaces);
    if (draft.replaces !== undefined && replaces === undefined) {
      return yield* refuse("replaces", "it is not a component's hash");
    }
    const argument = argumentOf(asked);
    if (Result.isFailure(argument)) {
      return yield* refuse("argument", argument.failure.rule);
    }
    const activation = activationOf(draft);
    if (activation === undefined) {
      return yield* refuse("activation", "it is a time or a height, not both");
    }
    const document = encodeProposal({
      action: asked.action,
      downgrade: draft.downgrade ?? false,
      network: draft.network,
      component: "component" in asked ? identityOf(asked.component) : undefined,
      manifest: "manifest" in asked && asked.manifest !== undefined
        ? identityOf(asked.manifest)
        : undefined,
      replaces,
      activation,
      expiryMs: BigInt(Math.max(nowMs, activateAtMs ?? nowMs) + validForMs),
      nonce: entropy(NONCE_OCTETS),
      cell: "cell" in asked ? asked.cell : "",
      argument: argument.success,
      note: draft.note ?? "",
    });
    if (document._tag === "Failure") {
      return yield* refuse("proposal", document.failure.rule);
    }
    const bundle = yield* Effect.fromResult(bundleOf(document.success, []));
    return fileOf(bundle);
  },
);

function activationOf(
  { activateAtMs, activateAtHeight }: Draft,
): Activation | undefined {
  if (activateAtHeight !== undefined) {
    return activateAtMs === undefined
      ? { at: "height", height: activateAtHeight }
      : undefined;
  }
  return activateAtMs === undefined
    ? { at: "once" }
    : { at: "time", ms: BigInt(activateAtMs) };
}

function argumentOf(asked: Asked): Result.Result<Uint8Array, Malformed> {
  switch (asked.action) {
    case "set-budget": {
      const octets = encodeBudget(asked.budget);
      return Result.map(decodeBudget(octets), () => octets);
    }
    case "grant":
      return encodeGrant(asked.grant);
    case "revoke":
      return encodeRevoke(asked.contract);
    case "set-policy":
      return encodePolicy(outlineOf(asked.policy));
    case "withdraw":
      return encodeWithdraw(asked.proposal);
    case "swap":
    case "load":
      return Result.succeed(
        asked.report === undefined
          ? new Uint8Array()
          : identityOf(asked.report),
      );
    default:
      return Result.succeed(new Uint8Array());
  }
}

/** The proposal file with this governor's signature added. */
export const signProposal = Effect.fn("node.sign")(
  function* (text: string, signer: Signer) {
    const bundle = yield* Effect.fromResult(parseBundle(text));
    return fileOf(yield* signBundle(bundle, signer));
  },
);

export interface SignatureReport {
  readonly governor: string;
  readonly verdict: "good" | "wrong" | "unknown-governor";
}

/** Who signed a proposal, by a policy's keys, for `sign` and `propose`. */
export const signaturesOf = Effect.fn("node.signatures")(
  function* (composite: Composite, policy: Policy, bundle: ProposalBundle) {
    const reports: SignatureReport[] = [];
    for (const { governor, signature } of bundle.signatures) {
      const id = identityText(governor);
      const keys = policy.governors.get(id);
      const good = keys !== undefined &&
        (yield* Effect.promise(() =>
          verifyPurpose(composite, "proposal", keys, bundle.document, signature)
        ));
      const verdict = keys === undefined
        ? "unknown-governor"
        : good
        ? "good"
        : "wrong";
      reports.push({ governor: id, verdict });
    }
    return reports;
  },
);

function fileOf(bundle: ProposalBundle): ProposalFile {
  return { id: bundle.id, text: renderBundle(bundle), bundle };
}

function refuse(place: string, what: string): ProposalRefused {
  const fix = "correct it and propose again";
  return new ProposalRefused({ rule: "malformed", place, what, fix });
}
