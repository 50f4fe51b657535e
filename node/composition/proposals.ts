/** `propose`, `sign` and looking at a proposal, as files. */
import { Effect, Result } from "effect";
import {
  type Composite,
  identityText,
  networkIdentity,
  platformComposite,
} from "../../kernel/crypto/mod.ts";
import {
  parseBundle,
  type Policy,
  type ProposalBundle,
  renderBundle,
  timeText,
} from "../../kernel/governance/mod.ts";
import type { GovernanceCommands, ProposalFile } from "../cli/composition.ts";
import {
  type KeyStore,
  proposeChange,
  signaturesOf,
  signProposal,
} from "../keys/mod.ts";
import { activationReport } from "../local/activation.ts";
import { layOut } from "../local/data_directory.ts";
import { loadSystem } from "../local/system.ts";
import { policyInForce } from "../local/identity.ts";
import { inWords } from "../local/refusals.ts";
import { withKeys } from "./keys.ts";
import { askedBy, attachmentOf, inPlainWords } from "./proposal_words.ts";

/** The commands for nodes of the network that `systemFile` names. */
export function governanceCommands(systemFile: string): GovernanceCommands {
  return {
    propose: (data, request) =>
      withKeys(data, (keys) =>
        Effect.gen(function* () {
          const { system } = yield* loadSystem(systemFile);
          const { bundle } = yield* proposeChange(
            {
              network: networkIdentity(system.network),
              note: request.note,
              replaces: request.replaces,
              downgrade: request.downgrade,
              validForMs: request.valid_for_ms,
              activateAtMs: request.activate_at_ms,
              activateAtHeight: request.activate_at_height,
            },
            yield* askedBy(request),
            (length) => crypto.getRandomValues(new Uint8Array(length)),
          );
          return yield* described(data, keys, bundle);
        })),
    attachment: (text, files) =>
      Effect.gen(function* () {
        const { proposal } = yield* Effect.fromResult(parseBundle(text));
        return yield* attachmentOf(proposal, files);
      }).pipe(Effect.mapError(inWords)),
    sign: (data, text, key) =>
      withKeys(data, (keys) =>
        Effect.gen(function* () {
          const signer = yield* keys.signer(key, ["proposal"]);
          const { bundle } = yield* signProposal(text, signer);
          return yield* described(data, keys, bundle);
        })),
    inspect: (data, text) =>
      withKeys(data, (keys) =>
        Effect.gen(function* () {
          const bundle = parseBundle(text);
          if (Result.isFailure(bundle)) return yield* inWords(bundle.failure);
          return yield* described(data, keys, bundle.success);
        })),
  };
}

/** A proposal in words, its signatures judged by the directory's policy. */
const described = Effect.fnUntraced(
  function* (data: string, keys: KeyStore, bundle: ProposalBundle) {
    const composite: Composite = yield* Effect.promise(() =>
      platformComposite()
    );
    yield* keys.identity;
    const policy: Policy = yield* policyInForce(layOut(data), { keys });
    const { proposal } = bundle;
    const file: ProposalFile = {
      id: bundle.id,
      text: renderBundle(bundle),
      action: proposal.action,
      cell: proposal.cell,
      component: proposal.component === undefined
        ? ""
        : identityText(proposal.component),
      asks: inPlainWords(proposal),
      activation: activationReport(proposal.activation),
      expires: timeText(proposal.expiryMs),
      note: proposal.note,
      signatures: yield* signaturesOf(composite, policy, bundle),
      threshold: policy.threshold,
    };
    return file;
  },
);
