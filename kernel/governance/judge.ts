/**
 * The checks a proposal must pass before anything is done with it.
 *
 * `judge` changes nothing. The order is: form and network, what this node can
 * do, signatures, time, history, and last what the kernel runs now; the first
 * rule that does not hold is the refusal.
 */
import { Clock, Effect } from "effect";
import {
  type Composite,
  equalOctets,
  identityOf,
  identityText,
  toHex,
} from "../crypto/mod.ts";
import { bundleOf, type ProposalBundle } from "./bundle.ts";
import { COMPONENT_OCTETS_MAX, VALIDITY_MS_MAX } from "./limits.ts";
import { countSignatures, type Policy } from "./policy.ts";
import type { Proposal } from "./proposal.ts";
import type { ProposalRecord } from "./record.ts";
import { ProposalRefused, type Rule } from "./refusals.ts";
import type { SwapExecutor } from "./executor.ts";

export interface JudgeParts {
  readonly network: Uint8Array;
  readonly policy: Policy;
  readonly composite: Composite;
  readonly executor: SwapExecutor["Service"];
  /** Accepted proposals by id. */
  readonly records: ReadonlyMap<string, ProposalRecord>;
}

export interface Judgement {
  /** The bundle as its octets say. */
  readonly bundle: ProposalBundle;
  readonly signers: readonly string[];
  /** The hash of the proposed component. */
  readonly component: string;
  readonly running: string;
  /** True where the proposal's time has come. */
  readonly active: boolean;
}

/**
 * Succeeds where the proposal may be executed, now or at its time. What the
 * caller says the document means does not count: it is decoded again.
 */
export const judge = Effect.fn("governance.judge")(
  function* (
    parts: JudgeParts,
    given: ProposalBundle,
    component: Uint8Array,
  ) {
    const bundle = yield* Effect.fromResult(
      bundleOf(given.document, given.signatures),
    );
    const { proposal } = bundle;
    yield* checkNetwork(parts, proposal);
    const hash = yield* checkSupported(proposal);
    const signers = yield* countSignatures(
      parts.composite,
      parts.policy,
      bundle,
    );
    const nowMs = BigInt(yield* Clock.currentTimeMillis);
    yield* checkTime(proposal, nowMs);
    yield* checkReplay(parts, bundle);
    yield* checkComponent(hash, component);
    const running = yield* checkRunning(parts, proposal, hash);
    const { activation } = proposal;
    const active = activation.at !== "time" || activation.ms <= nowMs;
    const judgement: Judgement = {
      bundle,
      signers,
      component: hash,
      running,
      active,
    };
    return judgement;
  },
);

const refuse = (rule: Rule, place: string, what: string, fix: string) =>
  new ProposalRefused({ rule, place, what, fix });

const checkNetwork = Effect.fnUntraced(
  function* (parts: JudgeParts, proposal: Proposal) {
    if (equalOctets(proposal.network, parts.network)) return;
    return yield* refuse(
      "wrong-network",
      "document octet 7",
      `it is for network ${toHex(proposal.network)}`,
      `propose for ${toHex(parts.network)}, this node's network`,
    );
  },
);

/** The component's hash, where the proposal is one that a node can execute. */
const checkSupported = Effect.fnUntraced(function* (proposal: Proposal) {
  if (proposal.action !== "swap" || proposal.component === undefined) {
    return yield* refuse(
      "unsupported",
      "document octet 5",
      `${proposal.action} is not supported yet on this node`,
      "only swap is; change the system file and restart for the rest",
    );
  }
  if (proposal.manifest !== undefined) {
    return yield* refuse(
      "unsupported",
      "document octet 73",
      "a swap with a new manifest is not supported yet on this node",
      "leave the manifest out: the cell keeps the one that it has",
    );
  }
  if (proposal.activation.at === "height") {
    return yield* refuse(
      "unsupported",
      "document octet 139",
      "activation at a height needs consensus, which this node has not",
      "activate at once or at a time",
    );
  }
  return identityText(proposal.component);
});

