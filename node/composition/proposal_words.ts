/**
 * What a proposal asks for: from the words of a command line, and back to words
 * that a governor can read before signing.
 */
import { Effect, Result } from "effect";
import { concatOctets, identityText } from "../../kernel/crypto/mod.ts";
import {
  type Action,
  ACTIONS,
  decodeBudget,
  decodeGrant,
  decodePolicy,
  decodeRevoke,
  decodeWithdraw,
  loadAttachment,
  parsePolicy,
  type Proposal,
  type ReportRule,
  withReport,
} from "../../kernel/governance/mod.ts";
import { Refusal } from "../api.ts";
import type { ProposeRequest } from "../cli/composition.ts";
import type { Asked } from "../keys/mod.ts";

const NOTHING = new Uint8Array();

/** The request as the key room takes it. */
export const askedBy = Effect.fnUntraced(
  function* (request: ProposeRequest): Effect.fn.Return<
    Asked,
    { readonly message: string }
  > {
    const { action, cell, component = NOTHING } = request;
    switch (action) {
      case "swap": {
        const { manifest } = request;
        const asked = {
          action,
          cell,
          component,
          ...reportOf(request),
        } as const;
        return manifest === undefined ? asked : { ...asked, manifest };
      }
      case "load": {
        const { manifest = NOTHING } = request;
        return { action, cell, component, manifest, ...reportOf(request) };
      }
      case "unload":
        return { action, cell };
      case "set-budget":
        return { action, cell, budget: request.budget ?? {} };
      case "grant": {
        const { contract = "", provider = "" } = request;
        return { action, cell, grant: { contract, provider } };
      }
      case "revoke":
        return { action, cell, contract: request.contract ?? "" };
      case "set-policy": {
        const read = parsePolicy(request.policy ?? "");
        return { action, policy: yield* Effect.fromResult(read) };
      }
      case "withdraw":
        return { action, proposal: request.proposal ?? "" };
    }
  },
);

function reportOf({ report }: ProposeRequest) {
  return report === undefined ? {} : { report };
}

/** How many files each action's attachment is made of. */
const FILES: Readonly<Record<Action, readonly [number, string]>> = {
  "swap": [1, "COMPONENT.wasm"],
  "load": [2, "COMPONENT.wasm MANIFEST.json"],
  "unload": [0, ""],
  "set-budget": [0, ""],
  "grant": [0, ""],
  "revoke": [0, ""],
  "set-policy": [1, "POLICY.json"],
  "withdraw": [0, ""],
};

/** What travels beside the proposal. */
export const attachmentOf = Effect.fnUntraced(
  function* (
    { action, manifest, argument }: Proposal,
    files: ReadonlyArray<Uint8Array>,
  ) {
    const hasEntry = action === "swap" && manifest !== undefined;
    const hasReport = (action === "swap" || action === "load") &&
      argument.length > 0;
    const [needed, named] = FILES[hasEntry ? "load" : action];
    const count = needed + (hasReport ? 1 : 0);
    const names = hasReport ? `${named} REPORT` : named;
    const [first = NOTHING, second = NOTHING] = files;
    if (files.length !== count) {
      return yield* new Refusal({
        kind: "invalid",
        message:
          `a proposal to ${action} goes with ${count} more files, not ${files.length}`,
        fix: `submit FILE ${names}`.trim(),
      });
    }
    if (action !== "set-policy") {
      const rest = action === "load" || hasEntry
        ? loadAttachment(second, first)
        : first;
      const report = files[count - 1] ?? NOTHING;
      return hasReport ? withReport(report, rest) : rest;
    }
    const text = new TextDecoder().decode(first);
    const policy = yield* Effect.fromResult(parsePolicy(text));
    return concatOctets([...policy.governors.values()]);
  },
);

/** What the argument says, one fact a line. */
export function inPlainWords({ action, argument }: Proposal): string[] {
  switch (action) {
    case "set-budget":
      return said(
        decodeBudget(argument),
        (change) =>
          Object.entries(change).map(([name, value]) =>
            `${name.replace("Ms", " ms")}: ${value}`
          ),
      );
    case "grant":
      return said(decodeGrant(argument), ({ contract, provider }) => [
        `grants ${contract} from ${provider}; its cell restarts`,
      ]);
    case "revoke":
      return said(decodeRevoke(argument), (contract) => [
        `takes back ${contract}`,
      ]);
    case "set-policy":
      return said(decodePolicy(argument), ({ threshold, rights, reports }) => [
        `${threshold} of ${rights.size} governors:`,
        ...[...rights].map(([id, actions]) =>
          `${id} may propose ${
            actions.size === ACTIONS.length
              ? "everything"
              : [...actions].join(", ") || "nothing"
          }`
        ),
        ...ruleWords(reports),
      ]);
    case "withdraw":
      return said(decodeWithdraw(argument), (id) => [
        `proposal ${id} is not to be executed`,
      ]);
    case "swap":
    case "load":
      return argument.length === 0
        ? []
        : [`goes with the report ${identityText(argument)}`];
    default:
      return [];
  }
}

/** What is wanted of drivers, one fact a line. */
function ruleWords(rule: ReportRule | undefined): string[] {
  if (rule === undefined) return ["drivers need no signed report"];
  const age = rule.days === 0 ? "" : `, at most ${rule.days} days old`;
  return [
    `drivers need a signed report${age}, by one of:`,
    ...rule.conformers,
  ];
}

function said<A>(
  decoded: Result.Result<A, { readonly message: string }>,
  words: (value: A) => string[],
): string[] {
  return Result.isSuccess(decoded)
    ? words(decoded.success)
    : [decoded.failure.message];
}