const checkTime = Effect.fnUntraced(
  function* (proposal: Proposal, nowMs: bigint) {
    const { expiryMs } = proposal;
    if (expiryMs <= nowMs) {
      return yield* refuse(
        "expired",
        "document octet 148",
        `it expired ${nowMs - expiryMs} ms ago`,
        "propose again with a later expiry",
      );
    }
    if (expiryMs - nowMs > BigInt(VALIDITY_MS_MAX)) {
      return yield* refuse(
        "valid-too-long",
        "document octet 148",
        `it would be valid for ${expiryMs - nowMs} ms`,
        `let it expire within ${VALIDITY_MS_MAX} ms`,
      );
    }
  },
);

/** A record that is refused or expired may be submitted again. */
function spent(record: ProposalRecord): boolean {
  return record.state !== "refused" && record.state !== "expired";
}

const checkReplay = Effect.fnUntraced(
  function* (parts: JudgeParts, bundle: ProposalBundle) {
    const same = parts.records.get(bundle.id);
    if (same !== undefined && spent(same)) {
      return yield* refuse(
        "replayed",
        "document",
        `proposal ${bundle.id} is ${same.state} already`,
        "propose anew, with a fresh nonce",
      );
    }
    for (const record of parts.records.values()) {
      if (record.bundle.id === bundle.id || !spent(record)) continue;
      const { nonce } = record.bundle.proposal;
      if (!equalOctets(nonce, bundle.proposal.nonce)) continue;
      return yield* refuse(
        "replayed",
        "document octet 156",
        `its nonce was used by proposal ${record.bundle.id}`,
        "propose anew, with a fresh nonce",
      );
    }
  },
);

const checkComponent = Effect.fnUntraced(
  function* (hash: string, component: Uint8Array) {
    if (component.length > COMPONENT_OCTETS_MAX) {
      return yield* refuse(
        "wrong-component",
        "component",
        `it has ${component.length} octets`,
        `a component has at most ${COMPONENT_OCTETS_MAX}`,
      );
    }
    const found = identityText(identityOf(component));
    if (found === hash) return;
    return yield* refuse(
      "wrong-component",
      "component",
      `its hash is ${found}, not the signed ${hash}`,
      "send the component that was proposed, unchanged",
    );
  },
);

/** Components that served this cell before, by accepted proposals. */
function earlier(parts: JudgeParts, cell: string): ReadonlySet<string> {
  const hashes = new Set<string>();
  for (const { bundle, state, replaced } of parts.records.values()) {
    if (bundle.proposal.cell !== cell) continue;
    if (state !== "executed" && state !== "rolled-back") continue;
    const { component } = bundle.proposal;
    if (component !== undefined) hashes.add(identityText(component));
    if (replaced !== undefined) hashes.add(replaced);
  }
  return hashes;
}

const checkRunning = Effect.fnUntraced(
  function* (parts: JudgeParts, proposal: Proposal, hash: string) {
    const { cell, replaces } = proposal;
    const running = yield* parts.executor.running(cell);
    if (running === undefined) {
      return yield* refuse(
        "no-such-cell",
        "document octet 173",
        `no cell ${cell} runs here`,
        "see `cells` for those that do",
      );
    }
    if (replaces !== undefined && identityText(replaces) !== running) {
      return yield* refuse(
        "replaces-another",
        "document octet 106",
        `it replaces ${identityText(replaces)}, but ${running} runs`,
        "propose anew against what runs now",
      );
    }
    if (running === hash) {
      return yield* refuse(
        "no-change",
        "document octet 40",
        `${cell} runs this very component`,
        "there is nothing to do",
      );
    }
    if (!proposal.downgrade && earlier(parts, cell).has(hash)) {
      return yield* refuse(
        "downgrade",
        "document octet 40",
        `${hash} ran as ${cell} before`,
        "if going back is meant, propose it with the downgrade flag",
      );
    }
    return running;
  },
);
